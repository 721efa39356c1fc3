// generator train | info | adapt, generate

#include <cmath>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>

#include "cli/command_groups.hpp"
#include "cli/network_argument.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/recipe.hpp"
#include "cli/stored_vectors.hpp"
#include "cli/word_vectors.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/generator/recall.hpp"
#include "weightloom/retrieval/wanted.hpp"
#include "weightloom/workflow/adaptation.hpp"
#include "weightloom/workflow/generation.hpp"
#include "weightloom/workflow/lineage.hpp"
#include "weightloom/workflow/models.hpp"
#include "weightloom/workflow/selection.hpp"
#include "weightloom/workflow/understanding.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

struct InfoOptions {
  std::string generator = "generator.safetensors";
};

void add_generator_option(CLI::App& app, std::string& generator) {
  app.add_option("--generator", generator, "Generator file")->capture_default_str();
}

std::int64_t parameter_count(const Generator& generator) {
  std::int64_t count = 0;
  for (const auto& parameter : generator.model().parameters()) count += parameter.numel();
  return count;
}

Json info_json(const Generator& generator, const std::string& path) {
  Json out = to_json(generator.model().config());
  out.update({{"path", path},
              {"id", generator.id()},
              {"tokenizer", generator.tokenizer().id()},
              {"parameters", parameter_count(generator)},
              {"training", generator.training()}});
  return out;
}

void print_info(Printer& printer, const Json& result) {
  printer.field("generator", result["path"].get<std::string>());
  printer.field("id", result["id"].get<std::string>().substr(0, 16));
  printer.field("tokenizer", result["tokenizer"].get<std::string>().substr(0, 16));
  printer.field("parameters", result["parameters"], Format::kCount);
  printer.field("order", result["order"].get<std::string>());
}

struct TrainOptions {
  std::string recipe, tokenizer = "tokenizer.safetensors", out = "generator.safetensors";
  bool again = false;
};

Json train(Context& context, const TrainOptions& options) {
  const auto training =
      parse_generator_training(recipe_table(options.recipe, "generator"), options.recipe + ": [generator]");
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto [generator, reused] = refresh_generator(
      options.out, zoo, plugin_registry(context), std::make_shared<const Tokenizer>(Tokenizer::load(options.tokenizer)),
      training, options.again ? Refresh::kAlways : Refresh::kWhenStale, context.progress());
  if (reused) context.note("'" + options.out + "' is up to date");
  Json result{{"reused", reused}};
  result.update(info_json(generator, options.out));
  return result;
}

Json info(Context&, const InfoOptions& options) {
  return info_json(Generator::load(options.generator), options.generator);
}

struct AdaptOptions {
  std::string generator = "generator.safetensors", out;
  Json ranges = Json::object();
  AdaptationJob job;
};

Json row_json(const AdaptationRow& row) {
  const auto figure = [](double accuracy) { return std::isnan(accuracy) ? Json() : Json(accuracy); };
  return {{"family", row.family},
          {"network", row.network},
          {"data", row.data},
          {"before", figure(row.before)},
          {"after", figure(row.after)}};
}

Json adapt_generator(Context& context, const AdaptOptions& options) {
  const std::string path = options.out.empty() ? options.generator : options.out;
  const Generator generator = Generator::load(options.generator);
  expect_writable(path);
  AdaptationJob job = options.job;
  job.ranges = ConfigRanges(options.ranges, "--range");
  job.checkpoint = path + ".adapt-" + job.architecture;
  const auto made = adapt(generator, plugin_registry(context), job, context.progress());
  made.generator.save(path, made.training);
  for (const char* part : {".anchor", ".generator"}) std::filesystem::remove(job.checkpoint.string() + part);
  Json rows = Json::array();
  for (const auto& row : made.rows) rows.push_back(row_json(row));
  return {{"path", path},
          {"id", made.generator.id()},
          {"ranges", made.ranges.json()},
          {"anchor_steps", made.anchor_steps},
          {"rows", rows}};
}

void print_adaptation(Printer& printer, const Json& result) {
  printer.field("generator", result["path"].get<std::string>());
  printer.field("ranges", result["ranges"].dump());
  printer.field("anchor steps", result["anchor_steps"], Format::kCount);
  printer.table({{"family", ""},
                 {"network", ""},
                 {"data", ""},
                 {"before", "", Format::kPercent},
                 {"after", "", Format::kPercent}},
                result["rows"]);
}

