#include "weightloom/workflow/grow.hpp"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>

#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/network/tasks.hpp"
#include "weightloom/runtime/data_cache.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/inheritance.hpp"
#include "weightloom/workflow/elastic_anchor.hpp"
#include "weightloom/workflow/random_networks.hpp"
#include "weightloom/workflow/records.hpp"

namespace weightloom {
namespace {

// Of one batched population. Bounds on memory: optimiser and activations grow with the members, and class subsets are
// copies of their images. They decide which members share an operation and so how results round; changing them changes
// zoos by rounding.
constexpr std::size_t kMostTogether = 50;
constexpr std::int64_t kMostImageBytes = 1ll << 30;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Json network_config(Json config, const ImageForm& form, std::int64_t classes) {
  config["channels"] = form.channels;
  config["size"] = form.size;
  config["classes"] = classes;
  return config;
}

// The common ancestor of a family, as the zoo holds it.
struct Ancestor {
  NetworkDescription description;
  Weights weights;
  std::string record;  // id in the zoo
  std::string hash;    // of its recipe
};

std::string hash_of(const std::vector<Executor>& networks) {
  std::string identities;
  for (const auto& network : networks) identities += network.description().identity + '\n';
  return short_hash(identities);
}

// A member that is still to be trained, with all that its recipe stands for.
struct Job {
  const MemberRecipe* member;
  NetworkDescription description;
  Json recipe;
  std::uint64_t seed;
  bool present;
};

class Grower {
 public:
  Grower(const Recipe& recipe, Zoo& zoo, const PluginRegistry& plugins, const ProgressSink& progress, int workers)
      : recipe_(recipe), zoo_(zoo), plugins_(plugins), progress_(progress), workers_(workers), data_(recipe.form) {}

  GrowSummary run() {
    for (const auto& anchor : recipe_.anchors) ancestors_.emplace(anchor.family, make_ancestor(anchor));
    auto jobs = make_jobs();
    std::vector<Job*> single;
    std::map<std::string, std::vector<Job*>> batched;
    for (auto& job : jobs) {
      if (executes_apart(job.description)) {
        single.push_back(&job);
      } else {
        batched[population_key(job)].push_back(&job);
      }
    }
    report({});
    for (auto& [key, group] : batched) train_batched(group);
    std::erase_if(single, [](const Job* job) { return job->present; });
    train_single(single);
    return std::move(summary_);
  }

 private:
  // Is the network there? Throws when the name belongs to another one.
  std::optional<ZooRecord> find(const std::string& name, const std::string& hash) const {
    if (!zoo_.contains(name)) return std::nullopt;
    auto record = zoo_.get(name);
    if (!record.recipe.is_object() || record.recipe.value("hash", Json()) != hash)
      throw Error(ErrorCode::kUsage, "grow.name_taken", "cannot grow '" + name + "'",
                  "the zoo has a network of that name from another recipe",
                  "rename or remove it, or change the name in the recipe");
    return record;
  }

  void measure(const Executor& executor, const Weights& weights, const TensorData& data, double seconds,
               ZooRecord& record) const {
    record.metrics["validation_accuracy"] = evaluate(executor, weights, {&data.validation}).accuracy[0];
    record.metrics["test_accuracy"] = evaluate(executor, weights, {&data.test}).accuracy[0];
    record.metrics["train_seconds"] = seconds;
  }

  // Among the classes of all sources, of the images of all, but with statistics of each source for its own images.
  void measure_anchor(const Executor& executor, const Weights& weights, const std::vector<TensorData>& sources,
                      std::uint64_t seed, ZooRecord& record) const {
    struct Split {
      const char* metric;
      LabelledImages TensorData::*images;
      double right = 0, count = 0;
    } splits[] = {{"validation_accuracy", &TensorData::validation}, {"test_accuracy", &TensorData::test}};
    for (const auto& source : sources) {
      const auto own = recalibrate(executor, weights, {&source.train}, seed);
      for (Split& split : splits) {
        const auto& images = source.*split.images;
        const auto count = static_cast<double>(images.labels.size(0));
        if (count == 0) continue;  // of few training images none are left for validation
        split.right += count * evaluate(executor, own, {&images}).accuracy[0];
        split.count += count;
      }
    }
    for (const Split& split : splits)
      if (split.count > 0) record.metrics[split.metric] = split.right / split.count;
  }

