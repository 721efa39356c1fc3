#include "weightloom/generator/lineage.hpp"

#include "weightloom/base/error.hpp"

namespace weightloom {

ZooRecord generated_record(const std::string& name, const Generator& generator, const NetworkDescription& description,
                           const std::string& plugin_version, const Request& request, std::int64_t index) {
  ZooRecord record;
  record.name = name;
  record.architecture = description.architecture;
  record.plugin_version = plugin_version;
  record.config = description.config;
  record.dataset = request.data;
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
  if (!record.recipe.is_object() || record.recipe.value("kind", "") != "generated")
    throw Error(ErrorCode::kUsage, "reproduce.recipe", "'" + record.name + "' was not generated",
                "its record has no such recipe");
  for (const auto& [key, id] :
       {std::pair{"generator", generator.id()}, std::pair{"tokenizer", generator.tokenizer().id()}})
    if (record.recipe.at(key) != id)
      throw Error(ErrorCode::kUsage, "reproduce.model", "'" + record.name + "' was made by another " + key,
                  "its recipe names " + record.recipe.at(key).get<std::string>().substr(0, 16) + ", this one is " +
                      id.substr(0, 16));
  const Request request = request_from_json(record.recipe.at("request"));
  const auto description = registry.describe(record.architecture, record.config);
  const Generated made = generate(generator, description, request, data);
  return to_tensor_map(description, ready_to_use(generator, made, request, data),
                       record.recipe.at("index").get<std::int64_t>());
}

}  // namespace weightloom
