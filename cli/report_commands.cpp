// report

#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/recipe.hpp"
#include "weightloom/assessment/assessment.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/report/results_page.hpp"

namespace weightloom::cli {
namespace {

struct ReportOptions {
  std::string recipe, tokenizer = "tokenizer.safetensors", generator = "generator.safetensors", out = "report.html",
                      results = "results.json";
  Json stages = Json::object();
  bool again = false;
};

std::string processor_name() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);)
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  return "unknown";
}

std::int64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::int64_t>(usage.ru_maxrss) * 1024;
}

Json run(Context& context, const ReportOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Json table = recipe_table(options.recipe, "assessment");
  const AssessmentOptions assessment = parse_assessment(table, options.recipe + ": [assessment]");
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const Generator generator =
      Generator::load(options.generator, std::make_shared<const Tokenizer>(Tokenizer::load(options.tokenizer)));
  const std::string fingerprint = short_hash(table.dump() + members_fingerprint(zoo) + generator.id());

  if (!options.again && std::filesystem::exists(options.results)) {
    const Json finished = Json::parse(read_file(options.results), nullptr, false);
    if (finished.is_object() && finished.value("fingerprint", "") == fingerprint) {
      context.note("'" + options.results + "' is up to date");
      write_file(options.out, render_results_page(finished));
      return finished;
    }
  }
  for (const auto& path : {options.results, options.out}) expect_writable(path);
  Json results{{"schema", "weightloom.quickstart/1"}, {"fingerprint", fingerprint}};
  results.update(assess(zoo, plugin_registry(context), generator, assessment, context.progress()));
  double wall = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  results["stages"] = options.stages;
  results["stages"]["assessment"] = wall;
  wall = 0;
  for (const auto& [stage, seconds] : results["stages"].items()) wall += seconds.get<double>();
  results["wall_seconds"] = wall;
  results["peak_rss_bytes"] = peak_memory();
  results["seeds"] = {{"recipe", load_toml(options.recipe).value("seed", 0)},
                      {"assessment", assessment.seed},
                      {"generator", generator.training()["options"]["seed"]},
                      {"tokenizer", generator.tokenizer().training()["options"]["seed"]}};
  results["selection"] = "none";
  results["temperature"] = assessment.temperature;
  results["hardware"] = {{"processor", processor_name()}, {"threads", context.threads()}};
  std::int64_t weights = 0, networks = 0;
  for (const ZooRecord& record : zoo.all()) {
    ++networks;
    weights += record.parameters;
  }
  std::int64_t parameters = 0;
  for (const auto& parameter : generator.model().parameters()) parameters += parameter.numel();
  results["zoo"] = {{"networks", networks}, {"weights", weights}};
  results["generator"] = {{"id", generator.id()},
                          {"parameters", parameters},
                          {"tokenizer", generator.tokenizer().id()},
                          {"training", generator.training()["options"]}};
  write_file(options.results, results.dump(1) + "\n");
  write_file(options.out, render_results_page(results));
  return results;
}

void print_rows(Printer& printer, const Json& results) {
  Json rows = Json::array();
  for (const Json& row : results["rows"])
    if (row["architecture"] == "all") rows.push_back(row);
  printer.heading("Accuracy on test images, unselected samples, all families with an ancestor");
  printer.table({{"row"},
                 {"data"},
                 {"epochs", "", Format::kNumber},
                 {"n", "", Format::kCount},
                 {"mean", "", Format::kPercent},
                 {"std", "", Format::kPercent},
                 {"/novelty/disagreement_with_nearest", "disagreement", Format::kPercent}},
                rows);
  printer.line();
  printer.field("instruction", "picks the right data set in " + results["instruction"]["right_data"].dump() + " of " +
                                   results["instruction"]["samples"].dump() + " samples");
}

}  // namespace

void add_report_commands(CommandTable& table) {
  table.add<ReportOptions>(
      "report",
      [](CLI::App& app, ReportOptions& options) {
        app.add_option("--recipe", options.recipe, "TOML file with an [assessment] table")->required();
        app.add_option("--tokenizer", options.tokenizer, "Tokenizer file")->capture_default_str();
        app.add_option("--generator", options.generator, "Generator file")->capture_default_str();
        app.add_option("--out", options.out, "Page to write")->capture_default_str();
        app.add_option("--results", options.results, "JSON file to write")->capture_default_str();
        add_settings_option(app, "--stage", options.stages,
                            "Seconds that an earlier stage took, name=seconds; counted in wall_seconds");
        app.add_flag("--again", options.again, "Assess even when the results are up to date");
      },
      run, page(print_rows));
}

}  // namespace weightloom::cli
