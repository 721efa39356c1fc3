#include "weightloom/workflow/generation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/base/memory.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/generator/body.hpp"
#include "weightloom/generator/recall.hpp"
#include "weightloom/network/tasks.hpp"
#include "weightloom/runtime/budget.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/workflow/caveats.hpp"
#include "weightloom/workflow/lineage.hpp"
#include "weightloom/workflow/recipe.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kFewestValidationImages = 16;
// Some ten seconds of work: what is written sooner is written again.
constexpr std::int64_t kSlotsWorthKeeping = std::int64_t{1} << 16;

bool takes_long(const NetworkPlan& plan, const GenerationJob& job) {
  return !job.start_only && plan.slots() * job.request.count >= kSlotsWorthKeeping;
}

// Validation images that a network is judged on: all, or as many as it can look at.
std::int64_t judged_on(const Executor& executor, const TensorData& on) {
  return std::min(on.validation.labels.size(0), std::max(kFewestValidationImages, affordable_images(executor)));
}

// Accuracy on the validation images of the request's data; empty without data.
std::vector<double> validation_accuracies(const NetworkPlan& plan, const Weights& ready, const Request& request,
                                          DataCache& data) {
  if (request.data.empty()) return {};
  const auto on = data.get(request.data);
  return evaluate(plan.executor(), ready, {&on->validation}, judged_on(plan.executor(), *on)).accuracy;
}

// What all networks of a request take, beside what the program takes anyway: the anchor's weights and theirs, and for
// each slot its place and its tokens, of which a checkpoint holds copies.
std::uint64_t memory_of(const NetworkDescription& description, const Request& request, const TokenizerConfig& codes) {
  constexpr std::uint64_t kPlace = 96, kToken = 3 * sizeof(std::int64_t), kActivations = std::uint64_t{256} << 20;
  const auto weights = static_cast<std::uint64_t>(description.parameter_count());
  const auto networks = static_cast<std::uint64_t>(request.count);
  const auto slots = weights / static_cast<std::uint64_t>(codes.chunk);
  const auto body = request.data.empty() || !request.fit_body ? 0 : body_fit_memory(description.parameter_count());
  return weights * sizeof(float) * (networks + 1) + body +
         slots * (kPlace + networks * static_cast<std::uint64_t>(codes.codebooks) * kToken) + kActivations;
}

// Guessing is right once in as many images as there are classes. Within three standard errors of that, or a fifth of
// it, nothing was learned; few images prove little, so that at most the middle between guessing and knowing counts as
// chance.
bool is_chance(double accuracy, std::int64_t images, std::int64_t classes) {
  if (classes < 2) return false;
  const double chance = 1.0 / static_cast<double>(classes);
  const double error = std::sqrt(chance * (1 - chance) / static_cast<double>(images));
  return accuracy <= std::min(std::max(chance * 1.2, chance + 3 * error), (1 + chance) / 2);
}

Error unknown_architecture(const NetworkDescription& description) {
  return {ErrorCode::kUsage, "generate.unknown", "words alone cannot make weights for '" + description.label() + "'",
          "the generator knows no weights of that architecture",
          "add --data, for a head that is fitted to examples, or teach it with `weightloom generator adapt`"};
}

std::string few_examples(const NetworkDescription& description, std::int64_t shots, std::int64_t wanted) {
  if (shots > 0)
    return "looking at an image costs much in a network of this size: " + std::to_string(shots) +
           " examples of each class are shown, not " + std::to_string(wanted);
  return "looking at an image of each of " + std::to_string(description.classes) +
         " classes costs too much in a network of this size: the head is what the generator imagines";
}

void refuse_chance(const GenerationJob& job, const NetworkPlan& plan, const std::vector<double>& accuracies,
                   const std::optional<StartFacts>& start, DataCache& data) {
  if (job.force || accuracies.empty()) return;
  const NetworkDescription& description = plan.description();
  const auto images = judged_on(plan.executor(), *data.get(job.request.data));
  const auto chance = [&](double accuracy) { return is_chance(accuracy, images, description.classes); };
  if (!std::ranges::all_of(accuracies, chance)) return;
  throw Error(
      ErrorCode::kFailure, "generate.chance",
      "what was generated for '" + description.label() + "' is no better than guessing",
      format_percent(*std::ranges::max_element(accuracies)) + " on the validation images of '" + job.request.data + "'",
      start && !job.start_only && !chance(start->validation_accuracy)
          ? "the start alone has " + format_percent(start->validation_accuracy) + ": add --start-only"
          : "more --shots or --refine may help, or `weightloom generator adapt`; --force keeps what there is");
}

