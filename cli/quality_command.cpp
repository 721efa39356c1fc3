// bench quality

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/workflow/benchmark.hpp"

namespace weightloom::cli {
namespace {

struct QualityOptions {
  std::string name, out;
  bool quick = false;
};

void declare_quality(CLI::App& app, QualityOptions& options) {
  std::string names;
  for (const auto& name : benchmark_names()) names += (names.empty() ? "" : ", ") + name;
  app.add_option("name", options.name, "One of " + names + ", or a recipe file")->required();
  app.add_option("--out", options.out, "Folder for all that it makes; default: the benchmark's name")->type_name("DIR");
  app.add_flag("--quick", options.quick, "Everything far too short: whether it works, not how well");
}

Json measure_quality(Context& context, const QualityOptions& options) {
  BenchmarkJob job;
  job.recipe = benchmark_recipe(options.name);
  job.folder = options.out.empty() ? job.recipe.stem() : std::filesystem::path(options.out);
  job.quick = options.quick;
  job.threads = context.threads();
  Json json = to_json(run_benchmark(job, plugin_registry(context), context.progress()));
  json["folder"] = job.folder.string();
  json["quick"] = job.quick;
  return json;
}

// Every family's rows; generated ones beside the strongest baseline of their condition.
Json row_cells(const Results& results) {
  Json rows = Json::array();
  for (const ResultRow& row : results.assessment.rows) {
    if (row.architecture == kAllFamilies) continue;
    const Spread spread = Spread::of(row.values);
    Json& cells = rows.emplace_back(Json{{"row", row.name},
                                         {"data", row.data},
                                         {"family", row.architecture},
                                         {"n", row.values.size()},
                                         {"mean", spread.mean},
                                         {"std", spread.std}});
    if (row_definition(row.name).kind != RowKind::kGenerated) continue;
    if (const ResultRow* baseline = strongest_baseline(results.assessment.rows, row))
      cells["baseline"] = compare_baseline(row, *baseline);
  }
  return rows;
}

void print_quality(Printer& print, const Json& json) {
  const Results results = results_from_json(json);
  if (json.at("quick").get<bool>()) print.line("A quick run: the figures mean nothing");
  if (!results.assessment.rows.empty())
    print.table({{"row"},
                 {"data"},
                 {"family"},
                 {"n", "", Format::kCount},
                 {"mean", "", Format::kPercent},
                 {"std", "", Format::kPercent},
                 {"baseline", "strongest baseline"}},
                row_cells(results));
  if (!results.costs.empty())
    print.table({{"network"},
                 {"weights", "", Format::kCount},
                 {"seconds", "time", Format::kDuration},
                 {"weights_per_second", "weights/s", Format::kCount},
                 {"peak_rss_bytes", "peak memory", Format::kSize}},
                json.at("costs"));
  print.line();
  print.field("folder", json.at("folder").get<std::string>());
  print.field("time", format_duration(results.wall_seconds));
}

}  // namespace

void add_quality_command(CommandTable& table) {
  table.add<QualityOptions>("bench quality", declare_quality, measure_quality, page(print_quality, "folder"));
}

}  // namespace weightloom::cli
