// report

#include <sys/resource.h>

#include <chrono>
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
#include "weightloom/base/units.hpp"
#include "weightloom/report/results_page.hpp"
#include "weightloom/workflow/members.hpp"
#include "weightloom/workflow/up_to_date.hpp"

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

// Loads what the recipe's assessment needs, and assesses.
Assessment assess_zoo(const Zoo& zoo, const PluginRegistry& registry, const Generator& generator,
                      const AssessmentOptions& options, const ProgressSink& progress) {
  const Tokenizer& tokenizer = generator.tokenizer();
  DataCache data(common_form(zoo, registry));
  AssessmentInput input{generator,
                        data,
                        load_members(zoo, registry, tokenizer, "train"),
                        load_members(zoo, registry, tokenizer, "held-out"),
                        {}};
  for (const UnseenNetwork& unseen : options.unseen)
    input.unseen.push_back(tokenizer.plan(registry.describe(unseen.architecture, unseen.config), unseen.family));
  return assess(input, options, progress);
}

double seconds_of(const std::string& stage, const Json& seconds) {
  if (!seconds.is_number())
    throw Error(ErrorCode::kUsage, "report.stage", "cannot use --stage " + stage + "=" + seconds.dump(),
                "seconds are a number");
  return seconds.get<double>();
}

// Where the seed of a tokenizer or generator stands in its file.
std::uint64_t training_seed(const Json& training) {
  return training.value(Json::json_pointer("/options/seed"), std::uint64_t{0});
}

std::int64_t parameters_of(const torch::nn::Module& model) {
  std::int64_t count = 0;
  for (const auto& parameter : model.parameters()) count += parameter.numel();
  return count;
}

Results::ZooSize size_of(const Zoo& zoo) {
  Results::ZooSize size;
  for (const ZooRecord& record : zoo.all()) {
    ++size.networks;
    size.weights += record.parameters;
  }
  return size;
}

Json run(Context& context, const ReportOptions& options) {
  const auto begin = std::chrono::steady_clock::now();
  const Json table = recipe_table(options.recipe, "assessment");
  const AssessmentOptions assessment = parse_assessment(table, options.recipe + ": [assessment]");
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const Generator generator =
      Generator::load(options.generator, std::make_shared<const Tokenizer>(Tokenizer::load(options.tokenizer)));
  const std::string fingerprint = short_hash(table.dump() + members_fingerprint(zoo) + generator.id());

  const auto finished = options.again ? std::nullopt : current_results(options.results, fingerprint);
  if (finished) {
    context.note("'" + options.results + "' is up to date");
    write_file(options.out, render_results_page(results_from_json(*finished)));
    return *finished;
  }
  for (const auto& path : {options.results, options.out}) expect_writable(path);
  Results results;
  for (const auto& [stage, seconds] : options.stages.items())
    results.stages.emplace_back(stage, seconds_of(stage, seconds));
  results.fingerprint = fingerprint;
  results.assessment = assess_zoo(zoo, plugin_registry(context), generator, assessment, context.progress());
  results.stages.emplace_back("assessment",
                              std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  for (const auto& [stage, seconds] : results.stages) results.wall_seconds += seconds;
  results.peak_rss_bytes = peak_memory();
  results.seeds = {{"recipe", load_toml(options.recipe).value("seed", std::uint64_t{0})},
                   {"assessment", assessment.seed},
                   {"generator", training_seed(generator.training())},
                   {"tokenizer", training_seed(generator.tokenizer().training())}};
  results.temperature = assessment.temperature;
  results.hardware = {processor_name(), context.threads()};
  results.zoo = size_of(zoo);
  results.generator = {generator.id(), parameters_of(generator.model()), generator.tokenizer().id(),
                       generator.training().value("options", Json())};
  const Json json = to_json(results);
  write_file(options.results, json.dump(1) + "\n");
  write_file(options.out, render_results_page(results));
  return json;
}

// The rows of all families; generated ones beside the strongest baseline of their condition.
void print_rows(Printer& printer, const Json& json) {
  const Results results = results_from_json(json);
  Json rows = Json::array();
  for (const ResultRow& row : results.assessment.rows) {
    if (row.architecture != kAllFamilies) continue;
    const Spread spread = Spread::of(row.values);
    Json& cells = rows.emplace_back(Json{{"row", row.name},
                                         {"data", row.data},
                                         {"epochs", row.epochs},
                                         {"n", row.values.size()},
                                         {"mean", spread.mean},
                                         {"std", spread.std}});
    if (row.novelty) cells["disagreement"] = row.novelty->disagreement_with_nearest;
    if (row_definition(row.name).kind != RowKind::kGenerated) continue;
    if (const ResultRow* baseline = strongest_baseline(results.assessment.rows, row))
      cells["baseline"] = compare_baseline(row, *baseline);
  }
  printer.heading("Accuracy on test images, unselected samples, all families but those whose anchor is a mean");
  printer.table({{"row"},
                 {"data"},
                 {"epochs", "", Format::kNumber},
                 {"n", "", Format::kCount},
                 {"mean", "", Format::kPercent},
                 {"std", "", Format::kPercent},
                 {"disagreement", "", Format::kPercent},
                 {"baseline", "strongest baseline"}},
                rows);
  printer.line();
  const InstructionResult& instruction = results.assessment.instruction;
  printer.field("instruction", "picks the right data set in " + format_count(instruction.right_data) + " of " +
                                   format_count(instruction.samples) + " samples");
  printer.field("seeds", seeds_text(results));
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