void declare_adapt(CLI::App& app, AdaptOptions& options) {
  add_generator_option(app, options.generator);
  app.add_option("--arch", options.job.architecture, "Architecture: a plugin's name or id")->required();
  add_settings_option(app, "--set", options.job.config, "Configuration that stays as it is, key=value");
  add_settings_option(
      app, "--range", options.ranges,
      "Configurations to serve, key=[from,to] (default: what makes networks wide and deep, from half of it)");
  app.add_option("--data", options.job.data, "Data sets to learn from (default: those of the generator)");
  app.add_option("--anchor-steps", options.job.anchor_steps,
                 "Steps of the anchor's training; 0: by the networks' cost, about a minute")
      ->capture_default_str()
      ->check(CLI::Range(0, 100000000));
  app.add_option("--steps", options.job.steps, "Steps of the generator's training; 0: the anchor alone")
      ->capture_default_str()
      ->check(CLI::Range(0, 100000000));
  app.add_option("--seed", options.job.seed, "Same seed, same machine, same threads: same bits")
      ->check(whole_number())
      ->capture_default_str();
  app.add_option("--out", options.out, "File to write (default: the generator's own)");
}

struct GenerateOptions {
  std::string generator = "generator.safetensors", out, add, select, reproduce;
  bool with_zoo = false;
  GenerationJob job;
};

std::string numbered(const std::string& path, std::int64_t index, bool several) {
  if (!several) return path;
  const std::filesystem::path file(path);
  return (file.parent_path() / (file.stem().string() + "." + std::to_string(index) + file.extension().string()))
      .string();
}

Json reproduce_command(Context& context, const GenerateOptions& options, const Generator& generator) {
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const ZooRecord record = zoo.get(options.reproduce);
  DataCache data(wanted_form({record.architecture, record.config}, generator.tokenizer()), {}, kGenerationLimits);
  const TensorMap tensors = reproduce(record, generator, plugin_registry(context), data);
  const std::string hash = weights_hash(tensors);
  const bool same = hash == record.weights_hash;
  if (!options.out.empty() && same) write_network(options.out, record, tensors);
  if (!same) context.exit_with(ErrorCode::kDamaged);
  return {
      {"model", record.name}, {"identical", same}, {"weights_hash", record.weights_hash}, {"reproduced_hash", hash}};
}

// Of the networks in the zoo: --add itself, or with their numbers when several are kept.
std::vector<std::string> names_to_add(const GenerateOptions& options) {
  if (options.add.empty()) return {};
  if (options.job.request.count == 1 || options.job.selection == Selection::kBest) return {options.add};
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < options.job.request.count; ++i) names.push_back(options.add + "/" + std::to_string(i));
  return names;
}

// Writes and stores what was asked for, and says where each network went.
Json deliver(Context& context, const GenerateOptions& options, Generation& generation) {
  const bool several = generation.networks.size() > 1;
  Json networks = Json::array();
  std::vector<std::pair<ZooRecord, TensorMap>> additions;
  for (auto& network : generation.networks) {
    Json entry{{"index", network.index}, {"weights_hash", network.record.weights_hash}};
    if (network.validation_accuracy) entry["validation_accuracy"] = *network.validation_accuracy;
    if (!options.out.empty()) {
      const std::string path = numbered(options.out, network.index, several);
      write_network(path, network.record, network.tensors);
      entry["path"] = path;
    }
    if (!options.add.empty()) {
      auto record = network.record;
      record.name = several ? options.add + "/" + std::to_string(network.index) : options.add;
      entry["name"] = record.name;
      additions.emplace_back(std::move(record), std::move(network.tensors));
    }
    networks.push_back(std::move(entry));
  }
  if (!additions.empty()) Zoo::open(context.zoo_directory(), Zoo::Access::kWrite).add(std::move(additions));
  return networks;
}

Json start_json(const std::optional<StartFacts>& start) {
  if (!start) return nullptr;
  return {{"head", head_source_name(start->head)},
          {"body_passes", start->passes},
          {"expected_accuracy", start->expected_accuracy},
          {"validation_accuracy", start->validation_accuracy}};
}

