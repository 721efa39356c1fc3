#include "cli/application.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <set>

#include "cli/completion.hpp"
#include "cli/engine_process.hpp"
#include "cli/error_report.hpp"
#include "cli/help.hpp"
#include "cli/invocation.hpp"
#include "cli/json_text.hpp"
#include "cli/shell_words.hpp"
#include "cli/terminal.hpp"
#include "cli/version.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom::cli {
namespace {

using Words = std::vector<std::string>;

void on_interrupt(int) {
  if (interrupt_requested()) _exit(static_cast<int>(ErrorCode::kInterrupted));
  request_interrupt();
  write_interrupt_notice();
}

void install_signal_handlers() {
  struct sigaction action {};
  action.sa_handler = on_interrupt;
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
}

// Options that the framework gives to list commands.
struct ListOptions {
  std::vector<std::string> columns;
  bool fail_empty = false;
};

void declare_list_options(CLI::App& app, ListOptions& options) {
  app.add_option("--columns", options.columns, "Show these columns, by key: name,tags,...")
      ->delimiter(',')
      ->type_name("A,B")
      ->allow_extra_args(false);
  app.add_flag("--fail-empty", options.fail_empty, "Exit with 4 when there is nothing to list");
}

// A column is one of the view's, any key of the items, or what a command that knows Context::columns() put into their
// "columns".
bool has_column(const Json& items, const std::string& key) {
  return items.empty() || std::ranges::any_of(items, [&](const Json& item) { return item.contains(key); });
}

bool has_further_column(const Json& items, const std::string& key) {
  return std::ranges::any_of(items, [&](const Json& item) {
    const auto columns = item.find("columns");
    return columns != item.end() && columns->is_object() && columns->contains(key);
  });
}

std::optional<Column> own_column(const View& view, const std::string& key) {
  const auto known =
      std::ranges::find_if(view.columns, [&](const Column& c) { return c.key == key || c.title == key; });
  return known == view.columns.end() ? std::nullopt : std::optional(*known);
}

Error no_column(const View& view, const Json& items, const std::string& key) {
  std::vector<std::string> names;
  for (const auto& column : view.columns) names.push_back(column.title.empty() ? column.key : column.title);
  if (!items.empty())
    for (const auto& [name, value] : items.front().items()) names.push_back(name);
  const auto near = nearest_name(key, names);
  return Error(ErrorCode::kUsage, "option.value", "no column '" + key + "'", "",
               near.empty() ? "see what there is with --json" : "did you mean '" + near + "'?");
}

Column named_column(const View& view, const Json& items, const std::string& key) {
  if (key.empty())
    throw Error(ErrorCode::kUsage, "option.value", "a column has no name", "", "for example: --columns name,tags");
  if (has_further_column(items, key)) return {(Json::json_pointer("/columns") / key).to_string(), key, Format::kText};
  if (auto own = own_column(view, key)) return *own;
  if (has_column(items, key)) return {key, key, Format::kText};
  throw no_column(view, items, key);
}

std::vector<Column> chosen_columns(const View& view, const Json& items, const std::vector<std::string>& keys) {
  if (keys.empty()) return view.columns;
  std::vector<Column> chosen;
  for (const auto& key : keys) chosen.push_back(named_column(view, items, key));
  return chosen;
}

void print_ids(Printer& printer, const View& view, const Json& result) {
  if (view.id.empty()) return;
  const auto add = [&](const Json& value) { printer.line(format_value(value, Format::kText)); };
  if (view.items.empty())
    add(result.at(view.id));
  else
    for (const auto& item : result.at(view.items)) add(item.at(view.id));
}

void print_json_lines(Printer& printer, const View& view, const Json& result) {
  if (!view.items.empty())
    for (const auto& item : result.at(view.items)) printer.line(json_text(item));
  Json rest = Json::object();
  for (const auto& [key, value] : result.items())
    if (key != view.items) rest[key] = value;
  printer.line(json_text(rest));
}

// The text of an indented JSON value that stands so many columns deep.
std::string json_text_at(std::size_t columns, const Json& value) {
  std::string out;
  for (const char c : json_text(value, 2)) {
    out += c;
    if (c == '\n') out.append(columns, ' ');
  }
  return out;
}

// As json_text(result, 2), but never the whole text at once: that of a long list takes as much as the list.
void print_json(Printer& printer, const View& view, const Json& result) {
  const auto end = [](std::size_t at, const Json& of) { return at < of.size() ? "," : ""; };
  printer.line("{");
  std::size_t keys = 0;
  for (const auto& [key, value] : result.items()) {
    const auto begin = "  " + json_text(key) + ": ";
    const auto* comma = end(++keys, result);
    if (key != view.items || value.empty()) {
      printer.lines(begin + json_text_at(2, value) + comma);
      continue;
    }
    printer.line(begin + "[");
    std::size_t items = 0;
    for (const auto& item : value) printer.lines("    " + json_text_at(4, item) + end(++items, value));
    printer.line(std::string("  ]") + comma);
  }
  printer.line("}");
}

Printer rendered(const View& view, const Json& result, const Settings& settings,
                 const std::vector<std::string>& columns) {
  const bool colour = settings.color == "always" || (settings.color == "auto" && output_is_terminal());
  Printer printer(output_width(), colour, write_output);
  if (settings.json)
    print_json(printer, view, result);
  else if (settings.jsonl)
    print_json_lines(printer, view, result);
  else if (settings.quiet)
    print_ids(printer, view, result);
  else if (view.print)
    view.print(printer, result);
  else
    printer.table(chosen_columns(view, result.at(view.items), columns), result.at(view.items));
  return printer;
}

// A text of the program's own: help, versions.
void write_page(std::string_view text) {
  Printer printer(0, false);
  printer.lines(text);
  write_output(printer);
}

std::string schema_of(std::string_view command) {
  std::string name(command);
  std::ranges::replace(name, ' ', '.');
  return "weightloom." + name + "/1";
}

Json with_schema(Json result, std::string_view command) {
  Json out = {{"schema", schema_of(command)}};
  for (auto& item : result.items()) out[item.key()] = std::move(item.value());
  return out;
}

std::unique_ptr<CLI::App> new_app() {
  auto app = std::make_unique<CLI::App>();
  app->set_help_flag();
  app->option_defaults()->always_capture_default();
  return app;
}

// Declares the command's own options in `app` and returns what runs it.
Command::Run declare(const Command& command, CLI::App& app, ListOptions& list) {
  auto run = command.declare(app);
  if (!command.view.items.empty()) declare_list_options(app, list);
  return run;
}

// What works on folders of backups, and makes a zoo of its own where it makes one.
constexpr std::string_view kWithoutZoo[] = {"zoo backups", "zoo restore"};

// A zoo that is named where the command has an argument for it.
void expect_one_zoo(const GlobalOptions& given, const CLI::App& app, const std::string& command) {
  if (command == "zoo init" && given.zoo && app.count("directory") > 0)
    throw Error(ErrorCode::kUsage, "option.conflict", "--zoo and the argument name a zoo each", "", "give one of them");
}

void expect_no_zoo(const GlobalOptions& given, const std::string& command) {
  if (given.zoo && std::ranges::find(kWithoutZoo, command) != std::end(kWithoutZoo))
    throw Error(ErrorCode::kUsage, "option.conflict", "--zoo means nothing to `" + command + "`", "",
                "see `weightloom " + command + " --help`");
}

int run_command(const Application& application, const Invocation& invocation) {
  const std::string name(invocation.entry->name);
  const Command& command = application.commands.at(name);
  GlobalOptions given;
  ListOptions list;
  const auto app = new_app();
  const auto run = declare(command, *app, list);
  declare_global_options(*app, given);
  parse_options(*app, invocation.arguments, name);
  expect_no_zoo(given, name);
  expect_one_zoo(given, *app, name);

  Context context(resolve_settings(given));
  set_log_level(context.settings().verbose ? "debug" : context.settings().log);
  if (application.prepare) application.prepare(context);
  if (command.view.changes)
    for (const auto& key : list.columns)
      if (!own_column(command.view, key)) throw no_column(command.view, Json::array(), key);
  context.show_columns(list.columns);
  const Json result = with_schema(run(context), name);
  write_output(rendered(command.view, result, context.settings(), list.columns));
  if (list.fail_empty && result.at(command.view.items).empty()) context.exit_with(ErrorCode::kNotFound);
  return context.exit_code();
}

std::string help_page(const Application& application, const CatalogueEntry* entry) {
  const auto app = new_app();
  if (entry == nullptr) {
    GlobalOptions globals;
    declare_global_options(*app, globals);
    return root_help(*app);
  }
  if (is_group(entry->name)) return group_help(*entry);
  ListOptions list;
  declare(application.commands.at(std::string(entry->name)), *app, list);
  return command_help(*entry, *app);
}

// The value of an option in words that need not make a whole command line yet.
std::optional<std::string> value_in(const Words& words, const std::string& option) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i] == option && i + 1 < words.size()) return words[i + 1];
    if (words[i].starts_with(option + "=")) return words[i].substr(option.size() + 1);
  }
  return std::nullopt;
}

