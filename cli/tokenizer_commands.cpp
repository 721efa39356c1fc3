// tokenizer train | encode | decode | report

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/recipe.hpp"
#include "weightloom/workflow/members.hpp"
#include "weightloom/workflow/models.hpp"
#include "weightloom/workflow/tokens.hpp"
#include "weightloom/zoo/transfer.hpp"

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
  const auto training =
      parse_tokenizer_training(recipe_table(options.recipe, "tokenizer"), options.recipe + ": [tokenizer]");
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto [tokenizer, reused] =
      refresh_tokenizer(options.out, zoo, plugin_registry(context), training,
                        options.again ? Refresh::kAlways : Refresh::kWhenStale, context.progress());
  if (reused) context.note("'" + options.out + "' is up to date");
  return summary(tokenizer, options.out, reused);
}

void print_training(Printer& printer, const Json& result) {
  printer.field("tokenizer", result["path"].get<std::string>());
  printer.field("id", result["id"].get<std::string>().substr(0, 16));
  printer.table({{"family", ""}, {"anchor", ""}, {"network", ""}}, result["families"]);
}

struct EncodeOptions {
  std::string tokenizer = "tokenizer.safetensors", where;
};

Json encode(Context& context, const EncodeOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
  Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kWrite);
  const auto summary =
      encode_networks(zoo, plugin_registry(context), tokenizer, parse_query(options.where), context.progress());
  return {{"tokenizer", tokenizer.id()},
          {"encoded", summary.encoded},
          {"up_to_date", summary.up_to_date},
          {"bits_per_weight", summary.bits_per_weight ? Json(*summary.bits_per_weight) : Json()}};
}

struct DecodeOptions {
  std::string tokenizer = "tokenizer.safetensors", model, out;
};

Json decode(Context& context, const DecodeOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto decoded = decode_network(zoo, plugin_registry(context), tokenizer, options.model);
  write_network(options.out, decoded.record, decoded.tensors);
  return {{"model", decoded.record.name}, {"path", options.out}, {"bits_per_weight", decoded.bits_per_weight}};
}

struct ReportOptions {
  std::string tokenizer = "tokenizer.safetensors", split = "held-out";
  std::int64_t networks = 12;
};

Json report(Context& context, const ReportOptions& options) {
  const Tokenizer tokenizer = Tokenizer::load(options.tokenizer);
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto plugins = plugin_registry(context);
  DataCache data(common_form(zoo, plugins));
  const auto groups = load_members(zoo, plugins, tokenizer, options.split);
  Json rows = Json::array();
  for (const RateRow& row : rate_report(tokenizer, groups, data, options.networks, context.progress()))
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
        app.add_option("--where", options.where, "Query: which networks of the zoo (default: all)")
            ->check(query_text());
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