// What the instruction names; nothing where it names nothing and that does not matter.
std::optional<Reading> read_words(Context& context, const Generator& generator, const GenerationJob& job,
                                  const WordVectors& words) {
  try {
    return recall(generator, job.request.instruction, words);
  } catch (const Error& error) {
    if (!job.force || error.code() != ErrorCode::kUsage) throw;
    context.warn(std::string(error.what()) + ": what is written is what the generator imagines");
    return std::nullopt;
  }
}

// The job with what its instruction says.
GenerationJob understood(Context& context, GenerationJob job, const Generator& generator,
                         const PluginRegistry& registry) {
  if (job.request.instruction.empty()) return job;
  if (!job.architecture.empty()) registry.find(job.architecture);  // a slip there is said first
  Json reading = Json::object();
  const bool alone = is_words_alone(job.request);
  const WordVectors words = alone ? word_vectors(context) : stored_word_vectors(context).value_or(WordVectors());
  if (!alone) expect_agreement(job.request, known_cards(generator), words);
  if (alone) {
    if (const auto read = read_words(context, generator, job, words)) {
      job = with_data(std::move(job), *read, generator);
      reading = {{"data", read->data()},
                 {"certainty", read->certainty},
                 {"because", read->because},
                 {"words", words.size() > 0 ? Json(words.id()) : Json()}};
    }
  }
  const auto plugins = plugin_cards(registry, context.settings().plugin_cards);
  const auto architecture = read_architecture(job.request.instruction, plugin_keywords(plugins), words);
  expect_classifier_of_images(architecture, plugins);
  job = with_architecture(std::move(job), architecture, registry, generator.tokenizer());
  if (!architecture.because.empty())
    reading.update({{"architecture", job.architecture}, {"architecture_because", architecture.because}});
  if (!reading.empty()) job.reading = std::move(reading);
  return job;
}

// Of the zoo's networks, those that the request would be content with: of the same kind, and in what was asked for like
// the network that was generated.
Wanted wanted_of_zoo(Context& context, const GenerateOptions& options, const GenerationJob& job,
                     const Generator& generator, const PluginRegistry& registry, const Json& config) {
  const auto words = stored_word_vectors(context).value_or(WordVectors());
  const auto plugins = plugin_cards(registry, context.settings().plugin_cards);
  const auto said = read_architecture(job.request.instruction, plugin_keywords(plugins), words);
  Wanted wanted = wanted_of(job.request.data, known_cards(generator), job.request.instruction, said, registry);
  wanted.architecture = registry.find(job.architecture).id;
  // Canonical, as records are; a preset stands for all of it. The classes follow from the data, and others know more.
  for (const auto& [key, value] : config.items())
    if (key != "classes" && (options.job.config.contains(key) || options.job.config.contains("preset")))
      wanted.config[key] = value;
  return wanted;
}

// The generated network beside those of the zoo.
Meeting meet(Context& context, const GenerateOptions& options, const GenerationJob& job, const Generator& generator,
             const PluginRegistry& registry, const Zoo& zoo, const Generation& generation) {
  const auto& network = generation.networks.front();
  ImageForms forms;
  if (job.request.recalled) forms.take(remembered(generator.exemplars()));
  Contender own{
      "generated", network.record, generation.description, to_weights(generation.description, network.tensors), {},
      0,           false};
  const auto wanted = wanted_of_zoo(context, options, job, generator, registry, generation.description.config);
  return meet_zoo(std::move(own), zoo, registry, wanted, job.request.data, forms, context.progress());
}

Json meeting_json(const std::optional<Meeting>& meeting) {
  if (!meeting) return nullptr;
  return {{"from", meeting->stored ? "zoo" : "generator"},
          {"name", meeting->stored ? Json(meeting->stored->name) : Json()},
          {"met", meeting->met},
          {"accuracy", meeting->accuracy}};
}

// The stored network where the generated one would have been; the zoo has it already.
Json deliver_stored(Context& context, const GenerateOptions& options, const Contender& stored) {
  if (!options.add.empty())
    context.note("nothing is added: the better network is in the zoo, as '" + stored.name + "'");
  if (options.out.empty()) return Json::array();
  write_network(options.out, stored.record, to_tensor_map(stored.description, stored.weights));
  return Json::array({{{"index", 0}, {"name", stored.name}, {"path", options.out}}});
}

