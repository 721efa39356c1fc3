#pragma once
// Plots as a report holds them, from a fixed seed.

#include <cmath>
#include <string>
#include <vector>

#include "weightloom/base/random.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/report/html.hpp"

namespace weightloom::testing {

inline std::vector<double> draws(Random& random, double mean, double std, int n) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) {
    double sum = 0;
    for (int k = 0; k < 12; ++k) sum += random.uniform();
    values.push_back(mean + std * (sum - 6));
  }
  return values;
}

inline DotPlot sample_dot_plot() {
  Random random(1);
  DotPlot plot{"Accuracy by row", {"Test accuracy", true}, {"zoo", "generated", "baseline"}, {}};
  plot.axis.marks = {{0.1, "chance"}};
  for (const std::string data : {"Fashion-MNIST", "MNIST"}) {
    const double top = data == "MNIST" ? 0.955 : 0.872;
    const auto row = [&](const char* label, double mean, double std, std::size_t series) {
      return DotRow{label, Spread::of(draws(random, mean, std, 20)), series};
    };
    plot.groups.push_back(
        {data,
         {row("zoo", top, 0.006, 0), row("decoded", top - 0.02, 0.012, 0), row("generated-seen", top - 0.024, 0.013, 1),
          row("generated-unseen-depth", top - 0.12, 0.05, 1), row("generated-instruction", top - 0.03, 0.02, 1),
          row("generated-unseen-task", top - 0.05, 0.025, 1), row("average", top - 0.06, 0.004, 2),
          row("noise", top - 0.3, 0.09, 2), row("retrieval", top - 0.2, 0.08, 2), row("random-init", 0.1, 0.03, 2)}});
  }
  return plot;
}

inline LinePlot sample_line_plot() {
  LinePlot plot{"Fine-tuning", {"Epochs of fine-tuning"}, {"Test accuracy", true}, {}};
  const std::vector<std::pair<std::string, std::pair<double, double>>> starts{{"generated, seen", {0.85, 0.9}},
                                                                              {"generated, unseen depth", {0.72, 1.3}},
                                                                              {"average", {0.78, 1.1}},
                                                                              {"random init", {0.1, 1.8}}};
  for (const auto& [name, start] : starts) {
    LineSeries series{name, {}};
    for (int epoch = 0; epoch <= 10; ++epoch)
      series.points.push_back({double(epoch), 0.885 - (0.885 - start.first) * std::exp(-epoch * start.second),
                               0.03 * std::exp(-epoch * 0.5) + 0.003});
    plot.series.push_back(series);
  }
  return plot;
}

inline LinePlot sample_loss_plot() {
  Random random(3);
  LinePlot plot{"Losses", {"Step"}, {"Loss"}, {}};
  plot.y.logarithmic = true;
  for (const std::string name : {"training", "validation"}) {
    LineSeries series{name, {}};
    for (int step = 0; step <= 2000; step += 10)
      series.points.push_back(
          {double(step), (name == "training" ? 2.3 : 2.4) * std::exp(-step / 500.0) + 0.06 + 0.02 * random.uniform()});
    plot.series.push_back(series);
  }
  return plot;
}

inline ScatterPlot sample_scatter_plot() {
  Random random(2);
  ScatterPlot plot{"Novelty", {"Distance to the nearest network of the zoo"}, {"Test accuracy", true}, {}};
  plot.x.marks = {{1.0, "median distance within the zoo"}};
  plot.y.marks = {{0.86, "zoo mean"}};
  const std::vector<std::pair<std::string, std::pair<double, double>>> kinds{{"zoo", {1.0, 0.865}},
                                                                             {"decoded", {0.7, 0.85}},
                                                                             {"generated-seen", {0.85, 0.845}},
                                                                             {"generated-unseen-depth", {1.3, 0.75}},
                                                                             {"average", {0.5, 0.81}},
                                                                             {"noise", {1.6, 0.55}},
                                                                             {"random-init", {2.6, 0.1}}};
  for (const auto& [name, place] : kinds) {
    const auto x = draws(random, place.first, 0.08, 20), y = draws(random, place.second, 0.015, 20);
    ScatterSeries series{name, {}};
    for (std::size_t i = 0; i < x.size(); ++i) series.points.push_back({x[i], y[i], "seed " + std::to_string(i)});
    plot.series.push_back(series);
  }
  return plot;
}

inline Table sample_table() {
  Table table{
      {{"Row"}, {"Architecture"}, {"n", true}, {"Accuracy, %", true}, {"After 1 epoch, %", true}, {"Distance", true}},
      {}};
  table.heading("Fashion-MNIST");
  table.row({"zoo", "mlp `16-32-32-10`", "24", "87.2 ± 0.6", "–", "1.00"});
  table.strong({"generated-seen", "mlp `16-32-32-10`", "20", "84.8 ± 1.3", "86.9 ± 0.5", "0.85"});
  table.row({"generated-unseen-depth", "mlp `16-32-32-32-10`", "20", "75.1 ± 5.0", "86.0 ± 0.9", "1.31"});
  table.heading("MNIST");
  table.row({"average", "cnn", "1", "89.5", "94.2", "0.50"});
  table.row({"random-init", "cnn", "20", "10.0 ± 3.0", "91.2 ± 1.1", "2.60"});
  return table;
}

inline HtmlReport sample_report() {
  HtmlReport report(
      "Weights on demand: Fashion-MNIST and MNIST",
      "One generator, trained on a zoo of 72 small networks, writes weights for conditions in and outside that zoo.");
  report.fact("Made by", "`weightloom report quickstart`")
      .fact("Seeds", "1, 2, 3")
      .fact("Wall time", format_duration(1273))
      .fact("Peak memory", format_size(1'932'735'283));
  report.key_figures({{"84.8 %", "generated, conditions in the zoo", "zoo 87.2 %"},
                      {"75.1 %", "generated, unseen depth", "random init 10.0 %"},
                      {"100 %", "instructions that pick the right data set", "120 phrasings not trained on"},
                      {"0.85", "distance to the nearest zoo network", "1 = median within the zoo"}});
  report.section("Accuracy before any fine-tuning")
      .paragraph(
          "Every row shows at least ten samples that nobody selected. Small dots are single networks; the large one is "
          "the mean, with one standard deviation to either side.")
      .figure(sample_dot_plot(), "Test accuracy of zoo members, generated networks and trivial baselines.")
      .table(sample_table(), "The same rows in numbers: mean ± standard deviation over samples.")
      .note(
          "The zoo of this family has one common ancestor: a plain average of its members is a strong baseline here.");
  report.section("Fine-tuning")
      .figure(sample_line_plot(), "Accuracy after each epoch; bands are one standard deviation.");
  report.section("Novelty").figure(sample_scatter_plot(),
                                   "Distance to the nearest network of the zoo, after alignment, against accuracy.");
  report.section("Training").figure(sample_loss_plot(), "Loss of the generator.");
  report.section("How to repeat it")
      .paragraph("Two commands make everything on this page.")
      .code("./scripts/quickstart.sh\nweightloom report --out report.html");
  return report;
}

}  // namespace weightloom::testing
