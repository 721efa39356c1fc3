// Commands that look into a zoo.

#include <algorithm>
#include <map>
#include <utility>

#include "cli/command_groups.hpp"
#include "cli/zoo_access.hpp"
#include "weightloom/base/units.hpp"

namespace weightloom::cli {
namespace {

Json text_or_null(const std::string& text) {
  return text.empty() ? Json() : Json(text);
}

Json summary_json(const RecordSummary& summary) {
  Json json = {{"id", summary.id},
               {"name", summary.name},
               {"arch", text_or_null(summary.architecture)},
               {"dataset", text_or_null(summary.dataset)},
               {"family", text_or_null(summary.family)},
               {"split", text_or_null(summary.split)},
               {"params", summary.parameters},
               {"bytes", summary.bytes},
               {"tags", summary.tags},
               {"metrics", Json(summary.metrics)},
               {"created", summary.created}};
  if (!summary.columns.is_null()) json["columns"] = summary.columns;
  return json;
}

struct ListOptions {
  std::string where;
  std::vector<std::string> sort;
  std::size_t limit = 0;
};

void declare_list_options(CLI::App& app, ListOptions& options) {
  app.add_option("--sort", options.sort,
                 "Order by this field; KEY:desc for the largest first; further keys after commas, or repeated")
      ->type_name("KEY")
      ->allow_extra_args(false);
  app.add_option("--limit", options.limit, "Show at most N networks")->type_name("N")->check(whole_number());
}

void declare_list(CLI::App& app, ListOptions& options) {
  app.add_option("--where", options.where, "Only networks that satisfy this query")
      ->check(query_text())
      ->type_name("QUERY");
  declare_list_options(app, options);
}

void declare_query(CLI::App& app, ListOptions& options) {
  app.add_option(
         "query", options.where,
         "For example: arch:cnn* and test_accuracy>=0.9 and not tag:broken. Fields: name alias id arch dataset family "
         "split params size created source notes tensor (a name), every metric (in quotes where it is called like "
         "another field), config.KEY, hyper.KEY. Comparisons: = != < <= > >= "
         ":GLOB ~/REGEX/ in (A, B). Terms: tag:GLOB has(FIELD) ancestor(NAME) descendant(NAME) generated_by(ID) "
         "layer(GLOB).std < 0.1 (or mean min max absmax norm kurtosis zeros nan inf values dtype). "
         "Values: 10k, 1.5GiB, 90%, 7d (age), 2026-05-01, \"quoted\"")
      ->required()
      ->check(query_text())
      ->type_name("QUERY");
  declare_list_options(app, options);
}

View list_view() {
  return listing("networks", "name",
                 {{"name"},
                  {"arch"},
                  {"dataset"},
                  {"params", "weights", Format::kCount},
                  {"bytes", "size", Format::kSize},
                  {"/metrics/test_accuracy", "accuracy", Format::kPercent},
                  {"split"},
                  {"tags"},
                  {"created"}});
}

// Does the title of an own column say what is meant? A metric that is called like that of another one goes before it.
bool is_title(const Zoo& zoo, const std::vector<Column>& own, const std::string& key) {
  const auto column = std::ranges::find(own, key, &Column::title);
  if (column == own.end()) return false;
  if (!column->key.starts_with("/metrics/")) return true;
  const auto metrics = zoo.words(Zoo::Word::kMetric, key);
  return std::ranges::find(metrics, key) == metrics.end();
}

// Of those asked for, what no network of a list has by itself: metrics, settings, fields of its record.
std::vector<std::string> further_columns(const Zoo& zoo, const std::vector<std::string>& asked) {
  const auto own = list_view().columns;
  const auto always = summary_json({});
  std::vector<std::string> further;
  for (const auto& key : asked)
    if (!always.contains(key) && !is_title(zoo, own, key)) further.push_back(key);
  return further;
}

std::string joined(const std::vector<std::string>& keys) {
  std::string text;
  for (const auto& key : keys) text += (text.empty() ? "" : ",") + key;
  return text;
}

Json run_list(Context& context, const ListOptions& options) {
  const auto query = parse_query(options.where, joined(options.sort), options.limit);
  const auto zoo = open_for_reading(context);
  auto found = zoo.list(query, further_columns(zoo, context.columns()));
  Json networks = Json::array();
  for (auto& summary : found.networks) networks.push_back(summary_json(std::exchange(summary, {})));
  return {{"store", zoo.uuid()},
          {"matched", found.matched},
          {"truncated", networks.size() < found.matched},
          {"networks", std::move(networks)}};
}

Json grouped(const std::vector<RecordSummary>& all, std::string RecordSummary::*field) {
  struct Total {
    std::int64_t networks = 0, parameters = 0, bytes = 0;
  };
  std::map<std::string, Total> totals;
  for (const auto& summary : all) {
    auto& total = totals[summary.*field];
    ++total.networks;
    total.parameters += summary.parameters;
    total.bytes += summary.bytes;
  }
  Json out = Json::array();
  for (const auto& [value, total] : totals)
    out.push_back({{"value", text_or_null(value)},
                   {"networks", total.networks},
                   {"params", total.parameters},
                   {"bytes", total.bytes}});
  return out;
}

Json run_stats(Context& context, const NoOptions&) {
  const auto zoo = open_for_reading(context);
  const auto all = zoo.summaries();
  std::int64_t parameters = 0, bytes = 0;
  for (const auto& summary : all) {
    parameters += summary.parameters;
    bytes += summary.bytes;
  }
  const auto trash = zoo.trash();
  std::int64_t trash_bytes = 0;
  for (const auto& network : trash) trash_bytes += network.bytes;
  return {{"store", zoo.uuid()},
          {"path", zoo.directory().string()},
          {"networks", all.size()},
          {"params", parameters},
          {"bytes", bytes},
          {"stored_bytes", zoo.stored_bytes()},
          {"trashed", trash.size()},
          {"trashed_bytes", trash_bytes},
          {"by_arch", grouped(all, &RecordSummary::architecture)},
          {"by_dataset", grouped(all, &RecordSummary::dataset)}};
}

void print_stats(Printer& printer, const Json& stats) {
  printer.field("zoo", stats.at("path"), Format::kText);
  printer.field("networks", stats.at("networks"), Format::kCount);
  printer.field("weights", stats.at("params"), Format::kCount);
  printer.field("size", format_value(stats.at("bytes"), Format::kSize) + ", " +
                            format_value(stats.at("stored_bytes"), Format::kSize) + " without duplicates");
  if (stats.at("trashed") != 0)
    printer.field("trash", format_value(stats.at("trashed"), Format::kCount) + " networks, " +
                               format_value(stats.at("trashed_bytes"), Format::kSize));
  for (const auto& [key, title] : {std::pair("by_arch", "architecture"), std::pair("by_dataset", "data set")}) {
    printer.line();
    printer.table({{"value", title},
                   {"networks", "", Format::kCount},
                   {"params", "weights", Format::kCount},
                   {"bytes", "size", Format::kSize}},
                  stats.at(key));
  }
}

struct VerifyOptions : WaitOption {
  bool quick = false, deep = false, repair = false;
};

void declare_verify(CLI::App& app, VerifyOptions& options) {
  auto* quick = app.add_flag("--quick", options.quick, "Only that records, names, references and objects agree");
  app.add_flag("--deep", options.deep, "Also every object against its hash")->excludes(quick);
  auto* repair = app.add_flag("--repair", options.repair,
                              "First mend what records and objects still tell, and accept what is there as all that "
                              "there is; weights are never removed");
  declare_wait(app, options)->needs(repair);
}

Json run_verify(Context& context, const VerifyOptions& options) {
  Json repairs = Json::array();
  if (options.repair) repairs = Zoo::repair(context.zoo_directory(), options.wait, context.progress());
  const auto zoo = open_for_reading(context);
  const auto level = options.deep ? VerifyLevel::kDeep : options.quick ? VerifyLevel::kQuick : VerifyLevel::kDefault;
  Json findings = Json::array();
  bool damaged = false;
  for (const auto& finding : zoo.verify(level, context.progress())) {
    damaged |= finding.damage;
    findings.push_back({{"kind", finding.kind},
                        {"damage", finding.damage},
                        {"object", finding.object},
                        {"networks", finding.networks},
                        {"advice", finding.advice}});
  }
  if (damaged) context.exit_with(ErrorCode::kDamaged);
  return {{"store", zoo.uuid()},
          {"level", options.deep    ? "deep"
                    : options.quick ? "quick"
                                    : "default"},
          {"damaged", damaged},
          {"repairs", std::move(repairs)},
          {"findings", std::move(findings)}};
}

void print_verify(Printer& printer, const Json& result) {
  for (const auto& repair : result.at("repairs")) printer.line("repair: " + repair.get<std::string>());
  if (result.at("findings").empty()) return printer.line("no damage found");
  for (const auto& finding : result.at("findings")) {
    printer.line((finding.at("damage").get<bool>() ? "damage: " : "note: ") + finding.at("kind").get<std::string>() +
                 " " + finding.at("object").get<std::string>());
    if (!finding.at("networks").empty())
      printer.line("  networks: " + format_value(finding.at("networks"), Format::kText));
    printer.line("  " + finding.at("advice").get<std::string>());
  }
}

struct CollectOptions : WaitOption {
  bool dry_run = false;
  std::string trash_age = "7d";
};

void declare_collect(CLI::App& app, CollectOptions& options) {
  auto* dry_run = app.add_flag("--dry-run", options.dry_run, "Say what would be removed; change nothing");
  app.add_option("--trash-age", options.trash_age, "Also what has been in the trash this long, such as 12h; 0 for all")
      ->capture_default_str()
      ->type_name("AGE");
  declare_wait(app, options)->excludes(dry_run);
}

double trash_age(const std::string& text) {
  if (text == "0") return 0;
  if (const auto seconds = parse_duration(text); seconds && *seconds >= 0) return *seconds;
  throw Error(ErrorCode::kUsage, "option.value", "cannot use --trash-age '" + text + "'", "it is no age",
              "for example: 12h, 7d, or 0 for all that is in the trash");
}

Json run_collect(Context& context, const CollectOptions& options) {
  const auto age = trash_age(options.trash_age);
  auto zoo = open_to_remove(context, options, options.dry_run);
  const auto garbage = options.dry_run ? zoo.garbage(age) : zoo.collect_garbage(age);
  return {{"store", zoo.uuid()},    {"dry_run", options.dry_run},   {"objects", garbage.objects},
          {"files", garbage.files}, {"networks", garbage.networks}, {"bytes", garbage.bytes}};
}

void print_collect(Printer& printer, const Json& result) {
  const auto number = [&](const char* key) { return result.at(key).get<std::size_t>(); };
  printer.line(std::string(result.at("dry_run").get<bool>() ? "would remove " : "removed ") +
               std::to_string(number("networks")) + " networks in the trash, " + std::to_string(number("objects")) +
               " objects and " + std::to_string(number("files")) + " files that no network uses (" +
               format_value(result.at("bytes"), Format::kSize) + ")");
}

}  // namespace

void add_zoo_commands(CommandTable& table) {
  table.add<ListOptions>("zoo list", declare_list, run_list, list_view());
  table.add<ListOptions>("zoo query", declare_query, run_list, list_view());
  table.add<NoOptions>("zoo stats", declare_nothing, run_stats, page(print_stats));
  table.add<VerifyOptions>("zoo verify", declare_verify, run_verify, page(print_verify));
  table.add<CollectOptions>("zoo gc", declare_collect, run_collect, page(print_collect));
}

}  // namespace weightloom::cli
