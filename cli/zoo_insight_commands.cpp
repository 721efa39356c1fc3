// Commands that look at weights: what they are like, in what two networks differ, what is alike, what came from what.

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "cli/command_groups.hpp"
#include "cli/drawing.hpp"
#include "cli/output_file.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/terminal.hpp"
#include "cli/zoo_access.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/network/unit_alignment.hpp"
#include "weightloom/report/tree_plot.hpp"
#include "weightloom/zoo/diff.hpp"
#include "weightloom/zoo/lineage.hpp"
#include "weightloom/zoo/similar.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

void declare_reference(CLI::App& app, std::string& name) {
  app.add_option("network", name, "Name, alias, id, or the first digits of an id")->required()->type_name("NETWORK");
}

template <class T>
Json or_null(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// Three digits, as a table of many figures needs them.
std::string short_number(const Json& value) {
  return value.is_number() ? fmt::format("{:.3g}", value.get<double>()) : format_value(value, Format::kText);
}

// zoo show

struct ShowOptions {
  std::string name;
};

void declare_show(CLI::App& app, ShowOptions& options) {
  declare_reference(app, options.name);
}

Json statistics_json(const TensorStatistics& statistics) {
  Json out = Json::object();
  for (const auto& name : statistic_names()) out[name] = or_null(statistic(statistics, name));
  for (const char* count : {"nan", "inf", "values"}) out[count] = out.at(count).get<std::int64_t>();
  out["histogram"] = statistics.histogram;
  return out;
}

// What is damaged does not hide the rest.
Json statistics_or_why(const Zoo& zoo, const TensorRecord& tensor, std::string& why) {
  try {
    if (const auto statistics = zoo.statistics(tensor)) return statistics_json(*statistics);
    why = "unsupported dtype";
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
    why = error.what();
  }
  return nullptr;
}

Json run_show(Context& context, const ShowOptions& options) {
  const auto zoo = open_for_reading(context);
  const auto record = zoo.get(options.name);
  auto result = to_json(record);
  result["aliases"] = zoo.aliases(record.id);
  for (std::size_t i = 0; i < record.tensors.size(); ++i) {
    std::string why;
    auto& tensor = result["tensors"][i];
    tensor["statistics"] = statistics_or_why(zoo, record.tensors[i], why);
    if (!why.empty()) tensor["no_statistics"] = why;
  }
  return result;
}

constexpr const char* kShownFigures[] = {"mean", "std", "min", "max"};

Json shown_tensor(const Json& tensor, bool blocks) {
  Json row = {{"name", tensor.at("name")},
              {"dtype", tensor.at("dtype")},
              {"shape", tensor.at("shape")},
              {"object", tensor.at("object")}};
  const auto& statistics = tensor.at("statistics");
  if (statistics.is_null()) {
    row["spread"] = tensor.at("no_statistics");
    return row;
  }
  for (const char* figure : kShownFigures) row[figure] = short_number(statistics.at(figure));
  for (const char* figure : {"zeros", "nan", "inf"}) row[figure] = statistics.at(figure);
  row["spread"] = heat_strip(statistics.at("histogram").get<std::vector<std::uint8_t>>(), blocks);
  return row;
}

// Columns that would say the same of every tensor are left out: a terminal has room for a dozen figures.
void print_tensors(Printer& printer, const Json& tensors) {
  Json rows = Json::array();
  for (const auto& tensor : tensors) rows.push_back(shown_tensor(tensor, output_shows_blocks()));
  std::vector<Column> columns{{"name", "tensor"}};
  if (std::ranges::any_of(rows, [&](const Json& row) { return row.at("dtype") != rows[0].at("dtype"); }))
    columns.push_back({"dtype"});
  else if (!rows.empty())
    printer.field("dtype", rows[0].at("dtype"), Format::kText);
  columns.push_back({"shape"});
  for (const char* figure : kShownFigures) columns.push_back({figure, figure, Format::kNumber});
  for (const auto& [rare, format] :
       {std::pair("zeros", Format::kPercent), std::pair("nan", Format::kCount), std::pair("inf", Format::kCount)})
    if (std::ranges::any_of(rows, [&](const Json& row) { return row.value(rare, 0.0) > 0; }))
      columns.push_back({rare, rare, format});
  columns.push_back({"spread", "-3 to +3 std", Format::kNumber});  // never cut
  if (!output_is_terminal()) columns.push_back({"object"});        // for programs
  printer.line();
  printer.table(columns, rows);
}

void print_show(Printer& printer, const Json& record) {
  for (const char* key :
       {"name", "id", "aliases", "architecture", "plugin_version", "config", "dataset", "family", "split",
        "hyperparameters", "metrics", "tags", "notes", "parents", "source", "created", "weights_hash"}) {
    const auto& value = record.at(key);
    if (!value.empty() && value != "") printer.field(key, value, Format::kText);
  }
  printer.field("weights", record.at("parameters"), Format::kCount);
  printer.field("size", record.at("bytes"), Format::kSize);
  print_tensors(printer, record.at("tensors"));
}

// zoo diff

struct DiffOptions {
  std::string first, second;
  bool as_it_stands = false;
};

void declare_diff(CLI::App& app, DiffOptions& options) {
  app.add_option("first", options.first, "A network of the zoo, or a weights file")->required()->type_name("NETWORK");
  app.add_option("second", options.second, "Another one")->required()->type_name("NETWORK");
  app.add_flag("--no-align", options.as_it_stands,
               "Compare unit by unit as they stand; else hidden units of the second that are in another order are "
               "brought into that of the first");
}

// One of the two networks.
struct Side {
  std::string name, dialect;  // dialect: of a file, empty: unknown
  bool is_file = false;
  std::optional<ZooRecord> record;
  TensorMap tensors;
};

Side load_side(const Context& context, const std::string& reference) {
  std::error_code none;
  if (std::filesystem::is_regular_file(reference, none)) {
    auto file = read_network(reference);
    return {reference, file.record ? file.dialect : std::string(), true, std::move(file.record),
            std::move(file.tensors)};
  }
  const auto zoo = open_for_reading(context);
  auto record = zoo.get(reference);
  auto tensors = zoo.weights(record);
  return {record.name, "canonical", false, std::move(record), std::move(tensors)};
}

// The one architecture of the two; throws where there is none.
NetworkDescription common_description(const PluginRegistry& plugins, const Side& first, const Side& second) {
  std::optional<NetworkDescription> found;
  for (const auto* side : {&first, &second}) {
    if (!side->record || side->record->architecture.empty()) continue;
    auto description = plugins.describe(side->record->architecture, side->record->config);
    if (found && found->architecture != description.architecture)
      throw Error(ErrorCode::kUsage, "diff.architectures",
                  "they are of different architectures, " + found->architecture + " and " + description.architecture);
    if (found && found->identity != description.identity)
      throw Error(ErrorCode::kUsage, "diff.architectures",
                  "they are " + found->label() + " and " + description.label());
    found = std::move(description);
  }
  if (!found) throw Error(ErrorCode::kUsage, "diff.architectures", "their architecture is not known");
  return *found;
}

Json not_aligned(const std::string& why) {
  return {{"applied", false}, {"why", why}, {"moved", 0}, {"units", nullptr}};
}

// Brings both to canonical names and the second one's units into the order of the first, or says why not.
Json align_sides(const Context& context, Side& first, Side& second) {
  try {
    const auto description = common_description(plugin_registry(context), first, second);
    // All before any is changed: what does not fit is compared as it stands.
    std::vector<std::pair<Side*, TensorMap>> fitted;
    for (auto* side : {&first, &second})
      if (side->is_file) fitted.emplace_back(side, fit_tensors(description, side->dialect, side->tensors).tensors);
    for (auto& [side, tensors] : fitted) side->tensors = std::move(tensors);
    auto aligned = align_units(description, second.tensors, first.tensors);
    if (!aligned) return not_aligned("the networks are too large for it");
    second.tensors = std::move(aligned->tensors);
    return {{"applied", true}, {"why", nullptr}, {"moved", aligned->moved}, {"units", aligned->units}};
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInterrupted) throw;
    return not_aligned(error.what());
  }
}

