#include "weightloom/assessment/assessment.hpp"

#include <algorithm>
#include <mutex>

#include "assessor.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/config_ranges.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {

bool is_task_group(const MemberGroup& group) {
  return !DataSpec::parse(group.records.front().dataset).classes.empty();
}

std::set<std::string> data_sets(const MemberGroup& group) {
  std::set<std::string> out;
  for (const ZooRecord& record : group.records) out.insert(record.dataset);
  return out;
}

Weights members_on(const MemberGroup& group, const std::string& spec) {
  std::vector<std::int64_t> index;
  for (std::size_t i = 0; i < group.records.size(); ++i)
    if (group.records[i].dataset == spec) index.push_back(static_cast<std::int64_t>(i));
  return group.weights.select(torch::tensor(index, indices_like(group.weights.tensors.front())));
}

Assessor::Assessor(const AssessmentInput& input, const AssessmentOptions& options)
    : input_(input), options_(options), tokenizer_(input.generator.tokenizer()), rows_(tokenizer_) {}

std::vector<Assessor::Part> Assessor::parts() const {
  std::vector<Part> out;
  for (const Trial& trial : input_.trials)
    for (std::int64_t i = 0; i < options_.samples; ++i)
      out.push_back({trial.plan->description().label() + " on " + trial.data,
                     [&trial, i](Assessor& assessor) { assessor.assess_trial(trial, i); }});
  if (options_.zoo_rows) add_zoo_parts(out);
  return out;
}

void Assessor::add_zoo_parts(std::vector<Part>& parts) const {
  const auto add = [&](const NetworkPlan& plan, auto&& work) { parts.push_back({plan.description().label(), work}); };
  for (const MemberGroup& group : input_.train)
    if (!is_task_group(group))
      for (const std::string& spec : data_sets(group))
        add(*group.plan, [&group, spec](Assessor& assessor) { assessor.assess_seen(group, spec); });
  for (const MemberGroup& group : input_.held_out)
    if (!is_task_group(group) && is_unseen(*group.plan))
      for (const std::string& spec : data_sets(group))
        add(*group.plan, [&group, spec](Assessor& assessor) { assessor.assess_configuration(group, spec); });
  for (const auto& plan : input_.unseen)
    for (const std::string& spec : data_sets_of_family(*plan))
      add(*plan, [&plan, spec](Assessor& assessor) { assessor.assess_unseen_network(*plan, spec); });
  for (const MemberGroup& group : input_.train)
    if (is_task_group(group)) {
      std::int64_t index = 0;
      for (const DataSpec& task : draw_unseen_tasks(group))
        parts.push_back({"unseen tasks", [&group, task, number = index++](Assessor& assessor) {
                           assessor.assess_task(group, task, number);
                         }});
    }
}

void Assessor::append(const Assessor& other) {
  rows_.append(other.rows_);
  instruction_.samples += other.instruction_.samples;
  instruction_.right_data += other.instruction_.right_data;
  for (const auto& [key, network] : other.tuned_) tuned_.try_emplace(key, network);
}

Evaluation Assessor::score(const NetworkPlan& plan, const Weights& weights, const TensorData& on) const {
  return evaluate(plan.executor(), weights, {&on.test}, std::min(options_.test_images, on.test.labels.size(0)));
}

Weights Assessor::calibrated(const NetworkPlan& plan, const Weights& weights, const TensorData& on) const {
  return recalibrate(plan.executor(), weights, {&on.train}, derive_seed(options_.seed, "recalibrate"));
}

void Assessor::add_calibrated(const std::string& name, const std::string& data, const NetworkPlan& plan,
                              const Weights& weights, const TensorData& on) {
  rows_.add(name, data, plan, score(plan, calibrated(plan, weights, on), on).accuracy);
}

bool Assessor::is_unseen(const NetworkPlan& plan) const {
  const std::string key = configuration_key(plan.description());
  const auto has_key = [&](const NetworkDescription& network) { return configuration_key(network) == key; };
  const auto network_of = [](const MemberGroup& group) -> const NetworkDescription& {
    return group.plan->description();
  };
  return std::ranges::none_of(input_.train, has_key, network_of) &&
         std::ranges::none_of(tokenizer_.anchors(), has_key, &Anchor::description);
}