  Ancestor make_ancestor(const AnchorRecipe& anchor) {
    Json names = Json::array();
    std::int64_t classes = 0;
    for (const auto& spec : anchor.data) {
      names.push_back(spec.text());
      classes += class_count(spec);
    }
    const auto config = network_config(anchor.config, recipe_.form, classes);
    const auto networks =
        anchor_networks(plugins_, anchor.architecture, config, anchor.ranges,
                        derive_seed(recipe_.seed, "ranges/" + anchor.family), unseen_configurations());
    const auto& description = networks.back().description();
    Json recipe{{"schema", "weightloom.grown/1"},      {"kind", "anchor"}, {"architecture", description.architecture},
                {"config", description.config},        {"data", names},    {"seed", recipe_.seed},
                {"training", to_json(anchor.training)}};
    // The draws leave out what the recipe holds out: ranges alone do not say what was trained.
    if (!anchor.ranges.empty()) {
      recipe["ranges"] = anchor.ranges.json();
      recipe["networks"] = hash_of(networks);
    }
    recipe["hash"] = short_hash(recipe.dump());
    if (!anchor.ranges.empty()) recipe["base"] = anchor.config;  // what the ranges are settings of
    const std::string name = anchor.family + "/anchor", hash = recipe["hash"];
    if (const auto record = find(name, hash)) {
      summary_.present.push_back(name);
      return {description, to_weights(description, zoo_.weights(*record)), record->id, hash};
    }
    return train_ancestor(anchor, networks, name, std::move(recipe));
  }

  std::set<std::string> unseen_configurations() const {
    UnseenConfigurations unseen;
    for (const auto& member : recipe_.members)
      unseen.add(
          plugins_.describe(member.architecture, network_config(member.config, recipe_.form, class_count(member.data))),
          member.split);
    return unseen.keys();
  }

  Ancestor train_ancestor(const AnchorRecipe& anchor, const std::vector<Executor>& networks, const std::string& name,
                          Json recipe) {
    const auto& largest = networks.back();
    std::vector<TensorData> parts;
    for (const auto& spec : anchor.data) parts.push_back(*data_.get(spec));
    const auto sources = number_classes_on(std::move(parts));
    const auto begin = Clock::now();
    auto options = anchor.training;
    options.seed = derive_seed(recipe_.seed, "anchor/" + anchor.family);
    options.checkpoint = zoo_.directory() / "growing" / (recipe.at("hash").get<std::string>() + ".safetensors");
    std::filesystem::create_directory(options.checkpoint.parent_path());
    auto sink = [&](ProgressEvent event) {
      event.task = "grow " + name;
      if (progress_) progress_(event);
    };
    auto weights = train_anchor(networks, training_images(sources), options, sink);
    const double seconds = seconds_since(begin);
    std::string data_name;
    for (const auto& source : sources) data_name += (data_name.empty() ? "" : "+") + source.name;
    auto record = network_record(name, plugins_, largest.description(), anchor.family, data_name);
    record.hyperparameters = to_json(anchor.training);
    record.recipe = recipe;
    record.tags.insert("anchor");
    measure_anchor(largest, weights, sources, options.seed, record);
    record.metrics["train_seconds"] = seconds;
    const auto stored = zoo_.add({{std::move(record), to_tensor_map(largest.description(), weights)}});
    std::filesystem::remove(options.checkpoint);
    summary_.stored.push_back(name);
    return {largest.description(), std::move(weights), stored.front().id, recipe["hash"]};
  }

  std::vector<Job> make_jobs() {
    std::vector<Job> jobs;
    for (const auto& member : recipe_.members) {
      auto description =
          plugins_.describe(member.architecture, network_config(member.config, recipe_.form, class_count(member.data)));
      expect_classification(description, "grow networks");
      Json recipe{{"schema", "weightloom.grown/1"},
                  {"kind", "member"},
                  {"architecture", description.architecture},
                  {"config", description.config},
                  {"data", member.data.text()},
                  {"seed", recipe_.seed},
                  {"member_seed", member.seed},
                  {"training", to_json(member.training)}};
      // By its recipe and not by its id: an ancestor that was grown again from the same recipe has the same weights.
      if (member.from_anchor) recipe["anchor"] = ancestors_.at(member.family).hash;
      const auto seed = derive_seed(recipe_.seed, "member/" + recipe.dump());
      recipe["hash"] = short_hash(recipe.dump());
      const bool present = find(member.name, recipe["hash"]).has_value();
      if (present) summary_.present.push_back(member.name);
      jobs.push_back({&member, std::move(description), std::move(recipe), seed, present});
    }
    return jobs;
  }

  // Equal for what can be trained as one population: the same network in the same number of steps.
  std::string population_key(const Job& job) {
    const auto& training = job.member->training;
    auto key = job.description.identity + to_json(training).dump();
    if (training.epochs > 0) key += std::to_string(data_.get(job.member->data)->train.labels.size(0));
    return key;
  }

