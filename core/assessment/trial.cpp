#include "assessor.hpp"
#include "baselines.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

// What one does with a few hundred images and no generator: from fresh weights, from a start, and, all images at once,
// from a head of zeros.
constexpr std::int64_t kScratchSteps = 400, kRefineSteps = 150, kFullSteps = 60;
constexpr double kLearningRate = 3e-3;

// `examples` [R, n, C, H, W].
Weights train_on(const NetworkPlan& plan, Weights weights, const torch::Tensor& examples, std::int64_t steps,
                 std::int64_t batch, std::uint64_t seed) {
  const auto labels = torch::arange(examples.size(0), indices_like(examples)).repeat_interleave(examples.size(1));
  const LabelledImages images{examples.flatten(0, 1).contiguous(), labels};
  TrainingOptions options;
  options.steps = steps;
  options.batch = std::min(batch, labels.size(0));
  options.learning_rate = kLearningRate;
  options.seed = seed;
  const torch::AutoGradMode with_gradient(true);
  return train(plan.executor(), std::move(weights), {&images}, options);
}

Weights with_zero_head(const NetworkPlan& plan) {
  Weights weights = plan.anchor().clone();
  const auto& facts = plan.executor().facts();
  for (const auto& name : {facts.head_weight, facts.head_bias})
    if (const auto p = plan.description().find_parameter(name)) weights.tensors[*p].zero_();
  return weights;
}

}  // namespace

void Assessor::assess_trial(const Trial& trial, std::int64_t sample) {
  const NetworkPlan& plan = *trial.plan;
  const auto on_data = input_.data.get(trial.data);
  const TensorData& on = *on_data;
  Request wanted = request("trial" + trial.data, 1, plan);
  wanted.data = trial.data;
  // Examples of its own for every sample, the same for each row.
  wanted.sampling.seed = derive_seed(wanted.sampling.seed, std::to_string(sample));
  add_generated(plan, wanted, on);
  if (input_.unadapted)
    rows_.add("unadapted-trial", trial.data, plan,
              score(plan, written_by(*input_.unadapted, plan, wanted).first, on).accuracy);
  add_trained(plan, wanted, on);
}

std::pair<Weights, Weights> Assessor::written_by(const Generator& generator, const NetworkPlan& plan,
                                                 const Request& wanted) const {
  const Weights start = make_start(generator.tokenizer(), plan.description(), wanted, input_.data).weights;
  if (!generator.tokenizer().find_anchor(plan.description().architecture, plan.family())) return {start, start};
  const auto made = generate(generator, plan.description(), wanted, input_.data);
  return {ready_to_use(generator, made, wanted, input_.data).weights, start};
}

void Assessor::add_generated(const NetworkPlan& plan, const Request& wanted, const TensorData& on) {
  const auto [ready, start] = written_by(input_.generator, plan, wanted);
  NoveltySamples novelty;
  novelty.disagreements = disagreements(plan, ready, start, on.test);
  rows_.add("generated-trial", wanted.data, plan, score(plan, ready, on).accuracy, novelty);
  rows_.add("start-trial", wanted.data, plan, score(plan, start, on).accuracy);
}

// What there is without a generator, and starts with less or more done to them.
void Assessor::add_trained(const NetworkPlan& plan, const Request& wanted, const TensorData& on) {
  const auto add_start = [&](const std::string& name, const Request& other) {
    const Start start = make_start(tokenizer_, plan.description(), other, input_.data);
    rows_.add(name, wanted.data, plan, score(plan, start.weights, on).accuracy);
  };
  Request head_only = wanted, refined = wanted;
  head_only.fit_body = false;
  refined.refine = kRefineSteps;
  add_start("head-only-trial", head_only);
  add_start("refined-start-trial", refined);
  if (tokenizer_.find_anchor(plan.description().architecture, plan.family()))
    add_calibrated("discriminant-trial", wanted.data, plan, discriminant_network(plan, wanted, input_.data), on);
  const auto examples = example_images(wanted, input_.data);
  const auto seed = [&](const std::string& of) { return derive_seed(wanted.sampling.seed, of); };
  add_calibrated("scratch-trial", wanted.data, plan,
                 train_on(plan, initial_weights(plan.description(), 1, seed("scratch")), examples, kScratchSteps, 64,
                          seed("scratch")),
                 on);
  add_calibrated(
      "full-batch-trial", wanted.data, plan,
      train_on(plan, with_zero_head(plan), examples, kFullSteps, examples.size(0) * examples.size(1), seed("full")),
      on);
}

}  // namespace weightloom
