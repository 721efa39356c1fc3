#include "cli/completion.hpp"

#include "cli/catalogue.hpp"

namespace weightloom::cli {
namespace {

constexpr const char* kBash = R"bash(_weightloom() {
  local IFS=$'\n' current=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=($(compgen -W "$(weightloom __complete "${COMP_WORDS[@]:1:COMP_CWORD-1}" 2>/dev/null)" -- "$current"))
}
complete -o default -F _weightloom weightloom)bash";

struct CompletionOptions {
  std::string shell;
};

void declare_completion(CLI::App& app, CompletionOptions& options) {
  app.add_option("shell", options.shell, "Which shell: bash")->required()->check(CLI::IsMember({"bash"}));
}

Json run(Context&, const CompletionOptions& options) {
  return {{"shell", options.shell}, {"script", kBash}};
}

}  // namespace

std::vector<std::string> complete_commands(const std::vector<std::string>& words) {
  if (words.empty()) return words_after({});
  if (words.size() == 1 && is_group(words[0])) return words_after(words[0]);
  return {};
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
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
