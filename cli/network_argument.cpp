#include "cli/network_argument.hpp"

#include "cli/command_table.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom::cli {
namespace {

LoadedNetwork load_file(const PluginRegistry& plugins, const NetworkArgument& argument) {
  if (argument.architecture.empty())
    throw Error(ErrorCode::kUsage, "network.architecture", "which architecture is '" + argument.reference + "'?",
                "a weights file does not say",
                "give --arch NAME, and --set KEY=VALUE where it differs from the default");
  const auto& plugin = plugins.find(argument.architecture);
  auto description = plugins.describe(plugin.id, argument.config);
  const auto file = read_safetensors(argument.reference);
  const auto dialect = detect_dialect(description, file.tensors);
  auto weights = to_weights(description, to_canonical(description, dialect, file.tensors).tensors);
  return {argument.reference, std::move(description), std::move(weights), {}};
}

LoadedNetwork load_from_zoo(Context& context, const PluginRegistry& plugins, const NetworkArgument& argument) {
  if (!argument.architecture.empty() || !argument.config.empty())
    throw Error(ErrorCode::kUsage, "network.architecture",
                "cannot set the architecture of '" + argument.reference + "'", "the zoo knows it",
                "--arch and --set are for weights files");
  const auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto record = zoo.get(argument.reference);
  auto description = plugins.describe(record.architecture, record.config);
  auto weights = to_weights(description, zoo.weights(record));
  return {record.name, std::move(description), std::move(weights), record};
}

}  // namespace

void declare_network(CLI::App& app, NetworkArgument& argument) {
  app.add_option("network", argument.reference, "A network of the zoo, or a .safetensors file")
      ->type_name("NETWORK")
      ->required();
  app.add_option("--arch", argument.architecture, "Architecture of a weights file")->type_name("NAME");
  add_settings_option(app, "--set", argument.config, "Configuration of a weights file's architecture");
}

LoadedNetwork load_network(Context& context, const NetworkArgument& argument) {
  const auto plugins = plugin_registry(context);
  const bool is_file =
      argument.reference.ends_with(".safetensors") || argument.reference.ends_with(".safetensors.index.json");
  return is_file ? load_file(plugins, argument) : load_from_zoo(context, plugins, argument);
}

ImageForm image_form(const NetworkDescription& description) {
  const auto& shape = description.input.shape;
  if (shape.size() != 3 || shape[1] != shape[2] || (shape[0] != 1 && shape[0] != 3))
    throw Error(ErrorCode::kUsage, "network.input", "cannot feed images to '" + description.label() + "'",
                "its input has shape " + to_string(shape) + ", expected [1 or 3, size, size]");
  return {shape[0], shape[1]};
}

}  // namespace weightloom::cli
