#include "cli/completion.hpp"

#include <algorithm>
#include <optional>

#include "cli/catalogue.hpp"

namespace weightloom::cli {
namespace {

using Words = std::vector<std::string>;
using WordsOf = std::function<Words(StoredWord kind, const std::string& prefix)>;

constexpr const char* kBash = R"bash(_weightloom() {
  mapfile -t COMPREPLY < <(weightloom __complete --bash "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
  if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]]; then compopt -o nospace 2>/dev/null; fi
}
complete -o default -F _weightloom weightloom)bash";

constexpr const char* kZsh = R"zsh(#compdef weightloom
_weightloom() {
  local -a found
  found=(${(f)"$(weightloom __complete "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)"})
  if (( $#found )); then
    compadd -S '' -- ${(M)found:#*=}
    compadd -- ${found:#*=}
  else
    _files
  fi
}
if [ "$funcstack[1]" = _weightloom ]; then _weightloom "$@"; else compdef _weightloom weightloom; fi)zsh";

// Where nothing is found the condition fails, and fish completes files.
constexpr const char* kFish = R"fish(function __weightloom_complete
  set -l current (commandline -ct | string unescape)
  set -g __weightloom_found (weightloom __complete (commandline -opc)[2..-1] "$current" 2>/dev/null)
  test (count $__weightloom_found) -gt 0
end
complete -c weightloom -f -n __weightloom_complete -a '(printf "%s\n" $__weightloom_found)')fish";

struct CompletionOptions {
  std::string shell;
};

void declare_completion(CLI::App& app, CompletionOptions& options) {
  app.add_option("shell", options.shell, "Which shell: bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
}

Json run(Context&, const CompletionOptions& options) {
  const auto* script = options.shell == "bash" ? kBash : options.shell == "zsh" ? kZsh : kFish;
  return {{"shell", options.shell}, {"script", script}};
}

// What the values of an option are, told by the kind of its value or else by its name.
struct Rule {
  std::string_view type, name;
  StoredWord kind;
};
constexpr Rule kRules[] = {{"PLUGIN", "", StoredWord::kPlugin},     {"TAG", "", StoredWord::kTag},
                           {"KEY", "", StoredWord::kField},         {"A,B", "", StoredWord::kField},
                           {"QUERY", "", StoredWord::kField},       {"NETWORK", "", StoredWord::kNetwork},
                           {"REMOVED", "", StoredWord::kRemoved},   {"", "alias", StoredWord::kAlias},
                           {"", "plugin", StoredWord::kPlugin},     {"", "--metric", StoredWord::kMetric},
                           {"", "--dataset", StoredWord::kDataset}, {"", "--family", StoredWord::kFamily}};

std::string name_of(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  return option.get_lnames().empty() ? std::string() : "--" + option.get_lnames().front();
}

// The kind of value, without what it must satisfy: "SPLIT:{train,held-out}".
std::string type_of(const CLI::Option& option) {
  const auto type = option.get_type_name();
  const auto name = type.substr(0, type.find(':'));
  return name.ends_with("...") ? name.substr(0, name.size() - 3) : name;
}

Words split_at_commas(std::string_view text) {
  Words words;
  for (std::size_t comma; (comma = text.find(',')) != std::string_view::npos; text.remove_prefix(comma + 1))
    words.emplace_back(text.substr(0, comma));
  words.emplace_back(text);
  return words;
}

// The values of an enumeration.
Words choices_of(const CLI::Option& option) {
  const std::string type = option.get_type_name(), name = name_of(option);
  if (name == "--progress") return kProgressModes;
  if (name == "--color") return kColorModes;
  if (name == "--log") return kLogLevels;
  const auto open = type.find('{'), close = type.rfind('}');
  return open == std::string::npos || close == std::string::npos
             ? Words()
             : split_at_commas(std::string_view(type).substr(open + 1, close - open - 1));
}

std::optional<StoredWord> kind_of(const CLI::Option& option) {
  const auto type = type_of(option), name = name_of(option);
  for (const auto& rule : kRules)
    if ((rule.type.empty() || rule.type == type) && (rule.name.empty() || rule.name == name)) return rule.kind;
  return std::nullopt;
}

Words with_prefix(const std::string& prefix, Words words, const std::string& suffix = {}) {
  for (auto& word : words) word = prefix + word + suffix;
  return words;
}

// `given`: what there is of the value already.
class Values {
 public:
  Values(const CLI::App& app, const std::vector<Column>& columns, const WordsOf& words)
      : app_(app), columns_(columns), words_(words) {}

  Words of(const CLI::Option& option, const std::string& given) const {
    if (auto choices = choices_of(option); !choices.empty()) return choices;
    const auto type = type_of(option);
    if (type == "A,B") return columns(given);
    const auto kind = kind_of(option);
    if (!kind) return {};
    if (type == "KEY") return sort_keys(given);
    if (type == "QUERY") return with_prefix(given.substr(0, given.find_last_of(" (") + 1), words_(*kind, ""));
    return *kind == StoredWord::kMetric ? with_prefix("", words_(*kind, ""), "=") : words_(*kind, given);
  }

 private:
  static std::string before_last_comma(const std::string& given) { return given.substr(0, given.rfind(',') + 1); }

  Words columns(const std::string& given) const {
    Words names;
    for (const auto& column : columns_) names.push_back(column.title.empty() ? column.key : column.title);
    // What a command can sort by, it can show.
    if (app_.get_option_no_throw("--sort") != nullptr)
      std::ranges::copy(words_(StoredWord::kField, ""), std::back_inserter(names));
    return with_prefix(before_last_comma(given), names);
  }

  Words sort_keys(const std::string& given) const {
    const auto head = before_last_comma(given);
    const auto colon = given.find(':', head.size());
    if (colon != std::string::npos) return with_prefix(given.substr(0, colon + 1), {"asc", "desc"});
    return with_prefix(head, words_(StoredWord::kField, ""));
  }

  const CLI::App& app_;
  const std::vector<Column>& columns_;
  const WordsOf& words_;
};

const CLI::Option* find_option(const CLI::App& app, const std::string& word) {
  return app.get_option_no_throw(word.substr(0, word.find('=')));
}

bool takes_value(const CLI::Option* option) {
  return option != nullptr && option->get_expected_max() > 0;
}

const CLI::Option* positional(const CLI::App& app, std::size_t index) {
  for (const auto* option : app.get_options()) {
    if (!option->get_positional()) continue;
    if (index == 0 || option->get_items_expected_max() > 1) return option;
    --index;
  }
  return nullptr;
}

}  // namespace

Words complete_argument(const CLI::App& app, const Typed& typed, const std::vector<Column>& columns,
                        const WordsOf& words) {
  const Values values(app, columns, words);
  const CLI::Option* pending = nullptr;
  bool options_ended = false;
  std::size_t positionals = 0;
  for (const auto& word : typed.arguments) {
    if (pending != nullptr)
      pending = nullptr;
    else if (word == "--" && !options_ended)
      options_ended = true;
    else if (options_ended || word.size() < 2 || word[0] != '-')
      ++positionals;
    else if (word.find('=') == std::string::npos && takes_value(find_option(app, word)))
      pending = find_option(app, word);
  }
  const auto& current = typed.current;
  if (pending != nullptr) return values.of(*pending, current);
  if (!options_ended && current.starts_with('-')) {
    const auto equals = current.find('=');
    if (equals == std::string::npos) return option_names(app);
    const auto* option = find_option(app, current);
    if (!takes_value(option)) return {};
    return with_prefix(current.substr(0, equals + 1), values.of(*option, current.substr(equals + 1)));
  }
  const auto* next = positional(app, positionals);
  if (next != nullptr) return values.of(*next, current);
  return options_ended || !typed.is_command ? Words() : option_names(app);
}

Words complete_commands(const Words& words) {
  if (words.empty()) return words_after({});
  if (words.size() == 1 && is_group(words[0])) return words_after(words[0]);
  return {};
}

Words option_names(const CLI::App& app) {
  Words names;
  for (const auto* option : app.get_options())
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

void add_completion_command(CommandTable& table) {
  table.add<CompletionOptions>("completion", declare_completion, run, page([](Printer& out, const Json& result) {
                                 out.lines(result["script"].get<std::string>());
                               }));
}

}  // namespace weightloom::cli
