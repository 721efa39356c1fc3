#include "cli/help.hpp"

#include <algorithm>
#include <vector>

#include "cli/printer.hpp"

namespace weightloom::cli {
namespace {

struct Row {
  std::string left, right;
};

// Two columns; a left side that is too wide gets a line of its own.
std::string rows(const std::vector<Row>& lines) {
  constexpr std::size_t kWidest = 30;
  std::size_t width = 0;
  for (const auto& [left, right] : lines)
    if (left.size() <= kWidest) width = std::max(width, left.size());
  std::string text;
  for (const auto& [left, right] : lines) {
    text += "  " + left;
    text += left.size() > width ? "\n  " + std::string(width, ' ') : std::string(width - left.size(), ' ');
    text += "  " + right + "\n";
  }
  return text;
}

// CLI11 appends what a value must satisfy: "INT:INT in [0 - 8]".
std::string value_name(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  // A bracket before it makes the colon a part of the name: "NAME[:KIND]".
  const auto colon = type.find(':');
  const std::string name =
      colon != 0 && colon != std::string::npos && type[colon - 1] == '[' ? type : type.substr(0, colon);
  if (name == "INT" || name == "UINT") return "N";
  return name == "FLOAT" ? "X" : name;
}

std::string names(const CLI::Option& option) {
  std::string text;
  for (const auto& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const auto& name : option.get_lnames()) text += (text.empty() ? "--" : ", --") + name;
  if (option.get_expected_max() > 0 && option.get_type_size() > 0) text += " " + value_name(option);
  return text;
}

std::string described(const CLI::Option& option) {
  std::string text = option.get_description();
  const std::string value = option.get_default_str();
  if (!value.empty() && value != "\"\"" && value != "[]" && value != "{}" && value != "false")
    text += " [default: " + value + "]";
  if (option.get_required() && !option.get_positional()) text += " [required]";
  return text;
}

std::string positional_name(const CLI::Option& option) {
  std::string name = option.get_name(true);
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return option.get_items_expected_max() > 1 ? name + "..." : name;
}

void list_options(const CLI::App& app, std::vector<Row>& arguments, std::vector<Row>& options) {
  for (const auto* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional())
      arguments.push_back({positional_name(*option), described(*option)});
    else
      options.push_back({names(*option), described(*option)});
  }
}

std::string section(const std::string& title, const std::vector<Row>& lines) {
  return lines.empty() ? std::string() : "\n" + title + ":\n" + rows(lines);
}

std::string usage_line(const CatalogueEntry& command, const CLI::App& own) {
  std::string text = "weightloom " + std::string(command.name) + " [options]";
  for (const auto* option : own.get_options()) {
    if (option->get_group().empty()) continue;
    if (option->get_positional())
      text += option->get_required() ? " " + positional_name(*option) : " [" + positional_name(*option) + "]";
    else if (option->get_required())
      text += " " + names(*option).substr(names(*option).find("--"));
  }
  return text;
}

}  // namespace

std::string root_help(const CLI::App& globals) {
  std::vector<Row> commands, arguments, options;
  for (const auto& entry : catalogue())
    if (entry.name.find(' ') == std::string_view::npos && (!is_group(entry.name) || !words_after(entry.name).empty()))
      commands.push_back({std::string(entry.name), std::string(entry.summary)});
  list_options(globals, arguments, options);
  options.push_back({"--version", "Print the versions of Weightloom and its libraries"});
  return "Weightloom generates, stores and compares neural network weights.\n\nusage: weightloom COMMAND [options]\n" +
         section("commands", commands) + section("options of every command", options) +
         "\nThe zoo is --zoo DIR, else WEIGHTLOOM_ZOO, else what weightloom.toml names.\n"
         "`weightloom COMMAND --help` explains a command and shows an example.\n";
}

std::string group_help(const CatalogueEntry& group) {
  std::vector<Row> commands;
  const std::string prefix(group.name);
  for (const auto& word : words_after(prefix))
    commands.push_back({word, std::string(find_entry(prefix + " " + word)->summary)});
  return std::string(group.summary) + "\n\nusage: weightloom " + prefix + " COMMAND [options]\n" +
         section("commands", commands) + "\n`weightloom " + prefix +
         " COMMAND --help` explains a command and shows an example.\n";
}

std::string command_help(const CatalogueEntry& command, const CLI::App& own) {
  std::vector<Row> arguments, options;
  list_options(own, arguments, options);
  return std::string(command.summary) + "\n\nusage: " + usage_line(command, own) + "\n" +
         section("arguments", arguments) + section("options", options) + "\nexample:\n  " +
         std::string(command.example) + "\n\n`weightloom --help` lists the options that every command takes.\n";
}

}  // namespace weightloom::cli
