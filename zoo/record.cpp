#include "weightloom/zoo/record.hpp"

#include "tensor_records.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {
namespace {

Json object_or_empty(const Json& value) {
  return value.is_null() ? Json::object() : value;
}

}  // namespace

std::string hash_of_tensors(const std::vector<TensorRecord>& tensors) {
  std::map<std::string, const TensorRecord*> by_name;
  for (const auto& tensor : tensors) by_name[tensor.name] = &tensor;
  Sha256 hash;
  const std::string_view separator("\0", 1);
  for (const auto& [name, tensor] : by_name)
    hash.update(name)
        .update(separator)
        .update(dtype_name(tensor->dtype))
        .update(separator)
        .update(to_string(tensor->shape))
        .update(separator)
        .update(tensor->object)
        .update("\n");
  return to_hex(hash.finish());
}

TensorRecord describe_tensor(const std::string& name, const HostTensor& tensor) {
  const std::string_view bytes(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  return {name, tensor.dtype, tensor.shape, to_hex(sha256(bytes))};
}

void describe_weights(ZooRecord& record, const TensorMap& tensors) {
  record.tensors.clear();
  record.parameters = record.bytes = 0;
  for (const auto& [name, tensor] : tensors) {
    record.tensors.push_back(describe_tensor(name, tensor));
    record.parameters += element_count(tensor.shape);
    record.bytes += static_cast<std::int64_t>(tensor.bytes.size());
  }
  record.weights_hash = hash_of_tensors(record.tensors);
}

std::string weights_hash(const TensorMap& tensors) {
  std::vector<TensorRecord> records;
  for (const auto& [name, tensor] : tensors) records.push_back(describe_tensor(name, tensor));
  return hash_of_tensors(records);
}

Json to_json(const ZooRecord& record) {
  Json parents = Json::array(), tensors = Json::array();
  for (const auto& link : record.parents) parents.push_back({{"kind", link.kind}, {"parent", link.parent}});
  for (const auto& tensor : record.tensors)
    tensors.push_back({{"name", tensor.name},
                       {"dtype", dtype_name(tensor.dtype)},
                       {"shape", tensor.shape},
                       {"object", tensor.object}});
  return {{"id", record.id},
          {"name", record.name},
          {"architecture", record.architecture},
          {"plugin_version", record.plugin_version},
          {"config", object_or_empty(record.config)},
          {"dataset", record.dataset},
          {"family", record.family},
          {"split", record.split},
          {"hyperparameters", object_or_empty(record.hyperparameters)},
          {"metrics", Json(record.metrics)},
          {"tags", Json(record.tags)},
          {"notes", record.notes},
          {"parents", std::move(parents)},
          {"recipe", record.recipe},
          {"source", record.source},
          {"tensors", std::move(tensors)},
          {"parameters", record.parameters},
          {"bytes", record.bytes},
          {"created", record.created},
          {"weights_hash", record.weights_hash}};
}

ZooRecord record_from_json(const Json& json) try {
  ZooRecord record;
  const auto text = [&](const char* key) { return json.value(key, std::string()); };
  record.id = text("id");
  record.name = text("name");
  record.architecture = text("architecture");
  record.plugin_version = text("plugin_version");
  record.config = json.value("config", Json::object());
  record.dataset = text("dataset");
  record.family = text("family");
  record.split = text("split");
  record.hyperparameters = json.value("hyperparameters", Json::object());
  const auto metrics = json.value("metrics", Json::object());
  for (const auto& [name, value] : metrics.items()) record.metrics[name] = value;
  for (const auto& tag : json.value("tags", Json::array())) record.tags.insert(tag);
  record.notes = text("notes");
  for (const auto& link : json.value("parents", Json::array()))
    record.parents.push_back({link.at("kind"), link.at("parent")});
  record.recipe = json.value("recipe", Json());
  record.source = json.value("source", Json());
  for (const auto& tensor : json.value("tensors", Json::array()))
    record.tensors.push_back({tensor.at("name"), parse_dtype(tensor.at("dtype").get<std::string>()),
                              tensor.at("shape").get<Shape>(), tensor.at("object")});
  record.parameters = json.value("parameters", std::int64_t{0});
  record.bytes = json.value("bytes", std::int64_t{0});
  record.created = text("created");
  record.weights_hash = text("weights_hash");
  return record;
} catch (const Json::exception& error) {
  throw Error(ErrorCode::kRefused, "json.malformed", "cannot read a record", error.what());
}

}  // namespace weightloom
