#include "cli/invocation.hpp"

#include <algorithm>

#include "cli/completion.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom::cli {
namespace {

bool is_option(const std::string& word) {
  return word.size() > 1 && word.starts_with('-');
}

// Does this global option take the next word as its value?
bool takes_next_word(const std::string& word) {
  static const std::vector<std::string> with_value = [] {
    CLI::App app;
    GlobalOptions options;
    declare_global_options(app, options);
    std::vector<std::string> names;
    for (const auto* option : app.get_options())
      if (option->get_expected_max() > 0)
        for (const auto& name : option->get_lnames()) names.push_back("--" + name);
    return names;
  }();
  return std::ranges::find(with_value, word) != with_value.end();
}

[[noreturn]] void refuse_command(const std::string& group, const std::string& word) {
  const auto candidates = words_after(group);
  const auto near = nearest_name(word, candidates);
  const std::string prefix = group.empty() ? "weightloom" : "weightloom " + group;
  throw Error(ErrorCode::kUsage, "command.unknown",
              "unknown command '" + (group.empty() ? word : group + " " + word) + "'", "",
              near.empty() ? "see `" + prefix + " --help`" : "did you mean `" + prefix + " " + near + "`?");
}

std::string hint_for(const std::string& command) {
  return "see `weightloom " + command + " --help`";
}

[[noreturn]] void refuse_extra(const CLI::App& app, const std::string& word, const std::string& command) {
  if (!is_option(word))
    throw Error(ErrorCode::kUsage, "argument.unexpected", "unexpected argument '" + word + "'", "", hint_for(command));
  const std::string name = word.substr(0, word.find('='));
  const auto near = nearest_name(name, option_names(app));
  throw Error(ErrorCode::kUsage, "option.unknown", "unknown option '" + name + "'", "",
              near.empty() ? hint_for(command) : "did you mean '" + near + "'?");
}

}  // namespace

Invocation find_command(const std::vector<std::string>& arguments) {
  Invocation found;
  std::string group;
  bool complete = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& word = arguments[i];
    if (word == "--") {
      found.arguments.insert(found.arguments.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i),
                             arguments.end());
      break;
    }
    if (word == "--help" || word == "-h") {
      found.help = true;
    } else if (word == "--version" && !complete && group.empty()) {
      found.version = true;
    } else if (complete || is_option(word)) {
      found.arguments.push_back(word);
      if (!complete && takes_next_word(word) && i + 1 < arguments.size()) found.arguments.push_back(arguments[++i]);
    } else if (word == "help" && group.empty()) {
      found.help = true;
    } else {
      const auto* entry = find_entry(group.empty() ? word : group + " " + word);
      if (entry == nullptr) refuse_command(group, word);
      found.entry = entry;
      complete = !is_group(entry->name);
      if (!complete) group = word;
    }
  }
  return found;
}

void declare_global_options(CLI::App& app, GlobalOptions& options) {
  app.add_flag("--json", options.json, "Print one JSON object");
  app.add_flag("--jsonl", options.jsonl, "Print one JSON object a line, a summary last");
  app.add_flag("-q,--quiet", options.quiet, "Print ids only, and no messages");
  app.add_option("--zoo", options.zoo, "The zoo to work on")->type_name("DIR");
  app.add_option("--plugin-dir", options.plugin_dirs, "Look for plugins here first; may be repeated")
      ->type_name("DIR")
      ->allow_extra_args(false);
  app.add_option("--threads", options.threads, "Threads; 0: one for each core")
      ->check(CLI::Range(0, 1024))
      ->type_name("N");
  app.add_option("--progress", options.progress, "auto, bar, plain, json or none")->type_name("MODE");
  app.add_option("--color", options.color, "auto, always or never")->type_name("WHEN");
  app.add_option("--log", options.log, "trace, debug, info, warn, error or off")->type_name("LEVEL");
  app.add_flag("-v,--verbose", options.verbose, "Log more, and tell all that is known of a failure");
  app.add_flag("--yes", options.yes, "Answer every question with yes");
  app.add_flag("--no-input", options.no_input, "Never ask");
}

void parse_options(CLI::App& app, const std::vector<std::string>& arguments, const std::string& command) {
  app.set_help_flag();
  app.allow_extras();
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::ParseError& error) {
    // A misspelt option often makes a required one seem to be missing: the misspelling is the better message.
    for (const auto& word : app.remaining())
      if (is_option(word)) refuse_extra(app, word, command);
    throw Error(ErrorCode::kUsage, "option.value", error.what(), "", hint_for(command));
  }
  auto extras = app.remaining();
  std::erase(extras, "--");  // the mark itself: what follows it has been taken as it stands
  if (!extras.empty()) refuse_extra(app, extras.front(), command);
}

}  // namespace weightloom::cli