// A shell leaves the sign for the home folder to be replaced when the command runs.
std::string with_home(const std::string& path) {
  const char* home = std::getenv("HOME");
  return home != nullptr && path.starts_with("~/") ? home + path.substr(1) : path;
}

// The settings that decide which words there are.
GlobalOptions options_in(const Words& words) {
  GlobalOptions given;
  given.log = "off";
  if (const auto zoo = value_in(words, "--zoo")) given.zoo = with_home(*zoo);
  if (const auto folder = value_in(words, "--plugin-dir")) given.plugin_dirs = {with_home(*folder)};
  return given;
}

// What may stand in place of `current` after `words`.
Words completions(const Application& application, const Words& words, const std::string& current) {
  const auto invocation = find_command(words);
  const auto* entry = invocation.entry;
  const bool is_command = entry != nullptr && !is_group(entry->name);
  const Typed typed{invocation.arguments, current, is_command};
  const auto app = new_app();
  GlobalOptions globals;
  ListOptions list;
  std::vector<Column> columns;
  Words candidates;
  if (is_command) {
    const auto& command = application.commands.at(std::string(entry->name));
    declare(command, *app, list);
    columns = command.view.columns;
  } else if (!current.starts_with('-')) {
    candidates = complete_commands(entry ? Words{std::string(entry->name)} : Words{});
  }
  declare_global_options(*app, globals);
  const auto stored = [&](StoredWord kind, const std::string& prefix) {
    const Context context(resolve_settings(options_in(words)));
    return application.words ? application.words(context, kind, prefix) : Words();
  };
  std::ranges::copy(complete_argument(*app, typed, columns, stored), std::back_inserter(candidates));
  std::set<std::string> seen;
  std::erase_if(candidates, [&](const auto& word) {
    return !word.starts_with(current) || !is_printable(word) || !seen.insert(word).second;
  });
  return candidates;
}

