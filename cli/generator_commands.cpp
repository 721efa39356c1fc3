// generator train | info, generate

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>

#include "cli/command_groups.hpp"
#include "cli/recipe.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/generator/lineage.hpp"
#include "weightloom/generator/training.hpp"
#include "weightloom/runtime/evaluation.hpp"

namespace weightloom::cli {
namespace {

struct ModelFiles {
  std::string tokenizer = "tokenizer.safetensors", generator = "generator.safetensors";
};

void add_model_options(CLI::App& app, ModelFiles& files) {
  app.add_option("--tokenizer", files.tokenizer, "Tokenizer file")->capture_default_str();
  app.add_option("--generator", files.generator, "Generator file")->capture_default_str();
}

Generator load_generator(const ModelFiles& files) {
  return Generator::load(files.generator, std::make_shared<const Tokenizer>(Tokenizer::load(files.tokenizer)));
}

std::int64_t parameter_count(const Generator& generator) {
  std::int64_t count = 0;
  for (const auto& parameter : generator.model().parameters()) count += parameter.numel();
  return count;
}

Json info_json(const Generator& generator, const std::string& path) {
  const GeneratorConfig& config = generator.model().config();
  return {{"path", path},
          {"id", generator.id()},
          {"tokenizer", generator.tokenizer().id()},
          {"parameters", parameter_count(generator)},
          {"width", config.width},
          {"layers", config.layers},
          {"heads", config.heads},
          {"order", config.order == GenerationOrder::kChunk ? "chunk" : "tensor"},
          {"training", generator.training()}};
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
  GeneratorTraining training =
      parse_generator_training(recipe_table(options.recipe, "generator"), options.recipe + ": [generator]");
  training.checkpoint = options.out + ".checkpoint";
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto tokenizer = std::make_shared<const Tokenizer>(Tokenizer::load(options.tokenizer));
  const Json provenance{
      {"options", to_json(training)}, {"members", members_fingerprint(zoo)}, {"tokenizer", tokenizer->id()}};
  const auto finish = [&](const Generator& generator, bool reused) {
    Json result{{"reused", reused}};
    result.update(info_json(generator, options.out));
    return result;
  };
  if (!options.again && std::filesystem::exists(options.out)) {
    const SafetensorsFile file = read_safetensors(options.out);
    if (const auto found = file.metadata.find("weightloom.training");
        found != file.metadata.end() && Json::parse(found->second, nullptr, false) == provenance) {
      context.note("'" + options.out + "' is up to date");
      return finish(Generator::load(options.out, tokenizer), true);
    }
  }
  expect_writable(options.out);
  const Generator generator = train_generator(zoo, plugin_registry(context), tokenizer, training, context.progress());
  generator.save(options.out, provenance);
  std::filesystem::remove(training.checkpoint);
  return finish(Generator::load(options.out, tokenizer), false);
}

Json info(Context&, const ModelFiles& files) {
  return info_json(load_generator(files), files.generator);
}

struct GenerateOptions {
  ModelFiles files;
  std::string architecture, out, add, select, reproduce;
  Json config = Json::object();
  Request request;
};

// The form of the tokenizer's images and the classes of the data are filled in where the user left them open.
NetworkDescription wanted_network(const PluginRegistry& registry, const Generator& generator,
                                  const GenerateOptions& options, DataCache& data) {
  Json config = options.config;
  const auto fill = [&](const char* key, std::int64_t value) {
    if (!config.contains(key)) config[key] = value;
  };
  fill("channels", generator.tokenizer().reference_images().size(1));
  fill("size", generator.tokenizer().reference_images().size(2));
  if (!options.request.data.empty())
    fill("classes", static_cast<std::int64_t>(task_of(data, options.request.data).classes.size()));
  return registry.describe(options.architecture, registry.canonicalise(options.architecture, config));
}

std::string numbered(const std::string& path, std::int64_t index, bool several) {
  if (!several) return path;
  const std::filesystem::path file(path);
  return (file.parent_path() / (file.stem().string() + "." + std::to_string(index) + file.extension().string()))
      .string();
}

Json reproduce_command(Context& context, const GenerateOptions& options, const Generator& generator, DataCache& data) {
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const ZooRecord record = zoo.get(options.reproduce);
  const TensorMap tensors = reproduce(record, generator, plugin_registry(context), data);
  const bool same = weights_hash(tensors) == record.weights_hash;
  if (!options.out.empty()) write_safetensors(options.out, tensors);
  if (!same) context.exit_with(ErrorCode::kDamaged);
  return {{"model", record.name},
          {"identical", same},
          {"weights_hash", record.weights_hash},
          {"reproduced_hash", weights_hash(tensors)}};
}

Json run_generate(Context& context, const GenerateOptions& options) {
  if (options.reproduce.empty() && (options.architecture.empty() || (options.out.empty() && options.add.empty())))
    throw Error(ErrorCode::kUsage, "generate.options", "nothing to generate, or nowhere to put it", "",
                "give --arch, and --out FILE or --add NAME");
  const bool best = options.select == "best";
  if (best && options.request.data.empty())
    throw Error(ErrorCode::kUsage, "generate.select", "--select best needs a data set to choose on", "",
                "add --data; the choice is made on its validation split");
  const Generator generator = load_generator(options.files);
  const auto& images = generator.tokenizer().reference_images();
  DataCache data({images.size(1), images.size(2)});
  if (!options.reproduce.empty()) return reproduce_command(context, options, generator, data);

  const PluginRegistry registry = plugin_registry(context);
  const NetworkDescription description = wanted_network(registry, generator, options, data);
  const auto begin = std::chrono::steady_clock::now();
  const Generated made = generate(generator, description, options.request, data);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  const Weights ready = ready_to_use(generator, made, options.request, data);
  std::vector<double> accuracy;
  if (!options.request.data.empty()) {
    const TensorData on = data.get(options.request.data);
    accuracy = evaluate(made.plan->executor(), ready, {&on.validation}).accuracy;
  }
  std::vector<std::int64_t> kept;
  for (std::int64_t i = 0; i < ready.population(); ++i) kept.push_back(i);
  if (best) kept = {std::max_element(accuracy.begin(), accuracy.end()) - accuracy.begin()};

  Json networks = Json::array();
  std::vector<std::pair<ZooRecord, TensorMap>> additions;
  for (const std::int64_t index : kept) {
    const TensorMap tensors = to_tensor_map(description, ready, index);
    Json network{{"index", index}, {"weights_hash", weights_hash(tensors)}};
    if (!accuracy.empty()) network["validation_accuracy"] = accuracy[static_cast<std::size_t>(index)];
    if (!options.out.empty()) {
      const std::string path = numbered(options.out, index, kept.size() > 1);
      write_safetensors(path, tensors);
      network["path"] = path;
    }
    if (!options.add.empty()) {
      ZooRecord record =
          generated_record(kept.size() > 1 ? options.add + "/" + std::to_string(index) : options.add, generator,
                           description, registry.find(description.architecture).version, options.request, index);
      record.hyperparameters = {{"selected", best}, {"drawn", ready.population()}};
      if (!accuracy.empty()) record.metrics["validation_accuracy"] = accuracy[static_cast<std::size_t>(index)];
      network["name"] = record.name;
      additions.emplace_back(std::move(record), tensors);
    }
    networks.push_back(std::move(network));
  }
  if (!additions.empty()) Zoo::open(context.zoo_directory(), Zoo::Access::kWrite).add(std::move(additions));
  return {{"network", description.label()},
          {"parameters", description.parameter_count()},
          {"slots", made.plan->slots()},
          {"drawn", ready.population()},
          {"positions_per_second", static_cast<double>(made.plan->slots() * ready.population()) / elapsed.count()},
          {"selection",
           best ? Json("best of " + std::to_string(ready.population()) + " on the validation split") : Json("none")},
          {"networks", networks}};
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
  printer.table({{"index", ""}, {"validation_accuracy", "validation", Format::kPercent}, {"path", ""}, {"name", ""}},
                result["networks"]);
}

void declare_generate(CLI::App& app, GenerateOptions& options) {
  add_model_options(app, options.files);
  Request& request = options.request;
  app.add_option("--arch", options.architecture, "Architecture: a plugin's name or id");
  add_settings_option(app, "--set", options.config, "Configuration of the architecture, key=value");
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
  app.add_option("--select", options.select, "best: keep the best on the validation split")
      ->check(CLI::IsMember({"best"}));
  app.add_option("--temperature", request.sampling.temperature, "0 is greedy")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--top-k", request.sampling.top_k, "Draw among the k most likely codes; 0: all")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  app.add_option("--top-p", request.sampling.top_p, "Draw among the most likely codes of this total probability")
      ->capture_default_str()
      ->check(CLI::Range(0.0, 1.0));
  app.add_option("--seed", request.sampling.seed, "Same seed, same machine, same threads: same bits")
      ->capture_default_str();
  app.add_option("--out", options.out, "safetensors file to write");
  app.add_option("--add", options.add, "Name under which to add it to the zoo, with its lineage");
  app.add_option("--reproduce", options.reproduce, "Make a generated network of the zoo again and compare");
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
  table.add<ModelFiles>("generator info", add_model_options, info, page(print_info, "id"));
  table.add<GenerateOptions>("generate", declare_generate, run_generate, page(print_generated));
}

}  // namespace weightloom::cli
