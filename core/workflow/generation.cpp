#include "weightloom/workflow/generation.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>

#include "weightloom/base/error.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/workflow/caveats.hpp"
#include "weightloom/workflow/lineage.hpp"
#include "weightloom/workflow/recipe.hpp"

namespace weightloom {
namespace {

// Accuracy on the validation images of the request's data; empty without data.
std::vector<double> validation_accuracies(const NetworkPlan& plan, const Weights& ready, const Request& request,
                                          DataCache& data) {
  if (request.data.empty()) return {};
  const auto on = data.get(request.data);
  return evaluate(plan.executor(), ready, {&on->validation}).accuracy;
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

void refuse_chance(const GenerationJob& job, const NetworkDescription& description,
                   const std::vector<double>& accuracies, const std::optional<StartFacts>& start, DataCache& data) {
  if (job.force || accuracies.empty()) return;
  const auto images = data.get(job.request.data)->validation.labels.size(0);
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

// What was drawn, or the start, as it is and ready to use.
struct Drawn {
  Generated made;
  ReadyNetworks ready;
  double seconds;  // of drawing and decoding
};

Drawn draw(const GenerationJob& job, const Generator& generator, const std::shared_ptr<const NetworkPlan>& plan,
           const std::optional<Start>& start, DataCache& data) {
  if (job.start_only)
    return {{plan, {}, start->weights}, {start->weights, {start->head}, {}, {start->learning_rate}}, 0};
  const auto begin = std::chrono::steady_clock::now();
  Generated made = generate(generator, plan->description(), job.request, data);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  ReadyNetworks ready = ready_to_use(generator, made, job.request, data);
  return {std::move(made), std::move(ready), elapsed.count()};
}

// Network `index` of those that are ready, with what is known of it.
GeneratedNetwork describe_network(const NetworkDescription& description, ZooRecord record, const ReadyNetworks& ready,
                                  const std::vector<double>& accuracy, std::int64_t refine, std::int64_t index) {
  const auto place = static_cast<std::size_t>(index);
  GeneratedNetwork network{index, std::move(record), to_tensor_map(description, ready.weights, index), {}};
  if (!ready.heads.empty()) {
    network.record.hyperparameters["head"] = head_source_name(ready.heads[place].source);
    network.record.metrics["expected_accuracy"] = ready.heads[place].expected_accuracy;
  }
  if (place < ready.shares.size()) network.record.hyperparameters["share"] = ready.shares[place];
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
  const auto fill = [&](const char* key, std::int64_t value) {
    if (!config.contains(key)) config[key] = value;
  };
  const auto form = wanted_form(job, tokenizer);
  fill("channels", form.channels);
  fill("size", form.size);
  if (!job.request.data.empty()) fill("classes", class_count(DataSpec::parse(job.request.data)));
  return registry.describe(job.architecture, config);
}

Generation generate_networks(const GenerationJob& wanted, const Generator& generator, const PluginRegistry& registry,
                             DataCache& data) {
  GenerationJob job = wanted;
  const Request& request = job.request;
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
  const auto plan = generator.tokenizer().plan(description, request.family);
  if (!is_known(generator.tokenizer(), description, request.family)) {
    if (request.data.empty()) throw unknown_architecture(description);
    job.start_only = true;
    job.request.count = 1;
  }
  std::optional<Start> start;
  if (job.start_only || (!request.data.empty() && has_linear_head(*plan)))
    start = make_start(generator.tokenizer(), description, request, data);

  const Drawn drawn = draw(job, generator, plan, start, data);
  const auto accuracy = validation_accuracies(*plan, drawn.ready.weights, request, data);
  Generation out{description,
                 {},
                 plan->slots(),
                 drawn.ready.weights.population(),
                 drawn.seconds,
                 {},
                 caveats(generator.tokenizer(), description, request.family)};
  if (const auto most = generator.model().config().most_classes; !job.start_only && description.classes > most)
    out.caveats.push_back("the generator was made for at most " + std::to_string(most) + " classes, not for " +
                          std::to_string(description.classes) + ": the body is written for groups of them");
  if (start)
    out.start = {start->head.source, start->head.expected_accuracy,
                 validation_accuracies(*plan, start->weights, request, data).front()};
  refuse_chance(job, description, accuracy, out.start, data);
  for (const auto index : select(job.selection, accuracy, out.drawn)) {
    auto record = job.start_only ? start_record({}, registry, generator, *start, request)
                                 : generated_record({}, registry, generator, drawn.made, request, index);
    record.hyperparameters = {{"selected", job.selection == Selection::kBest}, {"drawn", out.drawn}};
    out.networks.push_back(
        describe_network(description, std::move(record), drawn.ready, accuracy, request.refine, index));
  }
  return out;
}

}  // namespace weightloom