Json form_json(const std::optional<TensorForm>& form) {
  if (!form) return nullptr;
  return {{"dtype", dtype_name(form->dtype)}, {"shape", form->shape}};
}

Json distance_json(const ValueDistance& distance) {
  return {{"distance", or_null(distance.relative())},
          {"cosine", or_null(distance.cosine())},
          {"largest", distance.largest},
          {"changed", distance.changed},
          {"not_finite", distance.not_finite},
          {"values", distance.values}};
}

Json tensor_json(const TensorDifference& difference) {
  Json out = {{"name", difference.name},
              {"difference", kind_name(difference.kind)},
              {"first", form_json(difference.first)},
              {"second", form_json(difference.second)}};
  out["weights"] = difference.kind == TensorDifference::Kind::kChanged ? distance_json(difference.distance) : Json();
  return out;
}

Json run_diff(Context& context, const DiffOptions& options) {
  auto first = load_side(context, options.first), second = load_side(context, options.second);
  const bool same = weights_hash(first.tensors) == weights_hash(second.tensors);
  const auto alignment = same                   ? not_aligned("the weights are the same")
                         : options.as_it_stands ? not_aligned("--no-align was given")
                                                : align_sides(context, first, second);
  const auto differences = compare_tensors(first.tensors, second.tensors);
  Json tensors = Json::array(), facts = Json::array();
  for (const auto& difference : differences) tensors.push_back(tensor_json(difference));
  if (first.record && second.record)
    for (const auto& fact : compare_facts(*first.record, *second.record))
      facts.push_back({{"fact", fact.fact}, {"first", fact.first}, {"second", fact.second}});
  return {{"first", first.name},
          {"second", second.name},
          {"same_weights", same},
          {"alignment", alignment},
          {"weights", distance_json(total_distance(differences))},
          {"tensors", std::move(tensors)},
          {"facts", std::move(facts)}};
}

