#pragma once
// Where a command group registers its commands. A command is three functions: it declares options, it runs (options in,
// one structured result out), and its view prints that result for people. All output modes come from the one result.

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/context.hpp"
#include "cli/printer.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// How a result is shown to people, and what `-q` and `--jsonl` take from it.
struct View {
  std::function<void(Printer&, const Json&)> print;  // null: a table of `columns`
  std::string items;                                 // key of the array that a list command returns
  std::string id;                                    // key, of an item or of the result, that -q prints
  std::vector<Column> columns;
  bool changes = false;  // the command changes something: what is wrong with --columns is told before
};

// A view for one result. `id`: what -q prints, nothing when empty.
View page(std::function<void(Printer&, const Json&)> print, std::string id = {});
// The same for a command that changes what it lists.
View changing(View view);
// A view for a list: a table of result[items], one row each. Adds --columns and --fail-empty to the command.
View listing(std::string items, std::string id, std::vector<Column> columns);

struct Command {
  using Run = std::function<Json(Context&)>;
  std::function<Run(CLI::App&)> declare;
  View view;
};

class CommandTable {
 public:
  // `name` is the catalogue's. `Options` is a plain struct, default-constructed for each invocation.
  template <class Options>
  void add(const std::string& name, std::function<void(CLI::App&, Options&)> declare,
           std::function<Json(Context&, const Options&)> run, View view) {
    insert(name, {[declare = std::move(declare), run = std::move(run)](CLI::App& app) -> Command::Run {
                    auto options = std::make_shared<Options>();
                    declare(app, *options);
                    return [options, run](Context& context) { return run(context, *options); };
                  },
                  std::move(view)});
  }

  const Command& at(const std::string& name) const { return commands_.at(name); }

 private:
  // Throws std::logic_error when the catalogue has no such command.
  void insert(const std::string& name, Command command);
  std::map<std::string, Command> commands_;
};

// A repeatable option `--set key=value`, merged into `target` by set_from_text() in the order given.
CLI::Option* add_settings_option(CLI::App& app, const std::string& name, Json& target, const std::string& description);

// For options that are no negative numbers: digits alone, and not more than 64 bits hold.
CLI::Validator whole_number();
// Numbers above 0, and 0 and more.
CLI::Validator positive_number();
CLI::Validator no_negative_number();
// For queries: a blank one, such as of a variable that is not set, would mean all networks.
CLI::Validator query_text();

}  // namespace weightloom::cli