  Weights start(const Job& job) const {
    const auto seed = derive_seed(job.seed, "init");
    if (!job.member->from_anchor) return initial_weights(job.description, 1, seed);
    const auto& anchor = ancestors_.at(job.member->family);
    return descend_from(job.description, anchor.description, anchor.weights, seed);
  }

  std::pair<ZooRecord, TensorMap> finish(const Job& job, const Executor& executor, const Weights& weights,
                                         const TensorData& data, double seconds) const {
    const auto& member = *job.member;
    auto record = network_record(member.name, plugins_, job.description, member.family, member.data.text());
    record.hyperparameters = to_json(member.training);
    record.hyperparameters["seed"] = member.seed;
    record.recipe = job.recipe;
    record.split = member.split;
    if (member.from_anchor) record.parents.push_back({"fine-tuned-from", ancestors_.at(member.family).record});
    measure(executor, weights, data, seconds, record);
    return {std::move(record), to_tensor_map(job.description, weights)};
  }

  void store(std::vector<std::pair<ZooRecord, TensorMap>> networks) {
    const std::lock_guard lock(mutex_);
    Json last;
    for (const auto& [record, tensors] : networks) {
      summary_.stored.push_back(record.name);
      last = {{"name", record.name}, {"test_accuracy", record.metrics.at("test_accuracy")}};
    }
    zoo_.add(std::move(networks));
    report(std::move(last));
  }

  void report(Json detail) const {
    if (!progress_) return;
    const auto anchors = recipe_.anchors.size();
    const auto done = summary_.stored.size() + summary_.present.size() - anchors, total = recipe_.members.size();
    progress_({"grow", done, total, "networks", std::move(detail), done == total});
  }

  // Chunks are the same whatever the zoo holds already, so that a network's rounding does not depend on interruptions.
  void train_batched(const std::vector<Job*>& group) {
    for (std::size_t at = 0; at < group.size();) {
      std::vector<Job*> chunk;
      for (std::int64_t bytes = 0; at < group.size() && chunk.size() < kMostTogether && bytes < kMostImageBytes; ++at) {
        chunk.push_back(group[at]);
        bytes += data_.copied_bytes(group[at]->member->data);
      }
      train_chunk(chunk);
    }
  }

  void train_chunk(const std::vector<Job*>& chunk) {
    if (std::ranges::all_of(chunk, [](const Job* job) { return job->present; })) return;
    const auto begin = Clock::now();
    std::map<std::string, std::shared_ptr<const TensorData>> shelf;
    std::vector<const LabelledImages*> train_data;
    std::vector<Weights> starts;
    auto options = chunk.front()->member->training;
    for (const auto* job : chunk) {
      auto& data = shelf[job->member->data.text()];
      if (!data) data = data_.get(job->member->data);
      train_data.push_back(&data->train);
      starts.push_back(start(*job));
      options.member_seeds.push_back(derive_seed(job->seed, "train"));
    }
    const Executor executor(chunk.front()->description);
    const auto weights = train(executor, concatenate(starts), train_data, options);
    const auto seconds = seconds_since(begin) / static_cast<double>(chunk.size());
    std::vector<std::pair<ZooRecord, TensorMap>> networks;
    for (std::size_t i = 0; i < chunk.size(); ++i)
      if (!chunk[i]->present)
        networks.push_back(finish(*chunk[i], executor, weights.member(static_cast<std::int64_t>(i)),
                                  *shelf.at(chunk[i]->member->data.text()), seconds));
    store(std::move(networks));
  }

  void train_one(const Job& job) {
    const auto begin = Clock::now();
    const auto data = data_.get(job.member->data);
    const Executor executor(job.description);
    auto options = job.member->training;
    options.member_seeds = {derive_seed(job.seed, "train")};
    const auto weights = train(executor, start(job), {&data->train}, options);
    std::vector<std::pair<ZooRecord, TensorMap>> network;
    network.push_back(finish(job, executor, weights, *data, seconds_since(begin)));
    store(std::move(network));
  }

  void train_single(const std::vector<Job*>& jobs) {
    run_workers(jobs.size(), workers_, [&](std::size_t i) { train_one(*jobs[i]); });
  }

  const Recipe& recipe_;
  Zoo& zoo_;
  const PluginRegistry& plugins_;
  const ProgressSink& progress_;
  int workers_;
  DataCache data_;
  std::map<std::string, Ancestor> ancestors_;
  std::mutex mutex_;  // of the zoo and the summary while workers run
  GrowSummary summary_;
};

}  // namespace

GrowSummary grow(const Recipe& recipe, Zoo& zoo, const PluginRegistry& plugins, const ProgressSink& progress,
                 int workers) {
  return Grower(recipe, zoo, plugins, progress, workers).run();
}

}  // namespace weightloom
