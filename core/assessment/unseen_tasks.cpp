#include <algorithm>

#include "assessor.hpp"
#include "baselines.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

// Small sources run out of subsets: draws of known ones are repeated up to this many times the number of tasks.
constexpr std::size_t kAttempts = 100;

std::string source_of(const DataSpec& task) {
  return DataSpec{task.source, {}, task.train_limit}.text();
}

std::vector<DataSpec> tasks_of(DataCache& data, const MemberGroup& group) {
  std::vector<DataSpec> out;
  for (const ZooRecord& record : group.records) out.push_back(task_of(data, record.dataset));
  return out;
}

// What the tasks are cut from: sources with their train limits, without classes.
std::vector<std::string> sources_of(const std::vector<DataSpec>& tasks) {
  std::vector<std::string> out;
  for (const DataSpec& task : tasks)
    if (const auto source = source_of(task); !std::ranges::count(out, source)) out.push_back(source);
  return out;
}

// The first of the known tasks with the most classes in the same places.
std::size_t nearest_task(const std::vector<DataSpec>& known, const DataSpec& task) {
  const auto shared = [&](const DataSpec& other) {
    int count = 0;
    for (std::size_t c = 0; other.source == task.source && c < task.classes.size(); ++c)
      count += other.classes[c] == task.classes[c];
    return count;
  };
  return static_cast<std::size_t>(std::ranges::max_element(known, {}, shared) - known.begin());
}

}  // namespace

std::vector<DataSpec> Assessor::draw_unseen_tasks(const MemberGroup& group) const {
  const std::vector<DataSpec> known = tasks_of(input_.data, group);
  // What any network of the zoo was trained on is known to the generator, whatever network asks.
  std::set<std::string> seen;
  for (const MemberGroup& other : input_.train)
    for (const DataSpec& task : tasks_of(input_.data, other)) seen.insert(class_set(task));
  const std::vector<std::string> sources = sources_of(known);
  const auto width = static_cast<std::ptrdiff_t>(known.front().classes.size());
  Random random(derive_seed(options_.seed, "unseen tasks"));
  std::vector<DataSpec> out;
  const auto wanted = static_cast<std::size_t>(options_.tasks);
  for (std::size_t attempt = 0; out.size() < wanted && attempt < kAttempts * wanted; ++attempt) {
    auto task = DataSpec::parse(sources[attempt % sources.size()]);
    const auto order = random.permutation(input_.data.get(task)->classes());
    task.classes.assign(order.begin(), order.begin() + width);
    if (seen.insert(class_set(task)).second) out.push_back(task);
  }
  return out;
}

void Assessor::assess_task(const MemberGroup& group, const DataSpec& task, std::int64_t index) {
  const NetworkPlan& plan = *group.plan;
  const std::string spec = task.text(), source = source_of(task);
  const auto on_data = input_.data.get(spec);
  const TensorData& on = *on_data;
  Request wanted = request("task" + std::to_string(index), 1, plan);
  wanted.data = spec;
  const Generated made = generate(input_.generator, plan.description(), wanted, input_.data);
  const Evaluation ours = score(plan, ready_to_use(input_.generator, made, wanted, input_.data).weights, on);
  // An oracle: it is told the classes, which the generator only sees examples of.
  const Weights nearest =
      group.weights.member(static_cast<std::int64_t>(nearest_task(tasks_of(input_.data, group), task)));
  const Evaluation retrieved = score(plan, calibrated(plan, nearest, on), on);

  NoveltySamples novelty;
  novelty.disagreements = {(ours.predictions != retrieved.predictions).to(torch::kFloat32).mean().item<double>()};
  rows_.add("generated-unseen-task", source, plan, ours.accuracy, novelty);
  if (has_linear_head(plan)) {
    const Start start = make_start(tokenizer_, plan.description(), wanted, input_.data);
    rows_.add("start-unseen-task", source, plan, score(plan, start.weights, on).accuracy);
  }
  rows_.add("retrieval-unseen-task", source, plan, retrieved.accuracy);
  add_calibrated("average-unseen-task", source, plan, mean(tokenizer_.aligned(plan, group.weights)), on);
  add_calibrated("discriminant-unseen-task", source, plan, discriminant_network(plan, wanted, input_.data), on);
  add_calibrated("random-init-unseen-task", source, plan, initial_weights(plan.description(), 1, wanted.sampling.seed),
                 on);
}

}  // namespace weightloom
