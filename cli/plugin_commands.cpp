#include <fmt/format.h>

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/plugin/scaffold.hpp"

namespace weightloom::cli {
namespace {

constexpr std::string_view kSuffix = ".wlplugin.so";

Json to_json(const PluginIdentity& plugin) {
  return {{"id", plugin.id},
          {"name", plugin.name},
          {"version", plugin.version},
          {"license", plugin.license},
          {"summary", plugin.summary},
          {"abi", fmt::format("{}.{}", plugin.abi_major, plugin.abi_minor)},
          {"path", plugin.path.string()}};
}

// A plugin named by id, by short name or by its file.
struct NamedPlugin {
  std::string plugin;
  Json settings = Json::object();
  bool in_process = false;
};

void declare_named_plugin(CLI::App& app, NamedPlugin& options) {
  app.add_option("plugin", options.plugin, "Id, short name, or a .wlplugin.so file")->required()->type_name("ID|PATH");
  add_settings_option(app, "--set", options.settings, "Configuration of the network; `preset` names a set");
  app.add_flag("--in-process", options.in_process, "Run the plugin in this process: for debuggers");
}

PluginRegistry registry_for(Context& context, const NamedPlugin& options) {
  return plugin_registry(context, {.in_process = options.in_process});
}

std::string resolve(PluginRegistry& registry, const std::string& plugin) {
  return plugin.ends_with(kSuffix) ? registry.add(plugin).id : registry.find(plugin).id;
}

// plugin list

struct PluginListOptions {
  bool rejected = false;
};

void declare_plugin_list(CLI::App& app, PluginListOptions& options) {
  app.add_flag("--rejected", options.rejected, "Say which files were refused, and why");
}

Json list(Context& context, const PluginListOptions& options) {
  const auto registry = plugin_registry(context);
  Json plugins = Json::array(), rejected = Json::array();
  for (const auto& plugin : registry.plugins()) plugins.push_back(to_json(plugin));
  for (const auto& file : registry.rejected()) {
    rejected.push_back({{"path", file.path.string()}, {"why", file.why}});
    if (options.rejected) context.warn(file.path.string() + ": " + file.why);
  }
  if (!rejected.empty() && !options.rejected)
    context.note(fmt::format("{} refused; `weightloom plugin list --rejected` says why", rejected.size()));
  return {{"plugins", std::move(plugins)}, {"rejected", std::move(rejected)}};
}

// plugin inspect

Json init_to_json(const NetworkDescription& description) {
  const auto text = weightloom::to_json(description);
  Json result = Json::array();
  for (const auto& parameter : text["parameters"]) {
    const auto& init = parameter["init"];
    std::string written = init["kind"];
    for (const auto& argument : init.items())
      if (argument.key() != "kind") written += fmt::format(" {:.4g}", argument.value().get<double>());
    result.push_back({{"name", parameter["name"]},
                      {"role", parameter["role"]},
                      {"shape", parameter["shape"]},
                      {"init", std::move(written)}});
  }
  return result;
}

Json inspect(Context& context, const NamedPlugin& options) {
  auto registry = registry_for(context, options);
  const auto id = resolve(registry, options.plugin);
  const auto description = registry.describe(id, options.settings);
  auto result = to_json(registry.find(id));
  result["keys"] = registry.schema(id).value("keys", Json::object());
  result["presets"] = registry.schema(id).value("presets", Json::object());
  result["config"] = description.config;
  result["input"] = description.input.shape;
  result["classes"] = description.classes;
  result["weights"] = description.parameter_count();
  result["flops"] = analyse(description).flops;
  result["dialects"] = Json::array();
  for (const auto& dialect : description.dialects) result["dialects"].push_back(dialect.name);
  result["parameters"] = init_to_json(description);
  result["nodes"] = description.nodes.size();
  return result;
}

std::string values_of(const Json& key) {
  if (key.contains("options")) return format_value(key["options"], Format::kText);
  const auto least = key.value("least", Json()), most = key.value("most", Json());
  return least.is_null() && most.is_null() ? "" : fmt::format("{} to {}", least.dump(), most.dump());
}

void print_keys(Printer& print, const Json& result) {
  Json rows = Json::array();
  for (const auto& key : result["keys"].items())
    rows.push_back({{"key", key.key()},
                    {"type", key.value()["type"]},
                    {"here", result["config"].value(key.key(), Json()).dump()},
                    {"default", key.value()["default"].dump()},
                    {"values", values_of(key.value())},
                    {"meaning", key.value()["help"]}});
  print.table({{"key"}, {"type"}, {"here"}, {"default"}, {"values"}, {"meaning"}}, rows);
}

void print_inspection(Printer& print, const Json& result) {
  for (const auto* name : {"id", "version", "license", "summary", "path"})
    print.field(name, result[name].get<std::string>());
  print.line();
  print.heading("configuration");
  print_keys(print, result);
  std::vector<std::string> presets;
  for (const auto& preset : result["presets"].items()) presets.push_back(preset.key());
  if (!presets.empty()) print.field("presets", presets, Format::kText);
  print.line();
  print.heading("network");
  print.field("input", result["input"].dump());
  print.field("classes", result["classes"], Format::kCount);
  print.field("weights", result["weights"], Format::kCount);
  print.field("FLOP per sample", result["flops"], Format::kCount);
  print.field("dialects", result["dialects"], Format::kText);
  print.line();
  print.table({{"name", "parameter"}, {"role"}, {"shape"}, {"init"}}, result["parameters"]);
}

// plugin describe

Json describe(Context& context, const NamedPlugin& options) {
  auto registry = registry_for(context, options);
  const auto id = resolve(registry, options.plugin);
  return {{"description", Json::parse(registry.describe_text(id, options.settings))}};
}

void print_description(Printer& print, const Json& result) {
  print.line(result["description"].dump());
}

// plugin new

struct NewOptions {
  std::string name, id, directory, like;
};

void declare_new(CLI::App& app, NewOptions& options) {
  app.add_option("name", options.name, "Short name: lower-case letters, digits, underscores")
      ->required()
      ->type_name("NAME");
  app.add_option("directory", options.directory, "Where to write the project; ./NAME by default")->type_name("DIR");
  app.add_option("--id", options.id, "Reverse-URI id: org.example.mixer")->required()->type_name("ID");
  app.add_option("--like", options.like, "Begin with the source of this shipped plugin")->type_name("NAME");
}

Json create(Context&, const NewOptions& options) {
  const std::filesystem::path directory = options.directory.empty() ? options.name : options.directory;
  Json files = Json::array();
  for (const auto& file : new_plugin(directory, options.name, options.id, options.like)) files.push_back(file.string());
  return {{"name", options.name}, {"id", options.id}, {"directory", directory.string()}, {"files", std::move(files)}};
}

void print_project(Printer& print, const Json& result) {
  for (const auto& file : result["files"]) print.line(file.get<std::string>());
  print.line();
  print.line(fmt::format("Next: cd {} && cmake --preset dev && cmake --build --preset dev",
                         result["directory"].get<std::string>()));
}

}  // namespace

void add_plugin_commands(CommandTable& table) {
  table.add<PluginListOptions>("plugin list", declare_plugin_list, list,
                               listing("plugins", "id", {{"id"}, {"name"}, {"version"}, {"license"}, {"summary"}}));
  table.add<NamedPlugin>("plugin inspect", declare_named_plugin, inspect, page(print_inspection, "id"));
  table.add<NamedPlugin>("plugin describe", declare_named_plugin, describe, page(print_description));
  table.add<NewOptions>("plugin new", declare_new, create, page(print_project, "directory"));
}

}  // namespace weightloom::cli
