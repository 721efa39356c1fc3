#include "cli/command_groups.hpp"
#include "cli/network_argument.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/runtime/weights.hpp"
#include "weightloom/workflow/records.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

struct InitOptions {
  std::string architecture, out;
  Json config = Json::object();
  std::uint64_t seed = 0;
};

void declare_init(CLI::App& app, InitOptions& options) {
  app.add_option("arch", options.architecture, "Architecture: id or short name of a plugin")
      ->type_name("ARCH")
      ->required();
  add_settings_option(app, "--set", options.config, "Configuration of the network");
  app.add_option("--seed", options.seed, "Of the values")->check(whole_number());
  app.add_option("-o,--out", options.out, "Write the weights to this .safetensors file")->type_name("FILE")->required();
}

Json write_fresh_weights(Context& context, const InitOptions& options) {
  expect_deliverable(context, options.out, {});
  const auto plugins = plugin_registry(context);
  const auto description = plugins.describe(options.architecture, options.config);
  const auto name = plugins.find(options.architecture).name;
  write_network(options.out, network_record(name, plugins, description, {}, {}),
                to_tensor_map(description, initial_weights(description, 1, options.seed)));
  return {{"network", description.label()}, {"parameters", description.parameter_count()}, {"out", options.out}};
}

void print_fresh(Printer& print, const Json& result) {
  print.field("network", result.at("network").get<std::string>());
  print.field("parameters", result.at("parameters"), Format::kCount);
  print.field("out", result.at("out").get<std::string>());
}

}  // namespace

void add_init_command(CommandTable& table) {
  table.add<InitOptions>("init", declare_init, write_fresh_weights, page(print_fresh, "out"));
}

}  // namespace weightloom::cli
