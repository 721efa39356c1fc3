#include <algorithm>
#include <cstdlib>

#include "assessor.hpp"
#include "baselines.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

bool has_whole_data_sets_of(const MemberGroup& group, const NetworkPlan& plan) {
  return label_of(*group.plan) == label_of(plan) && !is_task_group(group);
}

// The group of the nearest depth that has members for a data set. Depth is told by the number of tensors, which no
// architecture hides. REQUIRES one.
const MemberGroup& nearest_depth(const std::vector<MemberGroup>& groups, const NetworkPlan& target,
                                 const std::string& spec) {
  const auto gap = [&](const MemberGroup* group) {
    const auto tensors = [](const NetworkPlan& plan) {
      return static_cast<long long>(plan.description().parameters.size());
    };
    return std::llabs(tensors(*group->plan) - tensors(target));
  };
  std::vector<const MemberGroup*> fitting;
  for (const MemberGroup& group : groups)
    if (has_whole_data_sets_of(group, target) && data_sets(group).contains(spec)) fitting.push_back(&group);
  return **std::ranges::min_element(fitting, {}, gap);
}

}  // namespace

std::set<std::string> Assessor::data_sets_of_family(const NetworkPlan& plan) const {
  std::set<std::string> specs;
  for (const MemberGroup& group : input_.train)
    if (has_whole_data_sets_of(group, plan)) specs.merge(data_sets(group));
  return specs;
}

void Assessor::assess_unseen_network(const NetworkPlan& plan, const std::string& spec) {
  const auto on_data = input_.data.get(spec);
  const TensorData& on = *on_data;
  const std::int64_t count = std::max(options_.samples, options_.finetune_networks);
  Request wanted = request("unseen" + spec, count, plan);
  wanted.data = spec;
  const Generated made = generate(input_.generator, plan.description(), wanted, input_.data);
  const Weights ready = ready_to_use(input_.generator, made, wanted, input_.data).weights;
  const MemberGroup& nearest = nearest_depth(input_.train, plan, spec);
  const Weights copies = calibrated(plan, layer_copies(plan, *nearest.plan, members_on(nearest, spec), count), on);
  const Weights random = initial_weights(plan.description(), count, derive_seed(options_.seed, "unseen random" + spec));

  // No member has this depth: what is new is told by behaviour, and beside the layer copies.
  NoveltySamples novelty;
  novelty.disagreements = disagreements(plan, ready, copies, on.test);
  rows_.add("generated-unseen-depth", spec, plan, score(plan, ready, on).accuracy, novelty);
  add_starts("start-unseen-depth", spec, plan, wanted, count, on);
  rows_.add("layer-copy", spec, plan, score(plan, copies, on).accuracy);
  add_calibrated("random-init-unseen-depth", spec, plan, random, on);
  finetune("generated-unseen-depth", plan, ready, spec);
  finetune("random-init-unseen-depth", plan, random, spec);
}

}  // namespace weightloom
