// The step from a plugin's text to a checked network: all that this module needs of core/network.
#include "weightloom/base/error.hpp"
#include "weightloom/plugin/registry.hpp"

namespace weightloom {

NetworkDescription PluginRegistry::describe(const std::string& id_or_name, const Json& config) const {
  const auto& identity = find(id_or_name);
  auto description = parse_description(describe_text(id_or_name, config));
  if (description.architecture != identity.id)
    throw Error(ErrorCode::kPlugin, "plugin.contract", "plugin " + identity.id + " failed in 'describe'",
                "it described architecture '" + description.architecture + "'", "report it to its author")
        .at(identity.path.string());
  return description;
}

}  // namespace weightloom
