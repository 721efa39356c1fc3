// tokenizer train | encode | decode | report

#include <filesystem>
#include <memory>

#include "cli/command_groups.hpp"
#include "cli/recipe.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/tokenizer/training.hpp"

namespace weightloom::cli {
namespace {

struct TrainOptions {
  std::string recipe, out = "tokenizer.safetensors";
  bool again = false;
};

Json summary(const Tokenizer& tokenizer, const std::string& path, bool reused) {
  Json families = Json::array();
  for (const Anchor& anchor : tokenizer.anchors())
    families.push_back({{"family", anchor.family},
                        {"anchor", anchor.independent ? "aligned mean" : "ancestor"},
                        {"network", anchor.description.label()}});
  return {{"id", tokenizer.id()}, {"path", path}, {"reused", reused}, {"families", families}};
}

Json train(Context& context, const TrainOptions& options) {
  const TokenizerTraining training =
      parse_tokenizer_training(recipe_table(options.recipe, "tokenizer"), options.recipe + ": [tokenizer]");
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const Json provenance{{"options", to_json(training)}, {"members", members_fingerprint(zoo)}};
  if (!options.again && std::filesystem::exists(options.out)) {
    const Tokenizer finished = Tokenizer::load(options.out);
    if (finished.training() == provenance) {
      context.note("'" + options.out + "' is up to date");
      return summary(finished, options.out, true);
    }
  }
  expect_writable(options.out);
  const Tokenizer tokenizer = train_tokenizer(zoo, plugin_registry(context), training, context.progress());
  tokenizer.save(options.out, provenance);
  return summary(Tokenizer::load(options.out), options.out, false);
}

void print_training(Printer& printer, const Json& result) {
  printer.field("tokenizer", result["path"].get<std::string>());
  printer.field("id", result["id"].get<std::string>().substr(0, 16));
  printer.table({{"family", ""}, {"anchor", ""}, {"network", ""}}, result["families"]);
}

struct EncodeOptions {
  std::string tokenizer = "tokenizer.safetensors", where;
};

// The token stream of one network: int16 little-endian, slot after slot (docs/token_format.md).
std::string pack(const torch::Tensor& tokens) {
  const auto small = tokens.to(torch::kInt16).contiguous();
  return {static_cast<const char*>(small.data_ptr()), small.nbytes()};
}

torch::Tensor unpack(const std::string& payload, const NetworkPlan& plan, std::int64_t codebooks) {
  const std::int64_t expected = plan.slots() * codebooks;
  if (payload.size() != static_cast<std::size_t>(expected) * sizeof(std::int16_t))
    throw Error(ErrorCode::kDamaged, "tokens.size", "the token stream does not fit the network",
                std::to_string(payload.size()) + " bytes, expected " + std::to_string(expected * 2),
                "make it again with `weightloom tokenizer encode`");
  auto tokens = torch::empty({1, plan.slots(), codebooks}, torch::kInt16);
  std::copy(payload.begin(), payload.end(), static_cast<char*>(tokens.data_ptr()));
  return tokens.to(torch::kInt64);
}

Json encode(Context& context, const EncodeOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
  const PluginRegistry registry = plugin_registry(context);
  const std::string id = tokenizer.id();
  Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kWrite);
  const auto records = zoo.find(parse_query(options.where));
  const auto progress = context.progress();
  std::vector<std::pair<std::string, TokenStream>> streams;
  std::uint64_t kept = 0;
  double bits = 0;
  for (std::size_t i = 0; i < records.size(); ++i) {
    throw_if_interrupted();
    const ZooRecord& record = records[i];
    if (record.architecture.empty()) continue;
    if (const auto known = zoo.tokens(record.id, id); known && known->weights_hash == record.weights_hash) {
      ++kept;
      continue;
    }
    const auto plan = tokenizer.plan(registry.describe(record.architecture, record.config), record.family);
    const auto tokens = tokenizer.encode(*plan, to_weights(plan->description(), zoo.weights(record)));
    bits += tokenizer.bits_per_weight(*plan);
    streams.emplace_back(record.id, TokenStream{id, record.weights_hash, pack(tokens)});
    if (progress) progress({"encode", i + 1, records.size(), "networks", {}, i + 1 == records.size()});
  }
  zoo.put_tokens(streams);
  return {{"tokenizer", id},
          {"encoded", streams.size()},
          {"up_to_date", kept},
          {"bits_per_weight", streams.empty() ? Json() : Json(bits / static_cast<double>(streams.size()))}};
}

struct DecodeOptions {
  std::string tokenizer = "tokenizer.safetensors", model, out;
};

Json decode(Context& context, const DecodeOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
  const PluginRegistry registry = plugin_registry(context);
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const ZooRecord record = zoo.get(options.model);
  const auto stream = zoo.tokens(record.id, tokenizer.id());
  if (!stream)
    throw Error(ErrorCode::kNotFound, "tokens.missing", "'" + record.name + "' has no tokens under this tokenizer", "",
                "make them with `weightloom tokenizer encode --tokenizer " + options.tokenizer + "`");
  const auto plan = tokenizer.plan(registry.describe(record.architecture, record.config), record.family);
  const auto weights = tokenizer.decode(*plan, unpack(stream->payload, *plan, tokenizer.config().codebooks));
  write_safetensors(options.out, to_tensor_map(plan->description(), weights));
  return {{"model", record.name}, {"path", options.out}, {"bits_per_weight", tokenizer.bits_per_weight(*plan)}};
}

struct ReportOptions {
  std::string tokenizer = "tokenizer.safetensors", split = "held-out";
  std::int64_t networks = 12;
};

Json report(Context& context, const ReportOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  Json rows = Json::array();
  for (const RateRow& row :
       rate_report(zoo, plugin_registry(context), tokenizer, options.split, options.networks, context.progress()))
    rows.push_back({{"family", row.family},
                    {"network", row.description},
                    {"codebooks", row.stages},
                    {"bits_per_weight", row.bits_per_weight},
                    {"networks", row.networks},
                    {"accuracy", row.accuracy},
                    {"original", row.original_accuracy},
                    {"relative_error", row.relative_error}});
  return {{"split", options.split}, {"rows", rows}};
}

}  // namespace