// Completion is asked for while people type: what goes wrong is not told, there is just nothing to propose.
int complete(const Application& application, const Words& arguments) {
  set_log_level("off");
  const bool bash = arguments.size() == 4 && arguments[1] == "--bash";
  ShellLine line;
  if (bash) {
    line = parse_shell_line(arguments[2], arguments[3]);
    if (!line.words.empty()) line.words.erase(line.words.begin());
  } else {
    line.words.assign(arguments.begin() + 1, arguments.end());
    if (!line.words.empty()) {
      line.current = line.words.back();
      line.words.pop_back();
    }
  }
  try {
    if (line.redirected) return 0;
    const auto* entry = find_command(line.words).entry;
    if (application.host == Host::kFront && entry != nullptr && !is_group(entry->name) && entry->host == Host::kEngine)
      become_engine(arguments);
    std::string text;
    for (const auto& candidate : completions(application, line.words, line.current))
      text += (bash ? shell_insertion(line, candidate) : candidate) + "\n";
    if (!text.empty()) write_page(text);
  } catch (const std::exception&) {
  }
  return 0;
}

int missing_command(const CatalogueEntry* group) {
  const std::string name = group ? "weightloom " + std::string(group->name) : "weightloom";
  throw Error(ErrorCode::kUsage, "command.missing", "which command?", "", "see `" + name + " --help`");
}

int dispatch(const Application& application, const Words& arguments) {
  if (!arguments.empty() && arguments.front() == "__complete") return complete(application, arguments);
  const auto invocation = find_command(arguments);
  const auto* entry = invocation.entry;
  const bool command = entry != nullptr && !is_group(entry->name);
  if (command && application.host == Host::kFront && host_of(*entry, arguments) == Host::kEngine)
    become_engine(arguments);
  if (invocation.help) {
    write_page(help_page(application, entry));
    return 0;
  }
  if (invocation.version) {
    const bool json = std::ranges::find(arguments, "--json") != arguments.end();
    write_page(json ? json_text(version_json(), 2) : version_text());
    return 0;
  }
  if (!command) return missing_command(entry);
  return run_command(application, invocation);
}

int report(const Error& error, const Words& arguments) {
  const auto given = [&](const char* option) { return std::ranges::find(arguments, option) != arguments.end(); };
  write_message(error_text(error));
  try {
    if (given("--json") || given("--jsonl")) write_page(json_text(error_json(error), given("--json") ? 2 : -1));
  } catch (const Error&) {
    // Standard output is what failed; stderr has said so.
  }
  return static_cast<int>(error.code());
}

}  // namespace

int run_application(const Application& application, int argc, char** argv) {
  const Words arguments(argv + std::min(argc, 1), argv + argc);
  install_signal_handlers();
  try {
    return dispatch(application, arguments);
  } catch (const std::exception& exception) {
    const bool verbose =
        std::ranges::any_of(arguments, [](const auto& word) { return word == "-v" || word == "--verbose"; });
    return report(as_error(exception, verbose), arguments);
  }
}

}  // namespace weightloom::cli