Json run_generate(Context& context, const GenerateOptions& options) {
  const bool says_architecture = !options.job.architecture.empty() || !options.job.request.instruction.empty();
  if (options.reproduce.empty() && (!says_architecture || (options.out.empty() && options.add.empty())))
    throw Error(ErrorCode::kUsage, "generate.options", "nothing to generate, or nowhere to put it", "",
                "give --arch or an instruction that names one, and --out FILE or --add NAME");
  auto asked = options;
  if (asked.select == "best" || asked.with_zoo) asked.job.selection = Selection::kBest;
  expect_deliverable(context, asked.out, names_to_add(asked));
  const Generator generator = Generator::load(asked.generator);
  if (!asked.reproduce.empty()) return reproduce_command(context, asked, generator);
  const PluginRegistry registry = plugin_registry(context);
  asked.job = understood(context, std::move(asked.job), generator, registry);
  GenerationJob& job = asked.job;
  DataCache data(wanted_form(job, generator.tokenizer()), {}, kGenerationLimits);
  if (!job.request.data.empty() && !job.request.instruction.empty() && !job.request.recalled)
    job.request.beside = recall_beside(generator, job.request, data.get(job.request.data)->class_names,
                                       stored_word_vectors(context).value_or(WordVectors()));
  if (!options.out.empty()) job.checkpoint = options.out + ".partial";
  std::optional<Zoo> zoo;
  if (asked.with_zoo) zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  auto generation = generate_networks(job, generator, registry, data, context.progress());
  for (const auto& caveat : generation.caveats) context.warn(caveat);
  const auto drawn = std::to_string(generation.drawn);
  std::optional<Meeting> meeting;
  if (zoo) meeting = meet(context, options, job, generator, registry, *zoo, generation);
  zoo.reset();  // it may be written to now
  const bool stored = meeting && meeting->stored;
  const auto& description = stored ? meeting->stored->description : generation.description;
  const Json networks = stored ? deliver_stored(context, asked, *meeting->stored) : deliver(context, asked, generation);
  if (!generation.checkpoint.empty()) std::filesystem::remove(generation.checkpoint);
  return {
      {"network", description.label()},
      {"parameters", description.parameter_count()},
      {"slots", generation.slots},
      {"drawn", generation.drawn},
      {"positions_per_second",
       job.start_only ? Json() : Json(static_cast<double>(generation.slots * generation.drawn) / generation.seconds)},
      {"selection",
       job.selection == Selection::kBest ? Json("best of " + drawn + " on the validation images") : Json("none")},
      {"reading", job.reading},
      {"beside", generation.beside.empty() ? Json() : Json(generation.beside)},
      {"start", start_json(generation.start)},
      {"caveats", generation.caveats},
      {"chosen", meeting_json(meeting)},
      {"networks", networks}};
}

std::string joined(const Json& words) {
  std::string text;
  for (const Json& word : words) text += (text.empty() ? "" : ", ") + word.get<std::string>();
  return text;
}

void print_generated(Printer& printer, const Json& result) {
  if (result.contains("identical")) {
    printer.field("model", result["model"].get<std::string>());
    printer.field("reproduced", result["identical"].get<bool>() ? "bit for bit" : "NOT identical");
    return;
  }
  printer.field("network", result["network"].get<std::string>() + ", " +
                               format_value(result["parameters"], Format::kCount) + " parameters");
  printer.field("drawn", format_value(result["drawn"], Format::kCount) + " networks, " +
                             format_value(result["positions_per_second"], Format::kNumber) + " positions/s");
  printer.field("selection", result["selection"].get<std::string>());
  if (const Json& reading = result["reading"]; reading.is_object() && reading.contains("data"))
    printer.field("understood", reading["data"].get<std::string>() + " (" + joined(reading["because"]) + ")");
  if (const Json& reading = result["reading"]; reading.is_object() && reading.contains("architecture"))
    printer.field("network said", joined(reading["architecture_because"]));
  if (const Json& beside = result["beside"]; !beside.is_null()) printer.field("beside", beside.get<std::string>());
  if (const Json& start = result["start"]; !start.is_null())
    printer.field("start", format_value(start["validation_accuracy"], Format::kPercent) +
                               " on the validation images, " + start["head"].get<std::string>() +
                               (start["body_passes"].get<std::int64_t>() > 0 ? ", body fitted to the examples" : ""));
  if (const Json& chosen = result["chosen"]; !chosen.is_null())
    printer.field("chosen", (chosen["from"] == "zoo" ? "'" + chosen["name"].get<std::string>() + "' of the zoo"
                                                     : std::string("what was generated")) +
                                ", " + format_value(chosen["accuracy"], Format::kPercent) + ", beside " +
                                format_value(chosen["met"], Format::kCount) + " stored networks");
  printer.table({{"index", ""}, {"validation_accuracy", "validation", Format::kPercent}, {"path", ""}, {"name", ""}},
                result["networks"]);
}