std::string weights_text(const Json& result) {
  if (result.at("same_weights").get<bool>()) return "the same, bit for bit";
  const bool same_tensors =
      std::ranges::all_of(result.at("tensors"), [](const Json& tensor) { return tensor.at("difference") == "same"; });
  if (same_tensors)
    return result.at("alignment").at("moved") == 0 ? "the same, under other names"
                                                   : "the same, but for the order of hidden units";
  const auto& weights = result.at("weights");
  if (weights.at("values") == 0) return "nothing that can be compared";
  const auto not_finite = weights.at("not_finite").get<std::int64_t>();
  return fmt::format("distance {}, cosine {}, largest difference {}, {} of the {} values that both have differ",
                     short_number(weights.at("distance")), short_number(weights.at("cosine")),
                     short_number(weights.at("largest")), format_value(weights.at("changed"), Format::kCount),
                     format_value(weights.at("values"), Format::kCount)) +
         (not_finite > 0 ? fmt::format("; left out with NaN or infinity: {}", format_count(not_finite)) : "");
}

std::string alignment_text(const Json& alignment) {
  if (!alignment.at("applied").get<bool>()) return "no: " + alignment.at("why").get<std::string>();
  return fmt::format("yes: {} of {} hidden units of the second were brought into the order of the first",
                     format_value(alignment.at("moved"), Format::kCount),
                     format_value(alignment.at("units"), Format::kCount));
}

// Both where they differ.
std::string form_text(const Json& tensor) {
  const auto text = [](const Json& form) {
    return form.is_null() ? std::string("-")
                          : form.at("dtype").get<std::string>() + " " + to_string(form.at("shape").get<Shape>());
  };
  const auto &first = tensor.at("first"), &second = tensor.at("second");
  if (first == second || second.is_null()) return text(first);
  return first.is_null() ? text(second) : text(first) + " / " + text(second);
}

void print_diff(Printer& printer, const Json& result) {
  printer.field("first", result.at("first"), Format::kText);
  printer.field("second", result.at("second"), Format::kText);
  printer.field("weights", weights_text(result));
  if (!result.at("same_weights").get<bool>()) printer.field("aligned", alignment_text(result.at("alignment")));
  Json rows = Json::array();
  std::size_t same = 0;
  for (const auto& tensor : result.at("tensors")) {
    same += tensor.at("difference") == "same" ? 1 : 0;
    if (tensor.at("difference") == "same") continue;
    Json row = {{"name", tensor.at("name")}, {"difference", tensor.at("difference")}, {"form", form_text(tensor)}};
    if (const auto& weights = tensor.at("weights"); !weights.is_null())
      for (const char* figure : {"distance", "cosine", "largest"}) row[figure] = short_number(weights.at(figure));
    rows.push_back(std::move(row));
  }
  if (!rows.empty()) printer.line();
  printer.table({{"name", "tensor"},
                 {"difference"},
                 {"form", "dtype and shape"},
                 {"distance", "", Format::kNumber},
                 {"cosine", "", Format::kNumber},
                 {"largest", "", Format::kNumber}},
                rows);
  if (same > 0 && !rows.empty()) printer.line(std::to_string(same) + " other tensors are the same");
  if (!result.at("facts").empty()) printer.line();
  printer.table({{"fact"}, {"first"}, {"second"}}, result.at("facts"));
}

