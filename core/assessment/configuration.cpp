#include "assessor.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

// Of each configuration and data set: a row has many configurations, and these differ more than samples of one do.
constexpr std::int64_t kSamples = 1;

}  // namespace

void Assessor::assess_configuration(const MemberGroup& group, const std::string& spec) {
  const NetworkPlan& plan = *group.plan;
  const auto on_data = input_.data.get(spec);
  const TensorData& on = *on_data;
  add_zoo("zoo-configuration", group, spec, on);
  Request wanted = request("configuration" + spec, kSamples, plan);
  wanted.data = spec;
  const Generated made = generate(input_.generator, plan.description(), wanted, input_.data);
  const Weights ready = ready_to_use(input_.generator, made, wanted, input_.data).weights;
  // No training member is of this configuration: the networks trained for it are what there is to compare with.
  NoveltySamples novelty;
  novelty.disagreements = disagreements(plan, ready, calibrated(plan, members_on(group, spec), on), on.test);
  rows_.add("generated-configuration", spec, plan, score(plan, ready, on).accuracy, novelty);
  add_starts("start-configuration", spec, plan, wanted, kSamples, on);
  add_calibrated("random-init-configuration", spec, plan,
                 initial_weights(plan.description(), kSamples, wanted.sampling.seed), on);
}

}  // namespace weightloom
