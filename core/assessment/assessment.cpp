#include "weightloom/assessment/assessment.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "weightloom/base/config.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/generator/instruction.hpp"
#include "weightloom/network/address.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"

namespace weightloom {
namespace {

constexpr double kNoise = 0.1;         // relative to each tensor's spread over the zoo
constexpr std::int64_t kAveraged = 8;  // networks per average
constexpr std::int64_t kNoveltyImages = 1000;

double mean_of(const std::vector<double>& values) {
  return values.empty() ? std::nan("")
                        : std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(const std::vector<double>& values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double sum = 0;
  for (double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size() - 1));
}

double median_of(std::vector<double> values) {
  if (values.empty()) return std::nan("");
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

// The row block [first, first + count) of a population.
Weights slice(const Weights& weights, std::int64_t first, std::int64_t count) {
  return weights.select(torch::arange(first, first + count, torch::kInt64));
}

// Distances and disagreements between generated networks and the zoo's training members of the same description.
struct Novelty {
  std::vector<double> distance;  // to the nearest member, relative to the members' median distance to their own nearest
  std::vector<double> same_tokens;   // largest share of tokens shared with a member
  std::vector<double> disagreement;  // smallest share of test images on which a member answers differently
};

class Assessor {
 public:
  Assessor(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator, const AssessmentOptions& options,
           const ProgressSink& progress)
      : registry_(registry),
        generator_(generator),
        tokenizer_(generator.tokenizer()),
        options_(options),
        progress_(progress),
        data_(common_form(zoo, registry)),
        train_(load_members(zoo, registry, tokenizer_, "train")),
        held_out_(load_members(zoo, registry, tokenizer_, "held-out")) {}

  Json run() {
    torch::NoGradGuard no_grad;
    total_ = train_.size() * 2 + options_.unseen.size() * 2 + 3;
    for (const MemberGroup& group : train_) {
      if (is_task_group(group)) continue;
      for (const std::string& spec : data_sets(group)) assess_seen(group, spec);
      advance(group.plan->description().label());
    }
    for (const UnseenNetwork& unseen : options_.unseen) {
      assess_unseen_network(unseen);
      advance("unseen depth");
    }
    for (const MemberGroup& group : train_)
      if (is_task_group(group)) {
        assess_unseen_tasks(group);
        advance("unseen tasks");
      }
    finetune_seen();
    Json rows = Json::array();
    for (auto& [key, row] : rows_) rows.push_back(finish(std::move(row)));
    total_ = done_;
    advance("done", true);
    return {{"rows", rows},
            {"instruction",
             {{"samples", instruction_samples_},
              {"right_data", instruction_right_},
              {"share", instruction_samples_ ? static_cast<double>(instruction_right_) / instruction_samples_ : 0.0}}}};
  }

 private:
  struct Row {
    std::string row, data, architecture;
    double epochs = 0;
    std::vector<double> values;
    Novelty novelty;
  };

  void advance(const std::string& what, bool last = false) {
    throw_if_interrupted();
    ++done_;
    if (progress_) progress_({"assess", std::min(done_, total_), total_, "parts", {{"part", what}}, last});
  }

  bool is_task_group(const MemberGroup& group) const {
    return !DataSpec::parse(group.records.front().dataset).classes.empty();
  }

  static std::set<std::string> data_sets(const MemberGroup& group) {
    std::set<std::string> out;
    for (const ZooRecord& record : group.records) out.insert(record.dataset);
    return out;
  }

  const TensorData& data(const std::string& spec) {
    auto found = known_data_.find(spec);
    if (found == known_data_.end()) found = known_data_.emplace(spec, data_.get(spec)).first;
    return found->second;
  }

  static std::string source_of(const std::string& spec) { return DataSpec::parse(spec).source; }

  static torch::Tensor members_on(const MemberGroup& group, const std::string& spec) {
    std::vector<std::int64_t> index;
    for (std::size_t i = 0; i < group.records.size(); ++i)
      if (group.records[i].dataset == spec) index.push_back(static_cast<std::int64_t>(i));
    return torch::tensor(index, torch::kInt64);
  }

  Row& row(const std::string& name, const std::string& data, const std::string& architecture, double epochs = 0) {
    Row& found = rows_[{name, data, architecture, epochs}];
    found.row = name;
    found.data = data;
    found.architecture = architecture;
    found.epochs = epochs;
    return found;
  }

  // What a row is called: the family; each value is also counted under "all".
  void add(const std::string& name, const std::string& spec, const NetworkPlan& plan, const std::vector<double>& values,
           const Novelty& novelty = {}, double epochs = 0) {
    const std::string architecture = plan.family().empty() ? plan.description().architecture : plan.family();
    const auto* anchor = tokenizer_.find_anchor(plan.description().architecture, plan.family());
    const bool independent = anchor && anchor->independent;
    for (const std::string& label : {architecture, std::string("all")}) {
      if (label == "all" && independent) continue;  // reported separately
      Row& target = row(name, spec, label, epochs);
      target.values.insert(target.values.end(), values.begin(), values.end());
      const auto append = [](std::vector<double>& to, const std::vector<double>& from) {
        to.insert(to.end(), from.begin(), from.end());
      };
      append(target.novelty.distance, novelty.distance);
      append(target.novelty.same_tokens, novelty.same_tokens);
      append(target.novelty.disagreement, novelty.disagreement);
    }
  }

  Evaluation score(const NetworkPlan& plan, const Weights& weights, const TensorData& on) {
    return evaluate(plan.executor(), weights, {&on.test}, std::min(options_.test_images, on.test.labels.size(0)));
  }

  Weights calibrated(const NetworkPlan& plan, const Weights& weights, const TensorData& on) {
    return recalibrate(plan.executor(), weights, {&on.train}, derive_seed(options_.seed, "recalibrate"));
  }

  Request request(const std::string& label, std::int64_t count, const NetworkPlan& plan) const {
    Request out;
    out.count = count;
    out.family = plan.family();
    out.sampling.temperature = options_.temperature;
    out.sampling.seed = derive_seed(options_.seed, label + plan.description().identity);
    return out;
  }

  Novelty novelty(const MemberGroup& group, const torch::Tensor& members, const Generated& made, const Weights& ready,
                  const TensorData& on) {
    Novelty out;
    const NetworkPlan& plan = *group.plan;
    const Weights zoo = group.weights.select(members);
    const auto ours = plan.deviations(ready), theirs = plan.deviations(zoo);
    auto own = torch::cdist(theirs, theirs);
    own.fill_diagonal_(INFINITY);
    const double reference = median_of(to_vector(std::get<0>(own.min(1))));
    const auto nearest = std::get<0>(torch::cdist(ours, theirs).min(1));
    for (double distance : to_vector(nearest)) out.distance.push_back(distance / reference);

    const auto theirs_tokens = tokenizer_.encode(plan, zoo);
    const auto same = (made.tokens.unsqueeze(1) == theirs_tokens.unsqueeze(0))
                          .to(torch::kFloat32)
                          .index_select(2, plan.chunk_slots())
                          .flatten(2)
                          .mean(2);
    out.same_tokens = to_vector(std::get<0>(same.max(1)));

    const std::int64_t images = std::min(kNoveltyImages, on.test.labels.size(0));
    const auto said = evaluate(plan.executor(), ready, {&on.test}, images).predictions;
    const auto zoo_said = evaluate(plan.executor(), calibrated(plan, zoo, on), {&on.test}, images).predictions;
    const auto different = (said.unsqueeze(1) != zoo_said.unsqueeze(0)).to(torch::kFloat32).mean(2);
    out.disagreement = to_vector(std::get<0>(different.min(1)));
    return out;
  }

  static std::vector<double> to_vector(const torch::Tensor& tensor) {
    const auto flat = tensor.to(torch::kFloat64).contiguous();
    return {flat.data_ptr<double>(), flat.data_ptr<double>() + flat.numel()};
  }

  // One description and data set that the zoo holds.
  void assess_seen(const MemberGroup& group, const std::string& spec) {
    const NetworkPlan& plan = *group.plan;
    const TensorData& on = data(spec);
    const auto members = members_on(group, spec);
    const Weights zoo = group.weights.select(members);
    const std::int64_t depths = descriptions_of_family(plan, spec);
    const std::int64_t count = (options_.samples + depths - 1) / depths;
    Random random(derive_seed(options_.seed, "baselines" + plan.description().identity + spec));

    for (const MemberGroup* part : {&group, held_out_group(plan)})
      if (part)
        for (const ZooRecord& record : part->records)
          if (record.dataset == spec) add("zoo", spec, plan, {record.metrics.at("test_accuracy")});
    if (const MemberGroup* held = held_out_group(plan)) {
      const Weights originals = held->weights.select(members_on(*held, spec));
      if (originals.population() > 0) {
        const Weights decoded = tokenizer_.decode(plan, tokenizer_.encode(plan, originals));
        add("decoded", spec, plan, score(plan, calibrated(plan, decoded, on), on).accuracy);
      }
    }

    Request wanted = request("seen" + spec, count, plan);
    wanted.data = spec;
    const Generated seen = generate(generator_, plan.description(), wanted, data_);
    const Weights ready = calibrated(plan, seen.weights, on);
    add("generated-seen", spec, plan, score(plan, ready, on).accuracy, novelty(group, members, seen, ready, on));
    if (!finetune_.contains({plan.family(), spec})) finetune_[{plan.family(), spec}] = {group.plan, ready};

    assess_instruction(group, spec, members, count);

    add("random-init", spec, plan,
        score(plan, calibrated(plan, initial_weights(plan.description(), count, random.next()), on), on).accuracy);
    std::vector<Weights> averages, noises, picks;
    for (std::int64_t i = 0; i < count; ++i) {
      const auto order = random.permutation(zoo.population());
      const std::int64_t used = std::min<std::int64_t>(kAveraged, zoo.population());
      averages.push_back(mean_weights(
          zoo.select(torch::tensor(std::vector<std::int64_t>(order.begin(), order.begin() + used), torch::kInt64))));
      picks.push_back(zoo.member(order[0]));
      noises.push_back(with_noise(zoo.member(order[0]), zoo, random.next()));
    }
    add("average", spec, plan, score(plan, calibrated(plan, concatenate(averages), on), on).accuracy);
    add("noise", spec, plan, score(plan, calibrated(plan, concatenate(noises), on), on).accuracy);
    add("retrieval", spec, plan, score(plan, calibrated(plan, concatenate(picks), on), on).accuracy);
  }

  // Words alone, each sample with a phrasing of its own that training never used.
  void assess_instruction(const MemberGroup& group, const std::string& spec, const torch::Tensor& members,
                          std::int64_t count) {
    const NetworkPlan& plan = *group.plan;
    if (const auto* anchor = tokenizer_.find_anchor(plan.description().architecture, plan.family());
        anchor && anchor->independent)
      return;
    Random random(derive_seed(options_.seed, "phrasings" + plan.description().identity + spec));
    for (std::int64_t i = 0; i < count; ++i) {
      Request wanted = request("words" + spec + std::to_string(i), 1, plan);
      wanted.instruction = random_instruction(source_of(spec), Phrasing::kHeldOut, random);
      const Generated made = generate(generator_, plan.description(), wanted, data_);
      const TensorData& on = data(spec);
      const Weights ready = calibrated(plan, made.weights, on);
      const double accuracy = score(plan, ready, on).accuracy.front();
      add("generated-instruction", spec, plan, {accuracy}, novelty(group, members, made, ready, on));
      bool right = true;
      for (const std::string& other : data_sets(group))
        if (other != spec) {
          const TensorData& elsewhere = data(other);
          right &= accuracy > score(plan, calibrated(plan, made.weights, elsewhere), elsewhere).accuracy.front();
        }
      ++instruction_samples_;
      instruction_right_ += right;
    }
  }

  void assess_unseen_network(const UnseenNetwork& unseen) {
    const auto plan = tokenizer_.plan(registry_.describe(unseen.architecture, unseen.config), unseen.family);
    std::set<std::string> specs;
    for (const MemberGroup& group : train_)
      if (group.plan->family() == plan->family() && !is_task_group(group)) specs.merge(data_sets(group));
    for (const std::string& spec : specs) {
      const TensorData& on = data(spec);
      const std::int64_t count = std::max(options_.samples, options_.finetune_networks);
      Request wanted = request("unseen" + spec, count, *plan);
      wanted.data = spec;
      const Generated made = generate(generator_, plan->description(), wanted, data_);
      const Weights ready = calibrated(*plan, made.weights, on);
      const Weights copies = layer_copies(*plan, spec, count);
      const Weights random =
          initial_weights(plan->description(), count, derive_seed(options_.seed, "unseen random" + spec));
      add("generated-unseen-depth", spec, *plan, score(*plan, ready, on).accuracy,
          against_copies(*plan, ready, copies, on));
      add("layer-copy", spec, *plan, score(*plan, calibrated(*plan, copies, on), on).accuracy);
      add("random-init-unseen-depth", spec, *plan, score(*plan, calibrated(*plan, random, on), on).accuracy);
      finetune("generated-unseen-depth", *plan, ready, spec);
      finetune("random-init-unseen-depth", *plan, random, spec);
    }
  }

  // Training members of the nearest depth, block by block (docs/assessment.md, layer-copy).
  Weights layer_copies(const NetworkPlan& target, const std::string& spec, std::int64_t count) {
    const MemberGroup* nearest = nullptr;
    const auto size = [](const NetworkPlan& plan) { return plan.description().parameters.size(); };
    const auto gap = [&](const MemberGroup& group) {
      return std::llabs(static_cast<long long>(size(*group.plan)) - static_cast<long long>(size(target)));
    };
    for (const MemberGroup& group : train_)
      if (group.plan->family() == target.family() && !is_task_group(group) && members_on(group, spec).numel() > 0 &&
          (!nearest || gap(group) < gap(*nearest)))
        nearest = &group;
    const Weights members = nearest->weights.select(members_on(*nearest, spec));
    std::vector<Weights> copies;
    for (std::int64_t i = 0; i < count; ++i) {
      const Anchor source{target.family(), nearest->plan->description(), members.member(i % members.population()),
                          true};
      copies.push_back(map_anchor(&source, target.description()));
    }
    return concatenate(copies);
  }

  Novelty against_copies(const NetworkPlan& plan, const Weights& ready, const Weights& copies, const TensorData& on) {
    Novelty out;
    const std::int64_t images = std::min(kNoveltyImages, on.test.labels.size(0));
    const auto said = evaluate(plan.executor(), ready, {&on.test}, images).predictions;
    const auto copied = evaluate(plan.executor(), calibrated(plan, copies, on), {&on.test}, images).predictions;
    out.disagreement =
        to_vector(std::get<0>((said.unsqueeze(1) != copied.unsqueeze(0)).to(torch::kFloat32).mean(2).min(1)));
    return out;
  }

  // Class subsets that no training member has, in any order.
  void assess_unseen_tasks(const MemberGroup& group) {
    const NetworkPlan& plan = *group.plan;
    std::set<std::string> seen;
    std::vector<Task> known;
    for (const ZooRecord& record : group.records) {
      known.push_back(task_of(data_, record.dataset));
      seen.insert(known.back().subset_key());
    }
    Random random(derive_seed(options_.seed, "unseen tasks"));
    std::vector<std::string> sources;
    for (const Task& task : known)
      if (std::find(sources.begin(), sources.end(), task.source) == sources.end()) sources.push_back(task.source);
    const auto width = known.front().classes.size();
    for (std::int64_t i = 0, attempts = 0; i < options_.tasks && attempts < 100 * options_.tasks; ++attempts) {
      Task task{sources[static_cast<std::size_t>(i) % sources.size()], {}};
      const auto order = random.permutation(data_.source(DataSpec::parse(task.source)).classes());
      task.classes.assign(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(width));
      if (!seen.insert(task.subset_key()).second) continue;
      assess_task(group, plan, task, known, i++);
    }
  }

  void assess_task(const MemberGroup& group, const NetworkPlan& plan, const Task& task, const std::vector<Task>& known,
                   std::int64_t index) {
    DataSpec spec = DataSpec::parse(task.source);
    spec.classes = task.classes;
    const TensorData on = data_.get(spec.text());
    const std::string label = task.source;
    Request wanted = request("task" + std::to_string(index), 1, plan);
    wanted.data = spec.text();
    const Generated made = generate(generator_, plan.description(), wanted, data_);
    const Weights ready = calibrated(plan, made.weights, on);
    const auto score_of = [&](const Weights& weights) {
      return score(plan, calibrated(plan, weights, on), on).accuracy;
    };

    // The oracle's nearest task: the training network with the most classes in the same places.
    std::size_t best = 0;
    int best_shared = -1;
    for (std::size_t k = 0; k < known.size(); ++k) {
      int shared = 0;
      for (std::size_t c = 0; c < task.classes.size(); ++c)
        shared += known[k].source == task.source && known[k].classes[c] == task.classes[c];
      if (shared > best_shared) best = k, best_shared = shared;
    }
    const Weights nearest = group.weights.member(static_cast<std::int64_t>(best));
    Novelty novelty;
    const auto said = score(plan, ready, on).predictions,
               other = score(plan, calibrated(plan, nearest, on), on).predictions;
    novelty.disagreement = {(said != other).to(torch::kFloat32).mean().item<double>()};
    add("generated-unseen-task", label, plan, score(plan, ready, on).accuracy, novelty);
    add("retrieval-unseen-task", label, plan, score_of(nearest));
    add("average-unseen-task", label, plan, score_of(mean_weights(group.weights)));
    add("discriminant-unseen-task", label, plan, score_of(discriminant_network(plan, on, wanted)));
    add("random-init-unseen-task", label, plan, score_of(initial_weights(plan.description(), 1, wanted.sampling.seed)));
  }

  // The anchor with a head in closed form from the same number of example images: what needs no generator.
  Weights discriminant_network(const NetworkPlan& plan, const TensorData& on, const Request& wanted) {
    auto draws = make_generator(derive_seed(wanted.sampling.seed, "example images"));
    const auto examples = draw_examples(on.train, on.classes(), wanted.shots, draws);
    const auto features = anchor_features(plan, examples.flatten(0, 1));
    const auto fit = linear_discriminant(features.view({1, on.classes(), wanted.shots, -1}));
    Weights weights = plan.anchor().clone();
    const GraphFacts& facts = plan.executor().facts();
    const auto put = [&](const std::string& name, const torch::Tensor& value) {
      if (const auto p = plan.description().find_parameter(name))
        weights.tensors[*p] = value.view_as(weights.tensors[*p]).clone();
    };
    put(facts.head_weight, fit.weight);
    put(facts.head_bias, fit.bias);
    return weights;
  }

  void finetune(const std::string& name, const NetworkPlan& plan, const Weights& start, const std::string& spec) {
    if (options_.finetune_epochs <= 0) return;
    torch::AutoGradMode with_gradients(true);
    const TensorData& on = data(spec);
    TrainingOptions training;
    training.epochs = options_.finetune_epochs;
    training.seed = derive_seed(options_.seed, "fine-tune" + spec);
    const Weights tuned =
        train(plan.executor(), slice(start, 0, std::min(start.population(), options_.finetune_networks)), {&on.train},
              training, progress_);
    add(name, spec, plan, score(plan, tuned, on).accuracy, {}, options_.finetune_epochs);
  }

  void finetune_seen() {
    for (const auto& [key, start] : finetune_) {
      const auto& [plan, ready] = start;
      const std::int64_t count = std::min(ready.population(), options_.finetune_networks);
      finetune("generated-seen", *plan, ready, key.second);
      finetune("random-init", *plan,
               initial_weights(plan->description(), count, derive_seed(options_.seed, "fine-tune random")), key.second);
      advance("fine-tuning");
    }
  }

  static Weights mean_weights(const Weights& weights) {
    Weights out;
    for (const auto& tensor : weights.tensors) out.tensors.push_back(tensor.mean(0, true));
    return out;
  }

  static Weights with_noise(const Weights& network, const Weights& zoo, std::uint64_t seed) {
    auto generator = make_generator(seed);
    Weights out = network.clone();
    for (std::size_t p = 0; p < out.tensors.size(); ++p) {
      const double spread = zoo.tensors[p].numel() > 1 ? zoo.tensors[p].std().item<double>() : 0.0;
      out.tensors[p] = out.tensors[p] + torch::randn(out.tensors[p].sizes(), generator) * (kNoise * spread);
    }
    return out;
  }

  const MemberGroup* held_out_group(const NetworkPlan& plan) const {
    for (const MemberGroup& group : held_out_)
      if (group.plan.get() == &plan) return &group;
    return nullptr;
  }

  std::int64_t descriptions_of_family(const NetworkPlan& plan, const std::string& spec) const {
    std::int64_t count = 0;
    for (const MemberGroup& group : train_)
      count += group.plan->family() == plan.family() && members_on(group, spec).numel() > 0;
    return count;
  }

  Json finish(Row row) const {
    Json out{{"row", row.row},
             {"data", row.data},
             {"architecture", row.architecture},
             {"n", row.values.size()},
             {"mean", mean_of(row.values)},
             {"std", deviation_of(row.values)},
             {"epochs", row.epochs},
             {"values", row.values}};
    if (!row.novelty.disagreement.empty()) {
      Json figures{{"disagreement_with_nearest", median_of(row.novelty.disagreement)}};
      if (!row.novelty.distance.empty()) {
        figures["distance_to_nearest"] = median_of(row.novelty.distance);
        figures["distances"] = row.novelty.distance;
        figures["tokens_shared_with_nearest"] = median_of(row.novelty.same_tokens);
      }
      figures["disagreements"] = row.novelty.disagreement;
      out["novelty"] = std::move(figures);
    }
    return out;
  }

  const PluginRegistry& registry_;
  const Generator& generator_;
  const Tokenizer& tokenizer_;
  AssessmentOptions options_;
  const ProgressSink& progress_;
  DataCache data_;
  std::vector<MemberGroup> train_, held_out_;
  std::map<std::string, TensorData> known_data_;
  std::map<std::tuple<std::string, std::string, std::string, double>, Row> rows_;
  std::map<std::pair<std::string, std::string>, std::pair<std::shared_ptr<const NetworkPlan>, Weights>> finetune_;
  std::uint64_t done_ = 0, total_ = 0;
  std::int64_t instruction_samples_ = 0, instruction_right_ = 0;
};

}  // namespace

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
  for (const Json& entry : read.value("unseen", Json::array())) {
    ConfigReader item(entry, where + ".unseen");
    out.unseen.push_back(
        {item.required_text("architecture"), item.value("config", Json::object()), item.text("family", "")});
    item.finish();
  }
  read.finish();
  return out;
}

Json assess(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator,
            const AssessmentOptions& options, const ProgressSink& progress) {
  return Assessor(zoo, registry, generator, options, progress).run();
}

}  // namespace weightloom
