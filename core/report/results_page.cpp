#include "weightloom/report/results_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "weightloom/base/units.hpp"
#include "weightloom/report/html.hpp"

namespace weightloom {
namespace {

using Rows = std::vector<ResultRow>;

std::ptrdiff_t reading_order(const ResultRow& row) {
  return &row_definition(row.name) - row_definitions().data();
}

bool is_generated(const ResultRow& row) {
  return row_definition(row.name).kind == RowKind::kGenerated;
}

// All rows of one architecture label, in reading order.
Rows select_rows(const Results& results, std::string_view architecture) {
  Rows rows;
  std::ranges::copy_if(results.assessment.rows, std::back_inserter(rows),
                       [&](const ResultRow& row) { return row.architecture == architecture; });
  std::ranges::stable_sort(rows, {},
                           [](const ResultRow& row) { return std::tuple(row.data, reading_order(row), row.epochs); });
  return rows;
}

std::string percent(const std::optional<double>& share) {
  return share ? format_percent(*share) : kNoValue;
}

std::string row_label(const ResultRow& row) {
  return row.name + (row.epochs > 0 ? fmt::format(", {:g} epoch of fine-tuning", row.epochs) : std::string());
}

Table accuracy_table(const Rows& rows) {
  Table table{{{"row"},
               {"n", true},
               {"mean", true},
               {"std", true},
               {"distance", true},
               {"tokens shared", true},
               {"disagreement", true}},
              {}};
  std::string data;
  for (const ResultRow& row : rows) {
    if (row.data != data) table.heading(data = row.data);
    const Spread spread = Spread::of(row.values);
    const Novelty novelty = row.novelty.value_or(Novelty{});
    std::vector<std::string> cells{row_label(row),
                                   format_count(static_cast<std::int64_t>(row.values.size())),
                                   format_percent(spread.mean),
                                   format_percent(spread.std),
                                   novelty.distance_to_nearest ? format_number(*novelty.distance_to_nearest) : kNoValue,
                                   percent(novelty.tokens_shared_with_nearest),
                                   row.novelty ? format_percent(novelty.disagreement_with_nearest) : kNoValue};
    if (is_generated(row))
      table.strong(std::move(cells));
    else
      table.row(std::move(cells));
  }
  return table;
}

// The plot's series are the kinds of row, in their order.
DotPlot accuracy_plot(const Rows& rows, const std::string& title) {
  DotPlot plot{title, {"accuracy on test images", true, false, 0.0, 1.0, {}}, {"zoo", "generated", "baseline"}, {}};
  for (const ResultRow& row : rows) {
    if (plot.groups.empty() || plot.groups.back().title != row.data) plot.groups.push_back({row.data, {}});
    plot.groups.back().rows.push_back(
        {row_label(row), Spread::of(row.values), static_cast<std::size_t>(row_definition(row.name).kind)});
  }
  return plot;
}

// Accuracy before and after fine-tuning, one line for each kind of start.
LinePlot finetuning_plot(const Rows& rows, const std::string& data) {
  LinePlot plot{"Fine-tuning on " + data,
                {"epochs of fine-tuning", false, false, {}, {}, {}},
                {"accuracy on test images", true, false, 0.0, 1.0, {}},
                {}};
  std::map<std::string, LineSeries> lines;
  std::set<std::string> tuned;
  for (const ResultRow& row : rows) {
    if (row.data != data) continue;
    const Spread spread = Spread::of(row.values);
    lines[row.name].name = row.name;
    if (spread.count > 0) lines[row.name].points.push_back({row.epochs, spread.mean, spread.std});
    if (row.epochs > 0) tuned.insert(row.name);
  }
  for (auto& [name, line] : lines)
    if (tuned.contains(name)) plot.series.push_back(std::move(line));
  return plot;
}

ScatterPlot novelty_plot(const Rows& rows) {
  ScatterPlot plot{
      "Novelty",
      {"share of test images on which the nearest zoo network answers differently", true, false, {}, {}, {}},
      {"accuracy on test images", true, false, {}, {}, {}},
      {}};
  std::map<std::string, ScatterSeries> series;
  for (const ResultRow& row : rows) {
    if (!row.novelty) continue;
    const auto& disagreements = row.novelty->disagreements;
    series[row.name].name = row.name;
    for (std::size_t i = 0; i < std::min(disagreements.size(), row.values.size()); ++i)
      series[row.name].points.push_back({disagreements[i], row.values[i], row.data});
  }
  for (auto& [name, points] : series) plot.series.push_back(std::move(points));
  return plot;
}

// One card for each generated row before fine-tuning, each beside the strongest baseline of its condition.
std::vector<KeyFigure> key_figures(const Results& results, const Rows& rows) {
  std::vector<KeyFigure> figures;
  for (const ResultRow& row : rows) {
    if (!is_generated(row) || row.epochs > 0) continue;
    const ResultRow* baseline = strongest_baseline(rows, row);
    figures.push_back({format_percent(Spread::of(row.values).mean),
                       fmt::format("{}, {}", row_definition(row.name).headline, row.data),
                       baseline ? compare_baseline(row, *baseline) : "no baseline"});
  }
  const InstructionResult& instruction = results.assessment.instruction;
  figures.push_back({format_percent(instruction.share()), "of instructions pick the right data set",
                     format_count(instruction.samples) + " held-out phrasings"});
  return figures;
}

std::string sentence_text(const SentenceResult& sentence) {
  std::string because;
  for (const auto& word : sentence.because) because += (because.empty() ? "" : ", ") + word;
  std::string text = fmt::format("“{}” was understood as {}, {} (certainty {}; {})", sentence.instruction,
                                 sentence.data, sentence.network, format_percent(sentence.certainty), because);
  if (sentence.validation_accuracy)
    text += fmt::format(": {} on validation images", format_percent(*sentence.validation_accuracy));
  return text;
}

void add_facts(HtmlReport& page, const Results& results) {
  if (results.sentence) page.fact("Sentence", sentence_text(*results.sentence));
  page.fact("Zoo", fmt::format("{} networks, {} weights", format_count(results.zoo.networks),
                               format_count(results.zoo.weights)));
  page.fact("Generator", fmt::format("{} parameters, id {}", format_count(results.generator.parameters),
                                     results.generator.id.substr(0, 16)));
  page.fact("Selection", results.selection);
  page.fact("Temperature", fmt::format("{:g}", results.temperature));
  page.fact("Seeds", seeds_text(results));
  page.fact("Hardware", fmt::format("{}, {} threads", results.hardware.processor, results.hardware.threads));
  page.fact("Time", format_duration(results.wall_seconds));
  page.fact("Peak memory", format_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, results.peak_rss_bytes))));
}

