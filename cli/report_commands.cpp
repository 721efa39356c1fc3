// report

#include <memory>
#include <string>

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/recipe.hpp"
#include "cli/word_vectors.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/report/results_page.hpp"
#include "weightloom/workflow/report.hpp"
#include "weightloom/workflow/up_to_date.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

struct ReportOptions {
  std::string recipe, generator = "generator.safetensors", out = "report.html", results = "results.json", sentence;
  Json stages = Json::object();
  bool again = false;
};

double seconds_of(const std::string& stage, const Json& seconds) {
  if (!seconds.is_number() || seconds < 0)
    throw Error(ErrorCode::kUsage, "report.stage", "cannot use --stage " + stage + "=" + seconds.dump(),
                "seconds are a number, and not negative", "for example: --stage grow=90.5");
  return seconds.get<double>();
}

Json run(Context& context, const ReportOptions& options) {
  const Json table = recipe_table(options.recipe, "assessment");
  ReportJob job{
      parse_assessment(table, options.recipe + ": [assessment]"), recipe_seed(options.recipe), {}, context.threads()};
  for (const auto& [stage, seconds] : options.stages.items())
    job.stages.emplace_back(stage, seconds_of(stage, seconds));
  const Zoo zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const Generator generator = Generator::load(options.generator);
  const auto fingerprint = report_fingerprint(zoo, generator, table);
  const auto finished = options.again ? std::nullopt : current_results(options.results, fingerprint);
  for (const auto& path : {options.results, options.out}) expect_writable(path);
  const auto sentence = options.sentence.empty() ? std::nullopt : sentence_of(read_network(options.sentence).record);
  if (!options.sentence.empty() && !sentence)
    throw Error(ErrorCode::kUsage, "report.sentence", "'" + options.sentence + "' was not asked for in words", "",
                "name a file that `weightloom generate --instruction` wrote");
  if (finished) context.note("'" + options.results + "' is up to date");
  const WordVectors words = finished ? WordVectors() : word_vectors(context);
  job.words = &words;
  auto results = finished ? results_from_json(*finished)
                          : make_report(zoo, plugin_registry(context), generator, job, fingerprint, context.progress());
  results.sentence = sentence;
  const Json json = to_json(results);
  if (!finished || json != *finished) write_file(options.results, json.dump(1) + "\n");
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
        app.add_option("--generator", options.generator, "Generator file")->capture_default_str();
        app.add_option("--out", options.out, "Page to write")->capture_default_str();
        app.add_option("--sentence", options.sentence,
                       "A generated weights file that was asked for in words: the page shows how they were understood");
        app.add_option("--results", options.results, "JSON file to write")->capture_default_str();
        add_settings_option(app, "--stage", options.stages,
                            "Seconds that a stage before the assessment took, such as grow=90; may be repeated. The "
                            "report states them, and their sum with its own as its time")
            ->type_name("STAGE=SECONDS");
        app.add_flag("--again", options.again, "Assess even when the results are up to date");
      },
      run, page(print_rows));
}

}  // namespace weightloom::cli
