#include "cli/network_argument.hpp"

#include "cli/command_table.hpp"
#include "cli/output_file.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/transfer.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom::cli {
namespace {

// The file's record, or what the command line says in its place.
ZooRecord record_of(const NetworkFile& file, const PluginRegistry& plugins, const NetworkArgument& argument) {
  if (file.record) return *file.record;
  if (argument.architecture.empty())
    throw Error(ErrorCode::kUsage, "network.architecture", "which architecture is '" + argument.reference + "'?",
                "the file does not say", "give --arch NAME, and --set KEY=VALUE where it differs from the default");
  ZooRecord record;
  const auto& plugin = plugins.find(argument.architecture);
  record.architecture = plugin.id;
  record.plugin_version = plugin.version;
  record.config = argument.config;
  return record;
}

// --arch and --set may repeat what the file's record says.
void expect_agreement(const NetworkDescription& recorded, const PluginRegistry& plugins,
                      const NetworkArgument& argument) {
  const auto architecture =
      argument.architecture.empty() ? recorded.architecture : plugins.find(argument.architecture).id;
  auto config = architecture == recorded.architecture ? recorded.config : Json::object();
  config.update(argument.config, true);
  const auto given = plugins.describe(architecture, config);
  if (given.identity != recorded.identity)
    throw Error(ErrorCode::kUsage, "network.contradiction", "what is '" + argument.reference + "'?",
                "its record says " + recorded.label() + ", the command line says " + given.label(),
                "leave out --arch and --set: the file knows what it is");
}

LoadedNetwork load_file(const PluginRegistry& plugins, const NetworkArgument& argument) {
  auto file = read_network(argument.reference);
  auto record = record_of(file, plugins, argument);
  auto description = plugins.describe(record.architecture, record.config);
  if (file.record) expect_agreement(description, plugins, argument);
  record.config = description.config;
  const auto dialect = file.record ? file.dialect : std::string();
  auto weights = to_weights(description, fit_tensors(description, dialect, std::move(file.tensors)).tensors);
  return {argument.reference, std::move(description), std::move(weights), std::move(record)};
}

LoadedNetwork load_from_zoo(Context& context, const PluginRegistry& plugins, const NetworkArgument& argument) {
  const auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  auto record = zoo.get(argument.reference);
  if (record.architecture.empty())
    throw Error(ErrorCode::kUsage, "network.architecture", "which architecture is '" + record.name + "'?",
                "it was stored without one",
                "say it with `weightloom zoo set " + record.name + " --arch NAME --set KEY=VALUE`");
  if (!argument.architecture.empty() || !argument.config.empty())
    throw Error(ErrorCode::kUsage, "network.architecture",
                "cannot set the architecture of '" + argument.reference + "'",
                "there is no file of that name, and what is in the zoo says what it is",
                "--arch and --set are for weights files");
  auto description = plugins.describe(record.architecture, record.config);
  auto weights = to_weights(description, zoo.weights(record));
  return {record.name, std::move(description), std::move(weights), std::move(record)};
}

}  // namespace

void declare_network(CLI::App& app, NetworkArgument& argument) {
  app.add_option("network", argument.reference, "A weights file, or a network of the zoo")
      ->type_name("NETWORK")
      ->required();
  app.add_option("--arch", argument.architecture, "Architecture of a weights file that does not say it")
      ->type_name("NAME");
  add_settings_option(app, "--set", argument.config, "Configuration of a weights file's architecture");
}

LoadedNetwork load_network(Context& context, const NetworkArgument& argument) {
  const auto plugins = plugin_registry(context);
  std::error_code none;
  const bool is_file = std::filesystem::is_regular_file(argument.reference, none);
  if (!is_file && !context.settings().zoo)
    throw Error(ErrorCode::kNotFound, "network.not_found", "no network '" + argument.reference + "'",
                "there is no file of that name, and no zoo was named that could know it",
                "check the path, or give --zoo DIR");
  return is_file ? load_file(plugins, argument) : load_from_zoo(context, plugins, argument);
}

void expect_deliverable(const Context& context, const std::string& out, const std::vector<std::string>& names) {
  if (!out.empty()) {
    expect_replaceable(out);
    expect_writable(out);
  }
  if (names.empty()) return;
  const auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kWrite);
  for (const auto& name : names) zoo.expect_free(name);
}

ImageForm image_form(const NetworkDescription& description) {
  const auto& shape = description.input.shape;
  if (shape.size() != 3 || shape[1] != shape[2] || (shape[0] != 1 && shape[0] != 3))
    throw Error(ErrorCode::kUsage, "network.input", "cannot feed images to '" + description.label() + "'",
                "its input has shape " + to_string(shape) + ", expected [1 or 3, size, size]");
  return {shape[0], shape[1]};
}

}  // namespace weightloom::cli