// zoo similar

struct SimilarOptions {
  std::string name, by = "weights";
  std::size_t limit = 10;
};

void declare_similar(CLI::App& app, SimilarOptions& options) {
  declare_reference(app, options.name);
  app.add_option("--by", options.by,
                 "weights (compared of the 1,000 of the same tensors that are nearest by statistics), or behaviour: "
                 "metrics on the same data set")
      ->check(CLI::IsMember({"weights", "behaviour"}))
      ->type_name("WHAT");
  app.add_option("--limit", options.limit, "Show at most N networks; 0: all")->type_name("N")->check(whole_number());
}

Json run_similar(Context& context, const SimilarOptions& options) {
  const auto zoo = open_for_reading(context);
  const auto record = zoo.get(options.name);
  const auto by = options.by == "weights" ? SimilarBy::kWeights : SimilarBy::kBehaviour;
  Json networks = Json::array();
  for (const auto& one : similar_networks(zoo, record, by, options.limit, context.progress())) {
    if (one.damaged)
      context.warn("weights of '" + one.name +
                   "' are damaged and were not compared; see `weightloom zoo verify --deep`");
    networks.push_back({{"id", one.id},
                        {"name", one.name},
                        {"arch", one.architecture.empty() ? Json() : Json(one.architecture)},
                        {"distance", or_null(one.distance)},
                        {"cosine", or_null(one.cosine)},
                        {"statistics", or_null(one.statistics)},
                        {"behaviour", or_null(one.behaviour)}});
  }
  return {{"network", record.name}, {"by", options.by}, {"networks", std::move(networks)}};
}

View similar_view() {
  return listing("networks", "name",
                 {{"name"},
                  {"arch"},
                  {"distance", "", Format::kNumber},
                  {"cosine", "", Format::kNumber},
                  {"statistics", "", Format::kNumber},
                  {"behaviour", "", Format::kNumber}});
}

// zoo duplicates

Json run_duplicates(Context& context, const NoOptions&) {
  const auto found = find_duplicates(open_for_reading(context));
  Json equal = Json::array(), shared = Json::array();
  for (const auto& group : found.equal) equal.push_back({{"networks", group.names}, {"bytes", group.bytes}});
  for (const auto& pair : found.shared)
    shared.push_back({{"first", pair.first}, {"second", pair.second}, {"share", pair.share}, {"bytes", pair.bytes}});
  return {{"equal", std::move(equal)}, {"shared", std::move(shared)}};
}

void print_duplicates(Printer& printer, const Json& result) {
  if (result.at("equal").empty() && result.at("shared").empty()) return printer.line("no two networks share weights");
  printer.table({{"networks", "the same weights"}, {"bytes", "size", Format::kSize}}, result.at("equal"));
  if (!result.at("equal").empty() && !result.at("shared").empty()) printer.line();
  printer.table({{"first", "most tensors are equal"},
                 {"second", ""},
                 {"share", "of the smaller", Format::kPercent},
                 {"bytes", "shared", Format::kSize}},
                result.at("shared"));
}

// zoo lineage

struct LineageOptions {
  std::string name, svg;
};

void declare_lineage(CLI::App& app, LineageOptions& options) {
  declare_reference(app, options.name);
  app.add_option("--svg", options.svg, "Also draw it into this file")->type_name("FILE");
}

Json entries_json(const std::vector<LineageEntry>& entries) {
  Json out = Json::array();
  for (const auto& entry : entries)
    out.push_back({{"id", entry.id},
                   {"name", entry.name.empty() ? Json() : Json(entry.name)},
                   {"kind", entry.kind},
                   {"from", entry.from == LineageEntry::kRoot ? Json() : Json(entry.from)},
                   {"depth", entry.depth},
                   {"cycle", entry.cycle},
                   {"again", entry.again}});
  return out;
}