void add_tokenizer_commands(CommandTable& table) {
  table.add<TrainOptions>(
      "tokenizer train",
      [](CLI::App& app, TrainOptions& options) {
        app.add_option("--recipe", options.recipe, "TOML file with a [tokenizer] table (defaults without)");
        app.add_option("--out", options.out, "File to write")->capture_default_str();
        app.add_flag("--again", options.again, "Train even when the file is up to date");
      },
      train, page(print_training, "id"));
  table.add<EncodeOptions>(
      "tokenizer encode",
      [](CLI::App& app, EncodeOptions& options) {
        app.add_option("--tokenizer", options.tokenizer, "Tokenizer file")->capture_default_str();
        app.add_option("--where", options.where, "Query: which networks of the zoo (default: all)");
      },
      encode, page([](Printer& printer, const Json& result) {
        printer.field("encoded", format_value(result["encoded"], Format::kCount) + " networks");
        printer.field("up to date", result["up_to_date"], Format::kCount);
      }));
  table.add<DecodeOptions>(
      "tokenizer decode",
      [](CLI::App& app, DecodeOptions& options) {
        app.add_option("model", options.model, "Network of the zoo")->required();
        app.add_option("--tokenizer", options.tokenizer, "Tokenizer file")->capture_default_str();
        app.add_option("--out", options.out, "safetensors file to write")->required();
      },
      decode,
      page([](Printer& printer, const Json& result) { printer.field("written", result["path"].get<std::string>()); }));
  table.add<ReportOptions>(
      "tokenizer report",
      [](CLI::App& app, ReportOptions& options) {
        app.add_option("--tokenizer", options.tokenizer, "Tokenizer file")->capture_default_str();
        app.add_option("--split", options.split, "Which members: held-out or train")->capture_default_str();
        app.add_option("--networks", options.networks, "Most networks per architecture")->capture_default_str();
      },
      report,
      listing("rows", "",
              {{"family", ""},
               {"network", ""},
               {"codebooks", ""},
               {"bits_per_weight", "bits/weight", Format::kNumber},
               {"networks", ""},
               {"accuracy", "", Format::kPercent},
               {"original", "", Format::kPercent},
               {"relative_error", "error", Format::kNumber}}));
}

}  // namespace weightloom::cli
