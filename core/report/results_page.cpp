#include "weightloom/report/results_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/report/html.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kZoo = 0, kGenerated = 1, kBaseline = 2;

std::size_t series_of(const std::string& row) {
  if (row == "zoo" || row == "decoded") return kZoo;
  return row.starts_with("generated") ? kGenerated : kBaseline;
}

// The order in which rows are read: what there is, what was generated, what is trivial.
int rank_of(const std::string& row) {
  static const std::vector<std::string> kOrder{"zoo",
                                               "decoded",
                                               "generated-seen",
                                               "generated-instruction",
                                               "average",
                                               "noise",
                                               "retrieval",
                                               "random-init",
                                               "generated-unseen-depth",
                                               "layer-copy",
                                               "random-init-unseen-depth",
                                               "generated-unseen-task",
                                               "retrieval-unseen-task",
                                               "discriminant-unseen-task",
                                               "average-unseen-task",
                                               "random-init-unseen-task"};
  return static_cast<int>(std::find(kOrder.begin(), kOrder.end(), row) - kOrder.begin());
}

std::string percent(const Json& value) {
  return value.is_number() ? fmt::format("{:.1f} %", 100 * value.get<double>()) : "–";
}

std::vector<double> numbers(const Json& array) {
  std::vector<double> out;
  for (const Json& value : array)
    if (value.is_number()) out.push_back(value.get<double>());
  return out;
}

// All rows of one architecture label ("all", or one family), in reading order.
std::vector<Json> select_rows(const Json& results, const std::string& architecture) {
  std::vector<Json> rows;
  for (const Json& row : results["rows"])
    if (row["architecture"] == architecture) rows.push_back(row);
  std::stable_sort(rows.begin(), rows.end(), [](const Json& a, const Json& b) {
    return std::tuple(a["data"].get<std::string>(), rank_of(a["row"]), a["epochs"].get<double>()) <
           std::tuple(b["data"].get<std::string>(), rank_of(b["row"]), b["epochs"].get<double>());
  });
  return rows;
}

std::string row_label(const Json& row) {
  const double epochs = row["epochs"];
  return row["row"].get<std::string>() +
         (epochs > 0 ? fmt::format(", {:g} epoch of fine-tuning", epochs) : std::string());
}

Table accuracy_table(const std::vector<Json>& rows) {
  Table table{{{"row"},
               {"n", true},
               {"mean", true},
               {"std", true},
               {"distance", true},
               {"tokens shared", true},
               {"disagreement", true}},
              {}};
  std::string data;
  for (const Json& row : rows) {
    if (row["data"] != data) table.heading(data = row["data"]);
    const Json novelty = row.value("novelty", Json::object());
    const auto distance = novelty.find("distance_to_nearest");
    std::vector<std::string> cells{
        row_label(row),
        row["n"].dump(),
        percent(row["mean"]),
        percent(row["std"]),
        distance != novelty.end() && distance->is_number() ? fmt::format("{:.2f}", distance->get<double>()) : "–",
        percent(novelty.value("tokens_shared_with_nearest", Json())),
        percent(novelty.value("disagreement_with_nearest", Json()))};
    if (series_of(row["row"]) == kGenerated)
      table.strong(std::move(cells));
    else
      table.row(std::move(cells));
  }
  return table;
}

DotPlot accuracy_plot(const std::vector<Json>& rows, const std::string& title) {
  DotPlot plot{title, {"accuracy on test images", true, false, 0.0, 1.0, {}}, {"zoo", "generated", "baseline"}, {}};
  for (const Json& row : rows) {
    if (plot.groups.empty() || plot.groups.back().title != row["data"]) plot.groups.push_back({row["data"], {}});
    plot.groups.back().rows.push_back({row_label(row), Spread::of(numbers(row["values"])), series_of(row["row"])});
  }
  return plot;
}

// Accuracy before and after fine-tuning, one line for each kind of start.
LinePlot finetuning_plot(const std::vector<Json>& rows, const std::string& data) {
  LinePlot plot{"Fine-tuning on " + data,
                {"epochs of fine-tuning", false, false, {}, {}, {}},
                {"accuracy on test images", true, false, 0.0, 1.0, {}},
                {}};
  std::map<std::string, LineSeries> lines;
  std::set<std::string> tuned;
  for (const Json& row : rows) {
    if (row["data"] != data) continue;
    const std::string name = row["row"];
    lines[name].name = name;
    if (row["mean"].is_number()) lines[name].points.push_back({row["epochs"], row["mean"], row["std"]});
    if (row["epochs"] > 0) tuned.insert(name);
  }
  for (auto& [name, line] : lines)
    if (tuned.contains(name)) plot.series.push_back(std::move(line));
  return plot;
}