std::string entry_label(const Json& entry) {
  const auto id = entry.at("id").get<std::string>();
  const auto label = entry.at("name").is_null()
                         ? id.substr(0, 16) + (id.size() > 16 ? "..." : "") + " (not in this zoo)"
                         : entry.at("name").get<std::string>();
  if (entry.at("cycle").get<bool>()) return label + " (a cycle)";
  return entry.at("again").get<bool>() && !entry.at("name").is_null() ? label + " (shown already)" : label;
}

// Ancestors above the network, the nearest next to it, and descendants below.
std::string lineage_svg(const Json& result) {
  const auto &up = result.at("up"), &down = result.at("down");
  std::vector<TreeRow> rows;
  const std::size_t root = up.size();
  const auto row = [](const Json& entry, std::optional<std::size_t> from) {
    const auto kind =
        entry.at("name").is_null() || entry.at("again").get<bool>() ? TreeRow::Kind::kSoft : TreeRow::Kind::kPlain;
    return TreeRow{entry_label(entry), entry.at("kind").get<std::string>(), from, entry.at("depth").get<std::size_t>(),
                   kind};
  };
  const auto from_of = [](const Json& entry) {
    return entry.at("from").is_null() ? std::nullopt : std::optional(entry.at("from").get<std::size_t>());
  };
  for (std::size_t i = up.size(); i-- > 0;) {
    const auto from = from_of(up[i]);
    rows.push_back(row(up[i], from ? root - 1 - *from : root));
  }
  rows.push_back({result.at("name").get<std::string>(), "", std::nullopt, 0, TreeRow::Kind::kStrong});
  for (const auto& entry : down) {
    const auto from = from_of(entry);
    rows.push_back(row(entry, from ? root + 1 + *from : root));
  }
  return render_tree(rows, "Lineage of " + result.at("name").get<std::string>());
}

Json relatives_json(const std::vector<ZooRecord>& records) {
  Json out = Json::array();
  for (const auto& record : records) out.push_back({{"id", record.id}, {"name", record.name}});
  return out;
}

Json run_lineage(Context& context, const LineageOptions& options) {
  const auto zoo = open_for_reading(context);
  const auto record = zoo.get(options.name);
  Json result = {{"id", record.id},
                 {"name", record.name},
                 {"parents", to_json(record).at("parents")},
                 {"ancestors", relatives_json(zoo.ancestors(record.id))},
                 {"descendants", relatives_json(zoo.descendants(record.id))},
                 {"up", entries_json(lineage_of(zoo, record.id, LineageSide::kAncestors))},
                 {"down", entries_json(lineage_of(zoo, record.id, LineageSide::kDescendants))},
                 {"svg", options.svg.empty() ? Json() : Json(options.svg)}};
  if (!options.svg.empty()) {
    expect_drawable(options.svg);
    write_file(options.svg, lineage_svg(result));
  }
  return result;
}

std::vector<TreeEntry> tree_entries(const Json& entries) {
  std::vector<TreeEntry> out;
  for (const auto& entry : entries) {
    auto& one = out.emplace_back();
    if (!entry.at("from").is_null()) one.from = entry.at("from").get<std::size_t>();
    one.label = entry.at("kind").get<std::string>() + "  " + entry_label(entry);
  }
  return out;
}

void print_lineage(Printer& printer, const Json& result) {
  const bool blocks = output_shows_blocks();
  const auto draw = [&](const char* side, TreeDirection direction) {
    for (const auto& line : tree_lines(tree_entries(result.at(side)), direction, blocks)) printer.line(line);
  };
  if (result.at("up").empty()) printer.line("no ancestors are known");
  draw("up", TreeDirection::kUp);
  printer.heading(result.at("name").get<std::string>());
  draw("down", TreeDirection::kDown);
  if (result.at("down").empty()) printer.line("no descendants");
}

}  // namespace

void add_zoo_insight_commands(CommandTable& table) {
  table.add<ShowOptions>("zoo show", declare_show, run_show, page(print_show, "id"));
  table.add<DiffOptions>("zoo diff", declare_diff, run_diff, page(print_diff));
  table.add<SimilarOptions>("zoo similar", declare_similar, run_similar, similar_view());
  table.add<NoOptions>("zoo duplicates", declare_nothing, run_duplicates, page(print_duplicates));
  table.add<LineageOptions>("zoo lineage", declare_lineage, run_lineage, page(print_lineage));
}

}  // namespace weightloom::cli
