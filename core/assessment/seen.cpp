#include <algorithm>

#include "assessor.hpp"
#include "baselines.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/generator/instruction.hpp"

namespace weightloom {
namespace {

// Networks of one family for one data set, counted by depth: together they share the samples of a row.
std::int64_t depths_of_family(const std::vector<MemberGroup>& groups, const NetworkPlan& plan,
                              const std::string& spec) {
  return std::ranges::count_if(groups, [&](const MemberGroup& group) {
    return label_of(*group.plan) == label_of(plan) && data_sets(group).contains(spec);
  });
}

}  // namespace

void Assessor::assess_seen(const MemberGroup& group, const std::string& spec) {
  const NetworkPlan& plan = *group.plan;
  const auto on_data = input_.data.get(spec);
  const TensorData& on = *on_data;
  const std::int64_t depths = depths_of_family(input_.train, plan, spec);
  const std::int64_t count = (options_.samples + depths - 1) / depths;

  add_zoo("zoo", group, spec, on);
  if (const MemberGroup* held_out = find_group(input_.held_out, plan)) {
    add_zoo("zoo", *held_out, spec, on);
    add_decoded(*held_out, spec, on);
  }

  Request wanted = request("seen" + spec, count, plan);
  wanted.data = spec;
  const Generated made = generate(input_.generator, plan.description(), wanted, input_.data);
  const Weights ready = ready_to_use(input_.generator, made, wanted, input_.data).weights;
  rows_.add("generated-seen", spec, plan, score(plan, ready, on).accuracy, novelty(group, spec, made, ready, on));
  tuned_.try_emplace({label_of(plan), spec}, TunedNetwork{group.plan, ready});

  // The share of right data sets is that of families with an ancestor: a family whose anchor is a mean stands apart.
  if (!is_independent(tokenizer_, plan)) assess_instructions(group, spec, count);

  add_starts("start", spec, plan, wanted, count, on);
  Random random(derive_seed(options_.seed, "baselines" + plan.description().identity + spec));
  const SeenBaselines baselines =
      seen_baselines(plan, tokenizer_.aligned(plan, members_on(group, spec)), count, random);
  add_calibrated("random-init", spec, plan, baselines.random_init, on);
  add_calibrated("average", spec, plan, baselines.average, on);
  add_calibrated("noise", spec, plan, baselines.noise, on);
  add_calibrated("retrieval", spec, plan, baselines.retrieval, on);
}

void Assessor::add_zoo(const std::string& name, const MemberGroup& group, const std::string& spec,
                       const TensorData& on) {
  for (std::size_t i = 0; i < group.records.size(); ++i) {
    const ZooRecord& record = group.records[i];
    if (record.dataset != spec) continue;
    const auto recorded = record.metrics.find("test_accuracy");
    // Networks that were imported, say, were never measured here.
    rows_.add(name, spec, *group.plan,
              recorded != record.metrics.end()
                  ? std::vector<double>{recorded->second}
                  : score(*group.plan, group.weights.member(static_cast<std::int64_t>(i)), on).accuracy);
  }
}

void Assessor::add_decoded(const MemberGroup& held_out, const std::string& spec, const TensorData& on) {
  const Weights originals = members_on(held_out, spec);
  if (originals.population() == 0) return;
  const NetworkPlan& plan = *held_out.plan;
  add_calibrated("decoded", spec, plan, tokenizer_.decode(plan, tokenizer_.encode(plan, originals)), on);
}

void Assessor::assess_instructions(const MemberGroup& group, const std::string& spec, std::int64_t count) {
  const NetworkPlan& plan = *group.plan;
  const auto on_data = input_.data.get(spec);
  const TensorData& on = *on_data;
  const auto memory = remembered(input_.generator.exemplars());
  Random random(derive_seed(options_.seed, "phrasings" + plan.description().identity + spec));
  for (std::int64_t i = 0; i < count; ++i) {
    Request wanted = request("words" + spec + std::to_string(i), 1, plan);
    wanted.instruction = random_instruction(DataSpec::parse(spec).source, Phrasing::kHeldOut, random);
    ++instruction_.samples;
    const auto reading = read(wanted.instruction);
    if (!reading || memory->get(reading->data())->classes() != plan.description().classes) continue;
    instruction_.right_data += reading->data() == DataSpec::parse(spec).source;
    wanted = with_recalled(std::move(wanted), *reading);
    const Generated made = generate(input_.generator, plan.description(), wanted, *memory);
    // As it is written: whoever has words alone has no images to re-estimate statistics on.
    const Weights ready = ready_to_use(input_.generator, made, wanted, *memory).weights;
    rows_.add("generated-instruction", spec, plan, score(plan, ready, on).accuracy,
              novelty(group, spec, made, ready, on));
  }
}

std::optional<Reading> Assessor::read(const std::string& instruction) const {
  try {
    return recall(input_.generator, instruction, input_.words ? *input_.words : WordVectors());
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kUsage) throw;
    return std::nullopt;
  }
}

}  // namespace weightloom
