#include "weightloom/runtime/grow.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <optional>

#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/compute/threads.hpp"
#include "weightloom/compute/torch_error.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/runtime/evaluation.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostTogether = 50;            // members of one batched population
constexpr std::int64_t kMostImageBytes = 1ll << 30;  // their images
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

Json to_json(const TrainingOptions& options) {
  Json out;
  if (options.steps > 0) out["steps"] = options.steps;
  if (options.epochs > 0) out["epochs"] = options.epochs;
  out["batch"] = options.batch;
  out["learning_rate"] = options.learning_rate;
  out["weight_decay"] = options.weight_decay;
  out["warmup"] = options.warmup;
  return out;
}

Json network_config(Json config, const ImageForm& form, std::int64_t classes) {
  config["channels"] = form.channels;
  config["size"] = form.size;
  config["classes"] = classes;
  return config;
}

std::int64_t class_count(const DataSpec& spec) {
  return static_cast<std::int64_t>(spec.classes.empty() ? source_class_names(spec.source).size() : spec.classes.size());
}

// Data sets by name, each source read once. [any-thread]
class DataShelf {
 public:
  explicit DataShelf(const ImageForm& form) : form_(form) {}

  std::shared_ptr<const TensorData> get(const DataSpec& spec) {
    const std::lock_guard lock(mutex_);
    const auto source = whole(spec.source);
    if (spec.classes.empty() && spec.train_limit == 0) return source;
    auto data = spec.classes.empty() ? *source : subset_classes(*source, spec.classes);
    if (spec.train_limit > 0 && spec.train_limit < data.train.labels.size(0))
      data.train = {data.train.images.narrow(0, 0, spec.train_limit), data.train.labels.narrow(0, 0, spec.train_limit)};
    data.name = spec.text();
    return std::make_shared<TensorData>(std::move(data));
  }

  // Memory that get() takes for images of its own: a subset of the classes is a copy, everything else a view.
  std::int64_t bytes(const DataSpec& spec) {
    if (spec.classes.empty()) return 0;
    const std::lock_guard lock(mutex_);
    const auto source = whole(spec.source);
    const auto images = source->train.images.numel() + source->validation.images.numel() + source->test.images.numel();
    return images * 4 * static_cast<std::int64_t>(spec.classes.size()) / source->classes();
  }

 private:
  std::shared_ptr<const TensorData> whole(const std::string& source) {
    auto& slot = sources_[source];
    if (!slot) slot = std::make_shared<TensorData>(load_tensors(DataSpec{source, {}, 0}, form_));
    return slot;
  }

  ImageForm form_;
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const TensorData>> sources_;
};

