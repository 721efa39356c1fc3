#include "weightloom/workflow/lineage.hpp"

#include "weightloom/base/error.hpp"
#include "weightloom/workflow/records.hpp"

namespace weightloom {

ZooRecord generated_record(const std::string& name, const PluginRegistry& registry, const Generator& generator,
                           const Generated& made, const Request& request, std::int64_t index) {
  auto record = network_record(name, registry, made.plan->description(), made.plan->family(), request.data);
  record.tags = {"generated"};
  record.recipe = {{"kind", "generated"},
                   {"generator", generator.id()},
                   {"tokenizer", generator.tokenizer().id()},
                   {"request", to_json(request)},
                   {"index", index}};
  record.parents = {{"generated-by", generator.id()}};
  return record;
}

ZooRecord start_record(const std::string& name, const PluginRegistry& registry, const Generator& generator,
                       const Start& start, const Request& request) {
  auto record = network_record(name, registry, start.plan->description(), start.plan->family(), request.data);
  record.tags = {"start"};
  record.recipe = {{"kind", "start"}, {"tokenizer", generator.tokenizer().id()}, {"request", to_json(request)}};
  return record;
}

namespace {

// The same request means the same network only to the same model.
void check_model(const ZooRecord& record, const std::string& model, const std::string& id) {
  const auto& wanted = record.recipe.at(model).get_ref<const std::string&>();
  if (wanted != id)
    throw Error(ErrorCode::kUsage, "reproduce.model", "'" + record.name + "' was made by another " + model,
                "its recipe names " + wanted.substr(0, 16) + ", this one is " + id.substr(0, 16));
}

TensorMap generate_again(const ZooRecord& record, const NetworkDescription& description, const Request& request,
                         const Generator& generator, DataCache& data) {
  check_model(record, "generator", generator.id());
  const auto index = record.recipe.at("index").get<std::int64_t>();
  if (index < 0 || index >= request.count)
    throw Error(ErrorCode::kRefused, "reproduce.recipe", "cannot follow the recipe of '" + record.name + "'",
                "network " + std::to_string(index) + " of " + std::to_string(request.count));
  // All networks of the request, not the one alone: draws of a batch share one stream of random numbers.
  const Generated made = generate(generator, description, request, data);
  return to_tensor_map(description, ready_to_use(generator, made, request, data).weights, index);
}

}  // namespace

TensorMap reproduce(const ZooRecord& record, const Generator& generator, const PluginRegistry& registry,
                    DataCache& given) {
  const Json kind = record.recipe.is_object() ? record.recipe.value("kind", Json()) : Json();
  if (kind != "generated" && kind != "start")
    throw Error(ErrorCode::kUsage, "reproduce.recipe", "'" + record.name + "' was not generated",
                "its record has no such recipe");
  try {
    check_model(record, "tokenizer", generator.tokenizer().id());
    const Request request = request_from_json(record.recipe.at("request"));
    const auto memory = request.recalled ? remembered(generator.exemplars()) : nullptr;
    DataCache& data = memory ? *memory : given;
    if (!request.beside.empty()) keep_remembered(generator.exemplars(), data);
    const auto description = registry.describe(record.architecture, record.config);
    if (kind == "generated") return generate_again(record, description, request, generator, data);
    return to_tensor_map(description, make_start(generator.tokenizer(), description, request, data).weights);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "reproduce.recipe", "cannot follow the recipe of '" + record.name + "'",
                error.what());
  }
}

}  // namespace weightloom