std::vector<std::int64_t> select(Selection selection, const std::vector<double>& accuracy, std::int64_t drawn) {
  if (selection == Selection::kBest) return {std::ranges::max_element(accuracy) - accuracy.begin()};
  std::vector<std::int64_t> all(static_cast<std::size_t>(drawn));
  std::iota(all.begin(), all.end(), 0);
  return all;
}

bool is_same_data(const Request& request) {
  auto data = DataSpec::parse(request.data);
  data.train_limit = 0;
  return request.beside == kRemembered + data.text();
}

// Whether what is remembered helps with the given examples; nothing is shown that costs too much to look at. More of
// the same needs no proof, which few examples could not give.
bool remembered_helps(const NetworkPlan& plan, const Request& request, DataCache& data) {
  Request all = request;
  all.shots += kMostExemplars;
  if (!has_linear_head(plan) || affordable_shots(plan.executor(), all) < all.shots) return false;
  if (is_same_data(request)) return true;
  const torch::NoGradGuard no_grad;
  const auto images = example_images(request, data);
  const auto features = anchor_features(plan, images.flatten(0, 1)).unflatten(0, {images.size(0), images.size(1)});
  return others_help(features.narrow(1, 0, request.shots), features.slice(1, request.shots));
}

// What was drawn, or the start, as it is and ready to use.
struct Drawn {
  Generated made;
  ReadyNetworks ready;
  double seconds;  // of drawing and decoding
};

Drawn draw(const GenerationJob& job, const Generator& generator, const std::shared_ptr<const NetworkPlan>& plan,
           const std::optional<Start>& start, DataCache& data, const ProgressSink& progress) {
  if (job.start_only)
    return {
        {plan, {}, start->weights}, {start->weights, {start->head}, {}, {start->passes}, {start->learning_rate}}, 0};
  const auto begin = std::chrono::steady_clock::now();
  Generated made = takes_long(*plan, job)
                       ? generate(generator, plan->description(), job.request, data, job.checkpoint, progress)
                       : generate(generator, plan->description(), job.request, data);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  ReadyNetworks ready = ready_to_use(generator, made, job.request, data);
  return {std::move(made), std::move(ready), elapsed.count()};
}

// Network `index` of those that are ready, with what is known of it.
GeneratedNetwork describe_network(const NetworkDescription& description, ZooRecord record, ReadyNetworks& ready,
                                  const std::vector<double>& accuracy, std::int64_t refine, std::int64_t index) {
  const auto place = static_cast<std::size_t>(index);
  const bool only = ready.weights.population() == 1;
  GeneratedNetwork network{index,
                           std::move(record),
                           only ? to_tensor_map(description, std::exchange(ready.weights, {}))
                                : to_tensor_map(description, ready.weights, index),
                           {}};
  if (!ready.heads.empty()) {
    network.record.hyperparameters["head"] = head_source_name(ready.heads[place].source);
    network.record.metrics["expected_accuracy"] = ready.heads[place].expected_accuracy;
  }
  if (place < ready.shares.size()) network.record.hyperparameters["share"] = ready.shares[place];
  if (place < ready.passes.size()) network.record.hyperparameters["body_passes"] = ready.passes[place];
  if (refine > 0 && place < ready.learning_rates.size()) {
    network.record.hyperparameters["refine_steps"] = refine;
    network.record.hyperparameters["refine_learning_rate"] = ready.learning_rates[place];
  }
  if (!accuracy.empty()) {
    network.validation_accuracy = accuracy[place];
    network.record.metrics["validation_accuracy"] = accuracy[place];
  }
  describe_weights(network.record, network.tensors);
  return network;
}

}  // namespace

ImageForm wanted_form(const GenerationJob& job, const Tokenizer& tokenizer) {
  const auto number = [&](const char* key, std::int64_t known) {
    const auto found = job.config.find(key);
    return found != job.config.end() && found->is_number_integer() ? found->get<std::int64_t>() : known;
  };
  const auto& images = tokenizer.reference_images();
  return {number("channels", images.size(1)), number("size", images.size(2))};
}

