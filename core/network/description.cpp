#include "weightloom/network/description.hpp"

#include <array>
#include <utility>

#include "init_names.hpp"

namespace weightloom {
namespace {

constexpr std::array<std::string_view, 9> kRoleNames{
    "weight", "bias", "scale", "shift", "running_mean", "running_var", "embedding", "position", "class_token"};

Json init_json(const Init& init) {
  const auto& names = init_names(init.kind);
  Json json = {{"kind", names.kind}};
  if (!names.value.empty()) json[std::string(names.value)] = init.value;
  return json;
}

Json node_json(const NodeSpec& node) {
  Json parameters = Json::object();
  for (const auto& [key, name] : node.parameters) parameters[key] = name;
  return {{"name", node.name},
          {"op", node.op},
          {"inputs", node.inputs},
          {"parameters", parameters},
          {"attributes", node.attributes}};
}

Json input_json(const InputSpec& input) {
  Json json{{"name", input.name}, {"shape", input.shape}};
  if (input.tokens > 0) json["tokens"] = input.tokens;
  return json;
}

}  // namespace

std::string_view role_name(Role role) {
  return kRoleNames[static_cast<std::size_t>(role)];
}

const std::string* NodeSpec::parameter(std::string_view key) const {
  for (const auto& [own_key, parameter_name] : parameters)
    if (own_key == key) return &parameter_name;
  return nullptr;
}

std::optional<std::size_t> NetworkDescription::find_parameter(std::string_view name) const {
  for (std::size_t i = 0; i < parameters.size(); ++i)
    if (parameters[i].name == name) return i;
  return std::nullopt;
}

std::int64_t NetworkDescription::parameter_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : parameters)
    if (parameter.trainable) count += element_count(parameter.shape);
  return count;
}

std::int64_t NetworkDescription::value_count() const {
  std::int64_t count = 0;
  for (const auto& parameter : parameters) count += element_count(parameter.shape);
  return count;
}

std::string NetworkDescription::label() const {
  auto text = architecture.substr(architecture.rfind('.') + 1);
  for (const auto& [key, value] : config.items())
    text += " " + key + "=" + (value.is_string() ? value.get<std::string>() : value.dump());
  return text;
}

Json to_json(const NetworkDescription& description) {
  Json parameters = Json::array(), nodes = Json::array(), dialects = Json::array();
  for (const auto& p : description.parameters)
    parameters.push_back({{"name", p.name},
                          {"shape", p.shape},
                          {"role", role_name(p.role)},
                          {"init", init_json(p.init)},
                          {"trainable", p.trainable}});
  for (const auto& node : description.nodes) nodes.push_back(node_json(node));
  for (const auto& dialect : description.dialects)
    dialects.push_back({{"name", dialect.name}, {"rules", dialect.rules}});
  return {{"schema", "weightloom.network/1"},
          {"architecture", description.architecture},
          {"config", description.config},
          {"task", description.task},
          {"input", input_json(description.input)},
          {"output", description.output},
          {"parameters", parameters},
          {"nodes", nodes},
          {"dialects", dialects}};
}

}  // namespace weightloom
