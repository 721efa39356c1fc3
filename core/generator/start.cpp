#include "weightloom/generator/start.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/generator/body.hpp"
#include "weightloom/generator/refinement.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {

Start make_start(const Tokenizer& tokenizer, const NetworkDescription& description, const Request& request,
                 DataCache& data) {
  return translate_torch_errors("make a start", [&] {
    const torch::NoGradGuard no_grad;
    Start start{tokenizer.plan(description, request.family), {}, {}, {}};
    const NetworkPlan& plan = *start.plan;
    if (!has_linear_head(plan))
      throw Error(ErrorCode::kUsage, "start.head", "cannot make a start for '" + description.label() + "'",
                  "its output is not that of a linear layer on flat features");
    if (affordable_shots(plan.executor(), request) == 0)
      throw Error(ErrorCode::kUsage, "start.cost", "cannot make a start for '" + description.label() + "'",
                  "its head needs an image of each class, and that many cost too much in a network of this size",
                  "ask for fewer classes, or for a smaller size of images");
    const auto examples = example_images(request, data);
    check_classes(description, request, examples.size(0));
    start.weights = recalibrate(plan.executor(), plan.anchor(), {&data.get(request.data)->train},
                                derive_seed(request.sampling.seed, "recalibrate"));
    const Anchor* anchor = tokenizer.find_anchor(description.architecture, plan.family());
    const auto copies_of = [&](const torch::Tensor& some) {
      return with_copies(plan, some, derive_seed(request.sampling.seed, "jitter"));
    };
    const auto copies = copies_of(examples);
    const Weights body = start.weights;
    const auto seed = derive_seed(request.sampling.seed, "body");
    start.head = fit_body_and_head(anchor, plan, copies, 0, seed, start.weights);
    if (request.fit_body) start.passes = fit_body_where_better(anchor, plan, copies, seed, start.weights, start.head);
    if (request.refine > 0) {
      const auto refined =
          refine(plan, start.weights, examples, request.refine, derive_seed(request.sampling.seed, "refine/start"),
                 [&](const torch::Tensor& some, Weights& weights) {
                   weights = body;
                   fit_body_and_head(anchor, plan, copies_of(some), start.passes, seed, weights);
                 });
      start.weights = refined.weights;
      start.head.expected_accuracy = refined.expected_accuracy;
      start.learning_rate = refined.learning_rate;
    }
    return start;
  });
}

}  // namespace weightloom
