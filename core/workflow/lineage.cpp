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

TensorMap reproduce(const ZooRecord& record, const Generator& generator, const PluginRegistry& registry,
                    DataCache& data) {
  if (!record.recipe.is_object() || record.recipe.value("kind", Json()) != "generated")
    throw Error(ErrorCode::kUsage, "reproduce.recipe", "'" + record.name + "' was not generated",
                "its record has no such recipe");
  try {
    // Both are named: the same generator would read its tokens into other weights through another tokenizer.
    for (const auto& [key, id] :
         {std::pair{"generator", generator.id()}, std::pair{"tokenizer", generator.tokenizer().id()}})
      if (record.recipe.at(key) != id)
        throw Error(ErrorCode::kUsage, "reproduce.model", "'" + record.name + "' was made by another " + key,
                    "its recipe names " + record.recipe.at(key).get<std::string>().substr(0, 16) + ", this one is " +
                        id.substr(0, 16));
    const Request request = request_from_json(record.recipe.at("request"));
    const auto description = registry.describe(record.architecture, record.config);
    const auto index = record.recipe.at("index").get<std::int64_t>();
    if (index < 0 || index >= request.count)
      throw Error(ErrorCode::kRefused, "reproduce.recipe", "cannot follow the recipe of '" + record.name + "'",
                  "network " + std::to_string(index) + " of " + std::to_string(request.count));
    // All networks of the request, not the one alone: draws of a batch share one stream of random numbers.
    const Generated made = generate(generator, description, request, data);
    return to_tensor_map(description, ready_to_use(generator, made, request, data), index);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kRefused, "reproduce.recipe", "cannot follow the recipe of '" + record.name + "'",
                error.what());
  }
}

}  // namespace weightloom