ScatterPlot novelty_plot(const std::vector<Json>& rows) {
  ScatterPlot plot{
      "Novelty",
      {"share of test images on which the nearest zoo network answers differently", true, false, {}, {}, {}},
      {"accuracy on test images", true, false, {}, {}, {}},
      {}};
  std::map<std::string, ScatterSeries> series;
  for (const Json& row : rows) {
    if (!row.contains("novelty")) continue;
    const std::string name = row["row"];
    const auto x = numbers(row["novelty"]["disagreements"]), y = numbers(row["values"]);
    series[name].name = name;
    for (std::size_t i = 0; i < std::min(x.size(), y.size()); ++i)
      series[name].points.push_back({x[i], y[i], row["data"].get<std::string>()});
  }
  for (auto& [name, points] : series) plot.series.push_back(std::move(points));
  return plot;
}

const Json* find_row(const std::vector<Json>& rows, const std::string& name, const std::string& data) {
  for (const Json& row : rows)
    if (row["row"] == name && row["data"] == data && row["epochs"] == 0) return &row;
  return nullptr;
}

std::vector<KeyFigure> key_figures(const Json& results, const std::vector<Json>& rows) {
  std::vector<KeyFigure> figures;
  std::set<std::string> data;
  for (const Json& row : rows) data.insert(row["data"]);
  const auto compare = [&](const std::string& name, const std::string& beside, const std::string& label) {
    for (const std::string& set : data)
      if (const Json* row = find_row(rows, name, set), *other = find_row(rows, beside, set); row && other)
        figures.push_back({percent((*row)["mean"]), label + ", " + set, beside + " " + percent((*other)["mean"])});
  };
  compare("generated-seen", "zoo", "generated for seen conditions");
  compare("generated-unseen-depth", "random-init-unseen-depth", "generated for an unseen depth");
  compare("generated-unseen-task", "retrieval-unseen-task", "generated for unseen tasks");
  const Json& instruction = results["instruction"];
  figures.push_back({percent(instruction["share"]), "of instructions pick the right data set",
                     instruction["samples"].dump() + " held-out phrasings"});
  return figures;
}

void add_facts(HtmlReport& page, const Json& results) {
  const auto text = [](const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(); };
  page.fact("Zoo",
            fmt::format("{} networks, {} weights", text(results["zoo"]["networks"]), text(results["zoo"]["weights"])));
  page.fact("Generator", fmt::format("{} parameters, id {}", text(results["generator"]["parameters"]),
                                     text(results["generator"]["id"]).substr(0, 16)));
  page.fact("Selection", text(results["selection"]));
  page.fact("Temperature", text(results["temperature"]));
  page.fact("Seeds", text(results["seeds"]));
  page.fact("Hardware", fmt::format("{}, {} threads", text(results["hardware"]["processor"]),
                                    text(results["hardware"]["threads"])));
  page.fact("Time", fmt::format("{:.0f} s", results["wall_seconds"].get<double>()));
  page.fact("Peak memory", fmt::format("{:.0f} MiB", results["peak_rss_bytes"].get<double>() / (1 << 20)));
}

std::string compose(const Json& results) {
  const auto all = select_rows(results, "all");
  HtmlReport page("Weightloom: generated weights, assessed",
                  "Unselected samples on test images, beside every trivial baseline");
  add_facts(page, results);
  page.key_figures(key_figures(results, all));
  page.section("Accuracy");
  page.figure(accuracy_plot(all, "Accuracy of zoo, generated networks and baselines"),
              "Every dot is one network. Batch-norm statistics are re-estimated on the same training images, except "
              "for the zoo (as grown) and after fine-tuning.");
  page.table(accuracy_table(all),
             "All families that have a common ancestor. Novelty columns: distance to the nearest training member "
             "relative to the "
             "members' own, largest share of tokens shared with one, smallest disagreement with one on test images.");
  page.section("Fine-tuning");
  std::set<std::string> tuned;
  for (const Json& row : all)
    if (row["epochs"] > 0) tuned.insert(row["data"]);
  for (const std::string& data : tuned)
    page.figure(finetuning_plot(all, data),
                "Before and after fine-tuning on " + data + ", same optimiser, batches and learning rate.");
  page.section("Novelty");
  page.figure(novelty_plot(all), "A copy would stand at 0. Each dot is one generated network.");

  std::set<std::string> families;
  for (const Json& row : results["rows"])
    if (row["architecture"] != "all") families.insert(row["architecture"]);
  page.section("By family");
  for (const std::string& family : families) {
    page.paragraph("Family `" + family + "`");
    page.table(accuracy_table(select_rows(results, family)), "Family " + family + ".");
  }
  return page.render();
}

}  // namespace

std::string render_results_page(const Json& results) {
  if (!results.is_object() || results.value("schema", "") != "weightloom.quickstart/1")
    throw Error(ErrorCode::kRefused, "results.schema", "these are not the results of an assessment",
                "expected schema weightloom.quickstart/1");
  try {
    return compose(results);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "results.schema", "the results file is incomplete", error.what());
  }
}

}  // namespace weightloom
