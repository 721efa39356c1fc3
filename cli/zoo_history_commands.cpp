// Commands that tell what was changed and removed, and take it back.

#include <algorithm>

#include "cli/command_groups.hpp"
#include "cli/zoo_access.hpp"

namespace weightloom::cli {
namespace {

// Of a step that concerned many networks, those that a line has room for.
constexpr std::size_t kMostNamed = 5;

std::string subjects(const HistoryStep& step) {
  auto names = step.aliases;
  for (const auto& [id, name] : step.networks) names.push_back(name);
  std::ranges::sort(names);
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostNamed); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMostNamed) text += " and " + std::to_string(names.size() - kMostNamed) + " more";
  return text;
}

Json step_json(const HistoryStep& step) {
  Json networks = Json::array();
  for (const auto& [id, name] : step.networks) networks.push_back({{"id", id}, {"name", name}});
  return {{"number", step.number},
          {"time", step.time},
          {"operation", step.operation},
          {"what", subjects(step)},
          {"state", step.undone       ? "taken back"
                    : step.undoes     ? "takes back " + std::to_string(step.undoes)
                    : step.reversible ? ""
                                      : "final"},
          {"user", step.user},
          {"command", step.command},
          {"undoes", step.undoes ? Json(step.undoes) : Json()},
          {"undone", step.undone},
          {"reversible", step.reversible},
          {"networks", std::move(networks)},
          {"aliases", step.aliases}};
}

struct HistoryOptions {
  std::string name;
  std::size_t limit = 0;
};

void declare_history(CLI::App& app, HistoryOptions& options) {
  app.add_option("network", options.name, "Only what concerns this network or alias: name, also a former one, or id")
      ->type_name("NETWORK");
  app.add_option("--limit", options.limit, "Show at most N steps")->type_name("N")->check(whole_number());
}

Json run_history(Context& context, const HistoryOptions& options) {
  const auto zoo = open_for_reading(context);
  const auto history = zoo.history(options.name);
  const auto shown = options.limit == 0 ? history.size() : std::min(options.limit, history.size());
  Json steps = Json::array();
  for (std::size_t i = 0; i < shown; ++i) steps.push_back(step_json(history[i]));
  return {{"store", zoo.uuid()}, {"truncated", shown < history.size()}, {"steps", std::move(steps)}};
}

struct UndoOptions : WaitOption {
  std::uint64_t number = 0;
};

void declare_undo(CLI::App& app, UndoOptions& options) {
  app.add_option("step", options.number,
                 "Its number in `weightloom zoo history`; without one, the last that was not taken back")
      ->check(positive_number())
      ->type_name("NUMBER");
  declare_wait(app, options);
}

Json run_undo(Context& context, const UndoOptions& options) {
  auto zoo = open_for_writing(context, options);
  const auto undone = zoo.undo(options.number);
  auto result = step_json(undone.step);
  result["by"] = undone.number;
  return result;
}

void print_undo(Printer& printer, const Json& result) {
  printer.line("took step " + result.at("number").dump() + " back: " + result.at("operation").get<std::string>() + " " +
               result.at("what").get<std::string>());
  printer.line("`weightloom zoo undo " + result.at("by").dump() + "` does it again");
}

Json run_trash(Context& context, const NoOptions&) {
  const auto zoo = open_for_reading(context);
  Json networks = Json::array();
  for (const auto& network : zoo.trash())
    networks.push_back({{"id", network.id},
                        {"name", network.name},
                        {"aliases", network.aliases},
                        {"params", network.parameters},
                        {"bytes", network.bytes},
                        {"removed", network.removed},
                        {"until", network.until}});
  return {{"store", zoo.uuid()}, {"networks", std::move(networks)}};
}

struct UndeleteOptions : WaitOption {
  std::string name, new_name;
};

void declare_undelete(CLI::App& app, UndeleteOptions& options) {
  app.add_option("network", options.name, "Its name, id, or the first digits of its id")
      ->required()
      ->type_name("REMOVED");
  app.add_option("--name", options.new_name, "Bring it back under this name")->type_name("NEW")->check(not_empty());
  declare_wait(app, options);
}

Json run_undelete(Context& context, const UndeleteOptions& options) {
  auto zoo = open_for_writing(context, options);
  const auto record = zoo.undelete(options.name, options.new_name);
  return {{"id", record.id}, {"name", record.name}, {"aliases", zoo.aliases(record.id)}};
}

void print_undelete(Printer& printer, const Json& result) {
  printer.line(result.at("name").get<std::string>() + " is back");
}

}  // namespace

void add_zoo_history_commands(CommandTable& table) {
  table.add<HistoryOptions>(
      "zoo history", declare_history, run_history,
      listing("steps", "number", {{"number", "step", Format::kNumber}, {"time"}, {"operation"}, {"what"}, {"state"}}));
  table.add<UndoOptions>("zoo undo", declare_undo, run_undo, changing(page(print_undo, "by")));
  table.add<NoOptions>(
      "zoo trash", declare_nothing, run_trash,
      listing("networks", "name", {{"name"}, {"bytes", "size", Format::kSize}, {"removed"}, {"until"}, {"id"}}));
  table.add<UndeleteOptions>("zoo undelete", declare_undelete, run_undelete, page(print_undelete, "id"));
}

}  // namespace weightloom::cli