void add_finetuning(HtmlReport& page, const Rows& rows) {
  page.section("Fine-tuning");
  std::set<std::string> tuned;
  for (const ResultRow& row : rows)
    if (row.epochs > 0) tuned.insert(row.data);
  for (const std::string& data : tuned)
    page.figure(finetuning_plot(rows, data),
                "Before and after fine-tuning on " + data + ", same optimiser, batches and learning rate.");
}

void add_costs(HtmlReport& page, const Results& results) {
  Table table{{{"Network"}, {"Weights", true}, {"Time", true}, {"Weights/s", true}, {"Peak memory", true}}, {}};
  for (const GenerationCost& cost : results.costs)
    table.row({cost.network, format_count(cost.weights), format_duration(cost.seconds),
               format_count(static_cast<std::int64_t>(cost.weights_per_second())),
               format_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, cost.peak_rss_bytes)))});
  page.section("What large networks cost");
  page.table(table, "Written from words alone, one network each, from the request to the file on the disk.");
}

void add_families(HtmlReport& page, const Results& results) {
  std::set<std::string> families;
  for (const ResultRow& row : results.assessment.rows)
    if (row.architecture != kAllFamilies) families.insert(row.architecture);
  page.section("By family");
  page.paragraph("A family is a lineage that shares an anchor; networks without one stand under their architecture.");
  for (const std::string& family : families)
    page.table(accuracy_table(select_rows(results, family)), "Family `" + family + "`.");
}

}  // namespace

std::string render_results_page(const Results& results) {
  const Rows all = select_rows(results, kAllFamilies);
  HtmlReport page("Weightloom: generated weights, assessed",
                  "Unselected samples on test images, beside every trivial baseline");
  add_facts(page, results);
  if (!results.costs.empty()) add_costs(page, results);
  if (all.empty()) return page.render();
  page.key_figures(key_figures(results, all));
  page.section("Accuracy");
  page.figure(accuracy_plot(all, "Accuracy of zoo, generated networks and baselines"),
              "Every dot is one network. Batch-norm statistics are re-estimated on the same training images, except "
              "for the zoo (as grown) and after fine-tuning.");
  page.table(accuracy_table(all),
             "All families but those whose anchor is a mean. Novelty columns: distance to the nearest training member "
             "relative to the members' own, largest share of tokens shared with one, smallest disagreement with one "
             "on test images.");
  add_finetuning(page, all);
  page.section("Novelty");
  page.figure(novelty_plot(all), "A copy would stand at 0. Each dot is one generated network.");
  add_families(page, results);
  return page.render();
}

}  // namespace weightloom