struct Anchor {
  NetworkDescription description;
  Weights weights;
  std::string record;  // id in the zoo
  std::string hash;    // of its recipe
};

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
    for (const auto& anchor : recipe_.anchors) anchors_.emplace(anchor.family, make_anchor(anchor));
    auto jobs = make_jobs();
    std::vector<Job*> single;
    std::map<std::string, std::vector<Job*>> batched;  // by network and training: what can share one population
    for (auto& job : jobs) {
      if (executes_apart(job.description)) {
        single.push_back(&job);
      } else {
        batched[job.description.identity + to_json(job.member->training).dump()].push_back(&job);
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
    if (!record.recipe.is_object() || record.recipe.value("hash", "") != hash)
      throw Error(ErrorCode::kUsage, "grow.name_taken", "cannot grow '" + name + "'",
                  "the zoo has a network of that name from another recipe",
                  "rename or remove it, or change the name in the recipe");
    return record;
  }

  ZooRecord make_record(const std::string& name, const std::string& architecture, const NetworkDescription& description,
                        const std::string& family, Json recipe, const TrainingOptions& training) const {
    const auto& plugin = plugins_.find(architecture);
    ZooRecord record;
    record.name = name;
    record.architecture = plugin.id;
    record.plugin_version = plugin.version;
    record.config = description.config;
    record.family = family;
    record.hyperparameters = to_json(training);
    record.recipe = std::move(recipe);
    return record;
  }

  void measure(const Executor& executor, const Weights& weights, const TensorData& data, double seconds,
               ZooRecord& record) const {
    record.metrics["validation_accuracy"] = evaluate(executor, weights, {&data.validation}).accuracy[0];
    record.metrics["test_accuracy"] = evaluate(executor, weights, {&data.test}).accuracy[0];
    record.metrics["train_seconds"] = seconds;
  }

  Anchor make_anchor(const AnchorRecipe& anchor) {
    std::vector<TensorData> parts;
    std::string dataset;
    Json names = Json::array();
    for (const auto& spec : anchor.data) {
      parts.push_back(*data_.get(spec));
      names.push_back(spec.text());
      dataset += (dataset.empty() ? "" : "+") + spec.text();
    }
    std::int64_t classes = 0;
    for (const auto& part : parts) classes += part.classes();
    const auto config = network_config(anchor.config, recipe_.form, classes);
    std::vector<Executor> executors;
    for (const auto& depth : anchor.depth_key.empty() ? std::vector<Json>{nullptr} : anchor.depths) {
      auto at_depth = config;
      if (!anchor.depth_key.empty()) at_depth[anchor.depth_key] = depth;
      executors.emplace_back(plugins_.describe(anchor.architecture, at_depth));
    }
    const auto& largest = executors.back();
    Json recipe{{"schema", "weightloom.grown/1"},
                {"kind", "anchor"},
                {"architecture", largest.description().architecture},
                {"config", largest.description().config},
                {"data", names},
                {"seed", recipe_.seed},
                {"training", to_json(anchor.training)}};
    if (!anchor.depth_key.empty()) recipe["depths"] = {{"key", anchor.depth_key}, {"train", anchor.depths}};
    recipe["hash"] = short_hash(recipe.dump());
    const std::string name = anchor.family + "/anchor", hash = recipe["hash"];
    if (const auto record = find(name, hash)) {
      summary_.present.push_back(name);
      return {largest.description(), to_weights(largest.description(), zoo_.weights(*record)), record->id, hash};
    }
    return train_anchor(anchor, executors, join(parts), name, dataset, std::move(recipe));
  }

  Anchor train_anchor(const AnchorRecipe& anchor, const std::vector<Executor>& executors, const TensorData& data,
                      const std::string& name, const std::string& dataset, Json recipe) {
    const auto& largest = executors.back();
    const auto begin = Clock::now();
    const auto seed = derive_seed(recipe_.seed, "anchor/" + anchor.family);
    std::vector<const Executor*> all;
    for (const auto& executor : executors) all.push_back(&executor);
    auto options = anchor.training;
    options.seed = seed;
    auto sink = [&](ProgressEvent event) {
      event.task = "grow " + name;
      if (progress_) progress_(event);
    };
    auto weights = train_shared(all, initial_weights(largest.description(), 1, derive_seed(seed, "init")), data.train,
                                options, sink);
    weights = recalibrate(largest, std::move(weights), {&data.train}, seed);
    auto record = make_record(name, anchor.architecture, largest.description(), anchor.family, recipe, anchor.training);
    record.dataset = dataset;
    record.tags.insert("anchor");
    measure(largest, weights, data, seconds_since(begin), record);
    const auto stored = zoo_.add({{std::move(record), to_tensor_map(largest.description(), weights)}});
    summary_.stored.push_back(name);
    return {largest.description(), std::move(weights), stored.front().id, recipe["hash"]};
  }

  std::vector<Job> make_jobs() {
    std::vector<Job> jobs;
    for (const auto& member : recipe_.members) {
      auto description =
          plugins_.describe(member.architecture, network_config(member.config, recipe_.form, class_count(member.data)));
      Json recipe{{"schema", "weightloom.grown/1"},
                  {"kind", "member"},
                  {"architecture", description.architecture},
                  {"config", description.config},
                  {"data", member.data.text()},
                  {"seed", recipe_.seed},
                  {"member_seed", member.seed},
                  {"training", to_json(member.training)}};
      if (member.from_anchor) recipe["anchor"] = anchors_.at(member.family).hash;
      const auto seed = derive_seed(recipe_.seed, "member/" + recipe.dump());
      recipe["hash"] = short_hash(recipe.dump());
      const bool present = find(member.name, recipe["hash"]).has_value();
      if (present) summary_.present.push_back(member.name);
      jobs.push_back({&member, std::move(description), std::move(recipe), seed, present});
    }
    return jobs;
  }

  Weights start(const Job& job) const {
    const auto seed = derive_seed(job.seed, "init");
    if (!job.member->from_anchor) return initial_weights(job.description, 1, seed);
    const auto& anchor = anchors_.at(job.member->family);
    return descend_from(job.description, anchor.description, anchor.weights, seed);
  }

  std::pair<ZooRecord, TensorMap> finish(const Job& job, const Executor& executor, const Weights& weights,
                                         const TensorData& data, double seconds) const {
    const auto& member = *job.member;
    auto record =
        make_record(member.name, member.architecture, job.description, member.family, job.recipe, member.training);
    record.hyperparameters["seed"] = member.seed;
    record.dataset = member.data.text();
    record.split = member.split;
    if (member.from_anchor) record.parents.push_back({"fine-tuned-from", anchors_.at(member.family).record});
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
        bytes += data_.bytes(group[at]->member->data);
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
  DataShelf data_;
  std::map<std::string, Anchor> anchors_;
  std::mutex mutex_;  // of the zoo and the summary while workers run
  GrowSummary summary_;
};

}  // namespace

Weights descend_from(const NetworkDescription& target, const NetworkDescription& ancestor, const Weights& weights,
                     std::uint64_t seed) {
  return translate_torch_errors("start from an ancestor", [&] {
    auto out = initial_weights(target, 1, seed);
    const auto facts = analyse(target);
    const auto matches = match_by_address(target, ancestor);
    for (std::size_t i = 0; i < matches.size(); ++i) {
      const auto& name = target.parameters[i].name;
      if (name == facts.head_weight || name == facts.head_bias) {
        out.tensors[i].zero_();
      } else if (matches[i]) {
        out.tensors[i] = weights.tensors[*matches[i]].detach().clone();
      }
    }
    return out;
  });
}

GrowSummary grow(const Recipe& recipe, Zoo& zoo, const PluginRegistry& plugins, const ProgressSink& progress,
                 int workers) {
  return Grower(recipe, zoo, plugins, progress, workers).run();
}

}  // namespace weightloom