void Assessor::add_starts(const std::string& name, const std::string& data, const NetworkPlan& plan, Request wanted,
                          std::int64_t count, const TensorData& on) {
  if (!has_linear_head(plan)) return;
  const std::uint64_t seed = wanted.sampling.seed;
  for (std::int64_t i = 0; i < count; ++i) {
    if (i > 0) wanted.sampling.seed = derive_seed(seed, "start" + std::to_string(i));
    const Start start = make_start(tokenizer_, plan.description(), wanted, input_.data);
    rows_.add(name, data, plan, score(plan, start.weights, on).accuracy);
  }
}

Request Assessor::request(const std::string& label, std::int64_t count, const NetworkPlan& plan) const {
  Request out;
  out.count = count;
  out.family = plan.family();
  out.sampling.temperature = options_.temperature;
  out.sampling.seed = derive_seed(options_.seed, label + plan.description().identity);
  return out;
}

NoveltySamples Assessor::novelty(const MemberGroup& group, const std::string& spec, const Generated& made,
                                 const Weights& ready, const TensorData& on) const {
  const Weights members = members_on(group, spec);
  return measure_novelty(tokenizer_, *group.plan, made.weights, made.tokens, ready, members,
                         calibrated(*group.plan, members, on), on.test);
}

const MemberGroup* Assessor::find_group(const std::vector<MemberGroup>& groups, const NetworkPlan& plan) {
  for (const MemberGroup& group : groups)
    if (group.plan.get() == &plan) return &group;
  return nullptr;
}

AssessmentOptions parse_assessment(const Json& table, const std::string& where) {
  ConfigReader read(table, where);
  AssessmentOptions out;
  out.samples = read.integer("samples", out.samples, 1, 100000);
  out.tasks = read.integer("tasks", out.tasks, 0, 100000);
  out.test_images = read.integer("test_images", out.test_images, 1, INT64_MAX);
  out.finetune_networks = read.integer("finetune_networks", out.finetune_networks, 1, 100000);
  out.finetune_epochs = read.number("finetune_epochs", out.finetune_epochs, 0, 10000);
  out.temperature = read.number("temperature", out.temperature, 0, 100);
  out.seed = static_cast<std::uint64_t>(read.integer("seed", 0, 0, INT64_MAX));
  const auto network = [](ConfigReader& item) {
    return UnseenNetwork{item.required_text("architecture"), item.value("config", Json::object()),
                         item.text("family", "")};
  };
  for (const Json& entry : read.value("unseen", Json::array())) {
    ConfigReader item(entry, where + ".unseen");
    out.unseen.push_back(network(item));
    item.finish();
  }
  for (const Json& entry : read.value("trials", Json::array())) {
    ConfigReader item(entry, where + ".trials");
    out.trials.push_back({network(item), item.texts("data")});
    item.finish();
  }
  out.zoo_rows = read.boolean("zoo_rows", out.zoo_rows);
  read.finish();
  return out;
}

namespace {

// Parts side by side, each on one thread: most of what a part does is too small for several.
class AssessmentRun {
 public:
  AssessmentRun(Assessor& into, const AssessmentInput& input, const AssessmentOptions& options,
                const ProgressSink& progress)
      : into_(into), input_(input), options_(options), progress_(progress) {}

  void run(const std::vector<Assessor::Part>& parts) {
    total_ += parts.size();
    std::vector<Assessor> found(parts.size(), Assessor(input_, options_));
    run_workers(parts.size(), 0, [&](std::size_t i) {
      throw_if_interrupted();
      parts[i].assess(found[i]);
      advance(parts[i].name);
    });
    for (const Assessor& part : found) into_.append(part);
  }

  void finish() {
    if (progress_) progress_({"assess", done_, total_, "parts", {{"part", "done"}}, true});
  }

 private:
  void advance(const std::string& part) {
    const std::lock_guard lock(mutex_);
    ++done_;
    if (progress_) progress_({"assess", done_, total_, "parts", {{"part", part}}, false});
  }

  Assessor& into_;
  const AssessmentInput& input_;
  const AssessmentOptions& options_;
  const ProgressSink& progress_;
  std::mutex mutex_;  // of the following, and of the sink
  std::uint64_t done_ = 0, total_ = 0;
};

}  // namespace

Assessment assess(const AssessmentInput& input, const AssessmentOptions& options, const ProgressSink& progress) {
  return translate_torch_errors("assess generated networks", [&] {
    const torch::NoGradGuard no_grad;
    Assessor assessor(input, options);
    AssessmentRun run(assessor, input, options, progress);
    run.run(assessor.parts());
    run.run(assessor.finetuning_parts());
    run.finish();
    return assessor.found();
  });
}

}  // namespace weightloom