NetworkDescription wanted_network(const GenerationJob& job, const PluginRegistry& registry,
                                  const Tokenizer& tokenizer) {
  Json config = job.config;
  // What takes no images has none of these settings, and is refused for its task below.
  const auto settings = registry.schema(job.architecture).at("keys");
  const auto fill = [&](const char* key, std::int64_t value) {
    if (!config.contains(key) && settings.contains(key)) config[key] = value;
  };
  const auto form = wanted_form(job, tokenizer);
  fill("channels", form.channels);
  fill("size", form.size);
  if (!job.request.data.empty() && !config.contains("classes") && settings.contains("classes"))
    config["classes"] = class_count(DataSpec::parse(job.request.data));
  auto description = registry.describe(job.architecture, config);
  expect_classification(description, "write weights");
  return description;
}

Generation generate_networks(const GenerationJob& wanted, const Generator& generator, const PluginRegistry& registry,
                             DataCache& given, const ProgressSink& progress) {
  GenerationJob job = wanted;
  const Request& request = job.request;
  if (is_words_alone(request) && !job.force)
    throw Error(ErrorCode::kUsage, "generate.words", "nobody has read the instruction", "",
                "recall() first, or force what the generator imagines");
  const auto memory = request.recalled ? remembered(generator.exemplars()) : nullptr;
  DataCache& data = memory ? *memory : given;
  if (memory) job.config.emplace("classes", task_of(data, request.data).classes.size());
  if (job.selection == Selection::kBest && request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.select", "--select best needs a data set to choose on", "",
                "add --data; the choice is made on its validation images");
  if (job.start_only && (request.data.empty() || request.count != 1))
    throw Error(ErrorCode::kUsage, "start.request", "cannot make a start",
                request.data.empty() ? "its head needs example images" : "there is one start for one seed",
                request.data.empty() ? "add --data" : "leave out --count, or give another --seed");
  if (request.refine > 0 && request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.refine", "there is nothing to refine on", "", "add --data");
  const auto description = wanted_network(job, registry, generator.tokenizer());
  expect_memory(memory_of(description, request, generator.tokenizer().config()), "'" + description.label() + "'",
                request.count > 1 ? "draw fewer networks at a time" : "free some, or ask for a smaller network");
  const auto plan = generator.tokenizer().plan(description, request.family);
  if (!is_known(generator.tokenizer(), description, request.family)) {
    if (request.data.empty()) throw unknown_architecture(description);
    job.start_only = true;
    job.request.count = 1;
  }
  auto notes = caveats(generator.tokenizer(), description, request.family);
  if (const auto most = generator.model().config().most_classes; !job.start_only && description.classes > most)
    notes.push_back("the generator was made for at most " + std::to_string(most) + " classes, not for " +
                    std::to_string(description.classes) + ": the body is written for groups of them");
  const auto shots = request.data.empty() ? request.shots : affordable_shots(plan->executor(), request);
  if (shots < request.shots) notes.push_back(few_examples(description, shots, request.shots));
  job.request.shots = std::max<std::int64_t>(1, shots);
  if (!request.beside.empty()) {
    keep_remembered(generator.exemplars(), data);
    if (!remembered_helps(*plan, request, data)) {
      notes.push_back("'" + request.beside + "' does not help with these examples, which are shown alone");
      job.request.beside.clear();
    }
  }
  std::optional<Start> start;
  if (job.start_only || (!request.data.empty() && shots > 0 && has_linear_head(*plan)))
    start = make_start(generator.tokenizer(), description, request, data);

  Drawn drawn = draw(job, generator, plan, start, data, progress);
  const auto accuracy = validation_accuracies(*plan, drawn.ready.weights, request, data);
  Generation out{description,   {}, plan->slots(),      drawn.ready.weights.population(),
                 drawn.seconds, {}, job.request.beside, std::move(notes)};
  if (takes_long(*plan, job)) out.checkpoint = job.checkpoint;
  if (start)
    out.start = {start->head.source, start->passes, start->head.expected_accuracy,
                 validation_accuracies(*plan, start->weights, request, data).front()};
  refuse_chance(job, *plan, accuracy, out.start, data);
  drawn.made.weights = {};  // those that are ready need none of it
  for (const auto index : select(job.selection, accuracy, out.drawn)) {
    auto record = job.start_only ? start_record({}, registry, generator, *start, request)
                                 : generated_record({}, registry, generator, drawn.made, request, index);
    if (!job.reading.is_null()) record.recipe["reading"] = job.reading;
    record.hyperparameters = {{"selected", job.selection == Selection::kBest}, {"drawn", out.drawn}};
    out.networks.push_back(
        describe_network(description, std::move(record), drawn.ready, accuracy, request.refine, index));
  }
  return out;
}

}  // namespace weightloom