void declare_generate(CLI::App& app, GenerateOptions& options) {
  add_generator_option(app, options.generator);
  Request& request = options.job.request;
  app.add_option("--arch", options.job.architecture, "Architecture: a plugin's name or id");
  add_settings_option(app, "--set", options.job.config, "Configuration of the architecture, key=value");
  app.add_option("--instruction", request.instruction, "What the network is for, in words");
  app.add_option("--data", request.data, "Data set whose training images serve as examples, e.g. mnist[3,1,7]");
  app.add_option("--shots", request.shots, "Example images per class")
      ->capture_default_str()
      ->check(CLI::Range(2, 10000));
  app.add_option("--quality", request.quality, "Wanted quality, 0 to 1")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--family", request.family, "Lineage whose anchor to use (default: the architecture's own)");
  app.add_option("-n,--count", request.count, "Networks to draw")->capture_default_str()->check(CLI::Range(1, 100000));
  app.add_option("--select", options.select, "best: keep the best on the validation images")
      ->check(CLI::IsMember({"best"}));
  app.add_flag("--with-zoo", options.with_zoo,
               "Networks of the zoo that fit take part in the choice of the best: what is written is the best of all");
  app.add_option("--temperature", request.sampling.temperature, "0 is greedy")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--top-k", request.sampling.top_k, "Draw among the k most likely codes; 0: all")
      ->capture_default_str()
      ->check(no_negative_number());
  app.add_option("--top-p", request.sampling.top_p, "Draw among the most likely codes of this total probability")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", request.sampling.seed, "Same seed, same machine, same threads: same bits")
      ->check(whole_number())
      ->capture_default_str();
  app.add_option(
         "--refine", request.refine,
         "Gradient steps on the example images at the end, at the learning rate that does best on a part of them")
      ->capture_default_str()
      ->check(CLI::Range(0, 100000));
  app.add_flag("--head-only{false}", request.fit_body, "Fit nothing but the head to the example images")
      ->needs(app.get_option("--data"));
  app.add_option("--out", options.out, "safetensors file to write");
  app.add_option("--add", options.add, "Name under which to add it to the zoo, with its lineage");
  auto* start_only = app.add_flag(
      "--start-only", options.job.start_only,
      "The start alone: the anchor cut to the configuration, head and body fitted to the examples in closed form");
  for (const char* option : {"--select", "--with-zoo", "--temperature", "--top-k", "--top-p", "--quality"})
    start_only->excludes(app.get_option(option));
  app.add_flag("--force", options.job.force, "Keep networks that are no better than guessing");
  auto* reproduce =
      app.add_option("--reproduce", options.reproduce,
                     "Make a generated network of the zoo again and compare; its record says what was asked for");
  const std::set<std::string> compatible{"--reproduce", "--generator", "--out"};
  for (auto* option : app.get_options())
    if (!compatible.contains(option->get_name())) reproduce->excludes(option);
}

}  // namespace

void add_generator_commands(CommandTable& table) {
  table.add<TrainOptions>(
      "generator train",
      [](CLI::App& app, TrainOptions& options) {
        app.add_option("--recipe", options.recipe, "TOML file with a [generator] table (defaults without)");
        app.add_option("--tokenizer", options.tokenizer, "Tokenizer file")->capture_default_str();
        app.add_option("--out", options.out, "File to write")->capture_default_str();
        app.add_flag("--again", options.again, "Train even when the file is up to date");
      },
      train, page(print_info, "id"));
  table.add<InfoOptions>(
      "generator info", [](CLI::App& app, InfoOptions& options) { add_generator_option(app, options.generator); }, info,
      page(print_info, "id"));
  table.add<AdaptOptions>("generator adapt", declare_adapt, adapt_generator, page(print_adaptation, "id"));
  table.add<GenerateOptions>("generate", declare_generate, run_generate, page(print_generated));
}

}  // namespace weightloom::cli
