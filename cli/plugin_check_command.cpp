#include <fmt/format.h>

#include <thread>

#include "cli/command_groups.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/plugin/check.hpp"

namespace weightloom::cli {
namespace {

struct PluginCheckOptions {
  std::string file;
  CheckOptions checks;
  bool list = false, only_failed = false;
  std::vector<std::string> reference;
  double tolerance = 1e-4;
};

void declare_plugin_check(CLI::App& app, PluginCheckOptions& options) {
  auto& checks = options.checks;
  app.add_option("file", options.file, "The plugin's file")->type_name("PATH");
  app.add_option("--tier", checks.tiers, "Of these tiers alone: library, config, layout, graph, dialect, execution")
      ->delimiter(',')
      ->type_name("A,B")
      ->allow_extra_args(false);
  app.add_option("--include", checks.include, "These checks alone; * stands for any characters")
      ->delimiter(',')
      ->type_name("A,B")
      ->allow_extra_args(false);
  app.add_option("--exclude", checks.exclude, "Not these checks")
      ->delimiter(',')
      ->type_name("A,B")
      ->allow_extra_args(false);
  app.add_flag("--list", options.list, "Say which checks there are");
  app.add_flag("--only-failed", options.only_failed, "Show what failed alone, without warnings");
  app.add_flag("--in-process", checks.hosting.in_process, "Run the plugin in this process: for debuggers");
  app.add_option("--seed", checks.seed, "Of random configurations and values")->check(whole_number())->type_name("N");
  auto* reference =
      app.add_option("--reference", options.reference,
                     "Foreign weights, and .npy arrays of samples and of what they put out, to be matched")
          ->expected(3)
          ->type_name("WEIGHTS INPUT OUTPUT");
  app.add_option("--tolerance", options.tolerance, "Of the largest output, for --reference")
      ->check(positive_number())
      ->needs(reference)
      ->type_name("X");
  add_settings_option(app, "--set", checks.config, "Configuration of the network that is executed");
  app.add_option("--configurations", checks.configurations, "So many random configurations")
      ->check(CLI::Range(0, 1000000))
      ->type_name("N");
  app.add_option("--jobs", checks.jobs, "So many at the same time")->check(CLI::Range(1, 64))->type_name("N");
}

Json to_json(const std::vector<CheckResult>& results) {
  Json checks = Json::array();
  for (const auto& result : results)
    checks.push_back({{"name", result.name},
                      {"tier", result.tier},
                      {"outcome", outcome_name(result.outcome)},
                      {"sentence", result.sentence},
                      {"detail", result.detail}});
  return checks;
}

// With what makes it come again alone.
std::string rerun(const PluginCheckOptions& options, const CheckResult& result) {
  auto command =
      fmt::format("weightloom plugin check {} --include {} --seed {}", options.file, result.name, options.checks.seed);
  for (const auto& [key, value] : options.checks.config.items())
    command += fmt::format(" --set {}={}", key, value.dump());
  if (result.name == "matches-reference") command += fmt::format(" --reference {}", fmt::join(options.reference, " "));
  return command;
}

Json carry_out(Context& context, PluginCheckOptions options) {
  if (options.file.empty())
    throw Error(ErrorCode::kUsage, "check.file", "which plugin?", "", "give its file, NAME.wlplugin.so");
  options.checks.waivers = find_waivers(".");
  auto results = check_plugin(options.file, options.checks);
  std::map<std::string_view, std::int64_t> counts;
  Json again = Json::array();
  for (const auto& result : results) {
    ++counts[outcome_name(result.outcome)];
    if (!result.good()) again.push_back(rerun(options, result));
  }
  const auto failures = static_cast<std::int64_t>(again.size());
  if (failures) context.exit_with(ErrorCode::kPlugin);
  const auto all = results.size();
  if (options.only_failed) std::erase_if(results, [](const auto& result) { return result.good(); });
  return {{"path", options.file},          {"failures", failures},         {"passed", counts["passed"]},
          {"warnings", counts["warning"]}, {"skipped", counts["skipped"]}, {"total", all},
          {"checks", to_json(results)},    {"rerun", std::move(again)}};
}

void print_checks(Printer& print, const Json& result) {
  if (result.contains("listed")) {
    print.table({{"name", "check"}, {"tier"}, {"sentence", "what holds"}}, result["checks"]);
    return;
  }
  for (const auto& check : result["checks"]) {
    const auto detail = check["detail"].get<std::string>();
    print.line(fmt::format("{:8} {:30} {}", check["outcome"].get<std::string>(), check["name"].get<std::string>(),
                           check["sentence"].get<std::string>()));
    if (!detail.empty()) print.line(fmt::format("{:40}{}", "", detail));
  }
  const auto count = [&](const char* what) { return result[what].get<std::int64_t>(); };
  auto summary = fmt::format("{} of {} checks passed", count("passed"), count("total"));
  if (count("warnings")) summary += fmt::format(", {} with a warning", count("warnings"));
  if (count("skipped")) summary += fmt::format(", {} skipped", count("skipped"));
  print.line(summary);
  for (const auto& command : result["rerun"]) print.line("again: " + command.get<std::string>());
}

}  // namespace

void add_plugin_check_command(CommandTable& table, NetworkChecks network) {
  const auto run = [network](Context& context, PluginCheckOptions options) -> Json {
    options.checks.further = network.all;
    if (!options.reference.empty()) {
      if (!network.reference)
        throw Error(ErrorCode::kUsage, "check.reference", "cannot match the reference", "--tier leaves execution out",
                    "add execution to --tier, or leave --tier out");
      options.checks.further.push_back(network.reference(options.reference, options.tolerance));
    }
    if (options.list) return {{"listed", true}, {"checks", to_json(list_checks(options.checks))}};
    return carry_out(context, std::move(options));
  };
  table.add<PluginCheckOptions>("plugin check", declare_plugin_check, run, page(print_checks));
}

}  // namespace weightloom::cli
