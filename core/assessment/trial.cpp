#include "assessor.hpp"
#include "baselines.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

// What one does with a few hundred images and no generator: from fresh weights, and from a start.
constexpr std::int64_t kScratchSteps = 400, kRefineSteps = 150;

Weights train_from_scratch(const NetworkPlan& plan, const torch::Tensor& examples, std::uint64_t seed) {
  const auto labels = torch::arange(examples.size(0), indices_like(examples)).repeat_interleave(examples.size(1));
  const LabelledImages images{examples.flatten(0, 1).contiguous(), labels};
  TrainingOptions options;
  options.steps = kScratchSteps;
  options.batch = std::min<std::int64_t>(64, labels.size(0));
  options.learning_rate = 3e-3;
  options.seed = seed;
  const torch::AutoGradMode with_gradient(true);
  return train(plan.executor(), initial_weights(plan.description(), 1, seed), {&images}, options);
}

}  // namespace

void Assessor::assess_trial(const Trial& trial) {
  const NetworkPlan& plan = *trial.plan;
  const auto on_data = input_.data.get(trial.data);
  const TensorData& on = *on_data;
  const auto known = tokenizer_.find_anchor(plan.description().architecture, plan.family()) != nullptr;
  const auto first = request("trial" + trial.data, 1, plan).sampling.seed;
  for (std::int64_t i = 0; i < options_.samples; ++i) {
    Request wanted = request("", 1, plan);
    wanted.data = trial.data;
    // Examples of its own for every sample, the same for each row.
    wanted.sampling.seed = derive_seed(first, std::to_string(i));
    const Start start = make_start(tokenizer_, plan.description(), wanted, input_.data);
    Weights ready = start.weights;
    if (known)
      ready = ready_to_use(input_.generator, generate(input_.generator, plan.description(), wanted, input_.data),
                           wanted, input_.data)
                  .weights;
    NoveltySamples novelty;
    novelty.disagreements = disagreements(plan, ready, start.weights, on.test);
    rows_.add("generated-trial", trial.data, plan, score(plan, ready, on).accuracy, novelty);
    rows_.add("start-trial", trial.data, plan, score(plan, start.weights, on).accuracy);
    Request head_only = wanted;
    head_only.fit_body = false;
    rows_.add("head-only-trial", trial.data, plan,
              score(plan, make_start(tokenizer_, plan.description(), head_only, input_.data).weights, on).accuracy);
    if (known)
      add_calibrated("discriminant-trial", trial.data, plan, discriminant_network(plan, wanted, input_.data), on);
    const auto scratch =
        train_from_scratch(plan, example_images(wanted, input_.data), derive_seed(wanted.sampling.seed, "scratch"));
    add_calibrated("scratch-trial", trial.data, plan, scratch, on);
    wanted.refine = kRefineSteps;
    rows_.add("refined-start-trial", trial.data, plan,
              score(plan, make_start(tokenizer_, plan.description(), wanted, input_.data).weights, on).accuracy);
    advance(plan.description().label() + " on " + trial.data);
  }
}

}  // namespace weightloom
