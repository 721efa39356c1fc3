#include <algorithm>

#include "assessor.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {

void Assessor::finetune(const std::string& name, const NetworkPlan& plan, const Weights& start,
                        const std::string& spec) {
  if (options_.finetune_epochs <= 0) return;
  const torch::AutoGradMode with_gradients(true);
  const auto on_data = input_.data.get(spec);
  const TensorData& on = *on_data;
  TrainingOptions training;
  training.epochs = options_.finetune_epochs;
  // Not by name: every start sees the same batches in the same order.
  training.seed = derive_seed(options_.seed, "fine-tune" + spec);
  const std::int64_t count = std::min(start.population(), options_.finetune_networks);
  const Weights tuned = train(plan.executor(), start.select(torch::arange(count, indices_like(start.tensors.front()))),
                              {&on.train}, training);
  rows_.add(name, spec, plan, score(plan, tuned, on).accuracy, {}, options_.finetune_epochs);
}

std::vector<Assessor::Part> Assessor::finetuning_parts() const {
  std::vector<Part> out;
  for (const auto& [key, start] : tuned_) {
    out.push_back({"fine-tuning", [&start, spec = key.second](Assessor& assessor) {
                     assessor.finetune("generated-seen", *start.plan, start.weights, spec);
                   }});
    out.push_back({"fine-tuning", [&start, spec = key.second](Assessor& assessor) {
                     const auto count = std::min(start.weights.population(), assessor.options_.finetune_networks);
                     const auto seed = derive_seed(assessor.options_.seed, "fine-tune random");
                     assessor.finetune("random-init", *start.plan,
                                       initial_weights(start.plan->description(), count, seed), spec);
                   }});
  }
  return out;
}

}  // namespace weightloom
