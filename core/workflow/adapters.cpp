#include "weightloom/workflow/adapters.hpp"

#include <algorithm>
#include <map>

#include "learning.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/runtime/task.hpp"
#include "weightloom/workflow/records.hpp"

namespace weightloom {
namespace {

constexpr const char* kArchitecture = "org.weightloom.lora";
const std::string kPrefix = "adapter.";  // of the adapter's parameters beside those of the base

// [out, in]
const Shape& layer_shape(const NetworkDescription& network, const std::string& weight) {
  return network.parameters[network.find_parameter(weight).value()].shape;
}

const NodeSpec* find_layer(const NetworkDescription& network, const std::string& name) {
  const auto found = std::ranges::find(network.nodes, name, &NodeSpec::name);
  return found == network.nodes.end() || found->op != "linear" ? nullptr : &*found;
}

Json adapter_config(const NetworkDescription& base, const std::vector<std::string>& layers,
                    const AdapterOptions& options) {
  Json in = Json::array(), out = Json::array();
  for (const auto& layer : layers) {
    const auto& shape = layer_shape(base, *find_layer(base, layer)->parameter("weight"));
    out.push_back(shape[0]);
    in.push_back(shape[1]);
  }
  return {{"in", in}, {"out", out}, {"rank", options.rank}, {"alpha", options.alpha}};
}

Json node(const std::string& name, const char* op, const Json& inputs) {
  return {{"name", name}, {"op", op}, {"inputs", inputs}};
}

// The base with what the adapter adds in it: all that trains networks trains this one, and of it the adapter alone.
NetworkDescription adapted(const NetworkDescription& base, const std::vector<std::string>& layers,
                           const NetworkDescription& adapter, double factor) {
  Json json = to_json(base);
  json["dialects"] = Json::array();
  for (auto& parameter : json["parameters"]) parameter["trainable"] = false;
  const Json own = to_json(adapter)["parameters"];
  for (Json parameter : own) {
    parameter["name"] = kPrefix + parameter["name"].get<std::string>();
    json["parameters"].push_back(std::move(parameter));
  }
  Json nodes = Json::array();
  for (auto& original : json["nodes"]) {
    // Statistics of the base are not moved by what it is shown.
    if (original["op"] == "batch_norm") original["attributes"]["momentum"] = 0;
    const auto name = original["name"].get<std::string>();
    const auto place = std::ranges::find(layers, name) - layers.begin();
    if (place == std::ssize(layers)) {
      nodes.push_back(original);
      continue;
    }
    original["name"] = name + ".base";
    const auto block = kPrefix + ("block" + std::to_string(place));
    auto down = node(name + ".down", "linear", original["inputs"]), up = node(name + ".up", "linear", {name + ".down"}),
         scaled = node(name + ".scaled", "scale", {name + ".up"});
    down["parameters"]["weight"] = block + ".down.weight";
    up["parameters"]["weight"] = block + ".up.weight";
    scaled["attributes"]["factor"] = factor;
    for (const auto& each : {original, down, up, scaled, node(name, "add", {name + ".base", name + ".scaled"})})
      nodes.push_back(each);
  }
  json["nodes"] = nodes;
  return parse_description(json.dump());
}

double factor_of(const Json& config) {
  return config.at("alpha").get<double>() / config.at("rank").get<double>();
}

[[noreturn]] void refuse_mismatch(const Network& base, const std::string& why) {
  throw Error(ErrorCode::kRefused, "adapter.mismatch", "the adapter does not fit " + base.description.label(), why,
              "apply it to the network that it was trained for, or to one of the same architecture and sizes");
}

}  // namespace

std::vector<std::string> adaptable_layers(const NetworkDescription& network, const AdapterOptions& options) {
  std::map<std::string, int> readers;
  for (const auto& node : network.nodes)
    for (const auto& [key, parameter] : node.parameters) ++readers[parameter];
  const auto head = analyse(network).head_node;
  std::vector<std::string> layers;
  for (const auto& node : network.nodes) {
    if (node.op != "linear" || node.name == head || readers[*node.parameter("weight")] > 1) continue;
    const auto named = [&](const std::string& text) { return node.name.find(text) != std::string::npos; };
    if (options.layers.empty() || std::ranges::any_of(options.layers, named)) layers.push_back(node.name);
  }
  return layers;
}

Finetuned train_adapter(const Network& base, const AdapterOptions& adapter, const TensorData& data,
                        const TrainingOptions& options, const PluginRegistry& registry, const ProgressSink& progress) {
  const auto layers = adaptable_layers(base.description, adapter);
  if (layers.empty())
    throw Error(ErrorCode::kUsage, "adapter.layers", "there is nothing to adapt in " + base.description.label(),
                "no linear layer but its head has such a name", "name others, or fine-tune the whole network");
  if (wanted_outputs(task_of(base.description), data) != base.description.classes)
    throw Error(ErrorCode::kUsage, "adapter.classes",
                "cannot adapt " + base.description.label() + " to '" + data.name + "'",
                "an adapter leaves the head as it is, and the classes are others", "fine-tune the whole network");
  const auto description = registry.describe(kArchitecture, adapter_config(base.description, layers, adapter));
  const auto whole = adapted(base.description, layers, description, factor_of(description.config));
  auto weights = initial_weights(whole, 1, options.seed);
  for (std::size_t i = 0; i < base.description.parameters.size(); ++i)
    weights.tensors[*whole.find_parameter(base.description.parameters[i].name)] = base.weights.tensors[i].clone();

  Finetuned out;
  const Executor executor(whole);
  auto record = network_record({}, registry, description, "", data.name);
  weights = learn(executor, std::move(weights), data, options, progress, out, record);

  Weights own;
  for (const auto& parameter : description.parameters)
    own.tensors.push_back(weights.tensors[*whole.find_parameter(kPrefix + parameter.name)]);
  record.recipe = {{"kind", "adapter"}, {"layers", layers}};
  if (!base.record.id.empty()) record.parents.push_back({"adapts", base.record.id});
  describe_weights(record, to_tensor_map(description, own));
  out.network = {std::move(record), description, std::move(own)};
  return out;
}

Network apply_adapter(const Network& base, const Network& adapter, const PluginRegistry& registry) {
  const Json layers = adapter.record.recipe.is_object() ? adapter.record.recipe.value("layers", Json()) : Json();
  const auto in = adapter.description.config.value("in", Json::array());
  if (adapter.description.architecture != kArchitecture || !layers.is_array() || layers.size() != in.size())
    throw Error(ErrorCode::kUsage, "adapter.none", "'" + adapter.record.name + "' is no adapter that says its layers",
                "its record is of " + adapter.description.label(), "give one that `finetune --rank` made");
  auto record = network_record({}, registry, base.description, base.record.family, adapter.record.dataset);
  record.recipe = {{"kind", "adapted"}};
  if (!base.record.id.empty()) record.parents.push_back({"adapted-from", base.record.id});
  if (!adapter.record.id.empty()) record.parents.push_back({"adapted-by", adapter.record.id});
  auto weights = base.weights.clone();
  const auto tensor = [&](std::size_t k, const char* part) {
    return adapter.weights.tensors[*adapter.description.find_parameter("block" + std::to_string(k) + part)];
  };
  for (std::size_t k = 0; k < layers.size(); ++k) {
    const auto name = layers[k].is_string() ? layers[k].get<std::string>() : std::string();
    const auto* layer = find_layer(base.description, name);
    if (!layer) refuse_mismatch(base, "it has no linear layer '" + name + "'");
    auto& weight = weights.tensors[*base.description.find_parameter(*layer->parameter("weight"))];
    const auto added = torch::matmul(tensor(k, ".up.weight"), tensor(k, ".down.weight"));
    if (added.sizes() != weight.sizes())
      refuse_mismatch(base, "'" + name + "' has shape " + to_string(Shape(weight.sizes().slice(1).vec())) +
                                ", the adapter " + to_string(Shape(added.sizes().slice(1).vec())));
    weight.add_(added.to(weight.dtype()), factor_of(adapter.description.config));
  }
  describe_weights(record, to_tensor_map(base.description, weights));
  return {std::move(record), base.description, std::move(weights)};
}

}  // namespace weightloom
