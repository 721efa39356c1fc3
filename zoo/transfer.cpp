#include "weightloom/zoo/transfer.hpp"

#include <map>
#include <optional>
#include <utility>

#include "weightloom/base/error.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kOwnKeys = "weightloom.";
constexpr const char* kRecordKey = "weightloom.record";
constexpr const char* kDialectKey = "weightloom.dialect";
constexpr const char* kHashKey = "weightloom.weights_hash";  // the record's own is that of canonical tensors

// The record in the metadata, if the tensors are still those that it was written with.
std::optional<ZooRecord> record_of(const WeightsFile& file) {
  const auto text = file.metadata.find(kRecordKey);
  if (text == file.metadata.end()) return std::nullopt;
  try {
    auto record = record_from_json(parse_json(text->second, "the record"));
    const auto hash = file.metadata.find(kHashKey);
    const auto& expected = hash == file.metadata.end() ? record.weights_hash : hash->second;
    if (expected == weights_hash(file.tensors)) return record;
  } catch (const std::exception&) {  // some other program's metadata under our key
  }
  return std::nullopt;
}

// What the file that a record was imported from said beside its tensors.
std::map<std::string, std::string> foreign_metadata(const ZooRecord& record) {
  std::map<std::string, std::string> out;
  if (!record.source.is_object() || !record.source.contains("metadata")) return out;
  for (const auto& [key, value] : record.source["metadata"].items())
    if (value.is_string() && !key.starts_with(kOwnKeys)) out.emplace(key, value.get<std::string>());
  return out;
}

// What is written beside the tensors.
std::map<std::string, std::string> metadata_of(const ZooRecord& record, const TensorMap& tensors,
                                               const std::string& dialect) {
  auto written = record;
  auto metadata = foreign_metadata(record);
  metadata[kDialectKey] = dialect;
  // Where the file came from on this machine is nobody else's business.
  if (written.source.is_object() && written.source.contains("path") && written.source["path"].is_string())
    written.source["path"] = fs::path(written.source["path"].get<std::string>()).filename().string();
  auto& hash = dialect == "canonical" ? written.weights_hash : metadata[kHashKey];
  if (hash.empty()) hash = weights_hash(tensors);
  metadata[kRecordKey] = to_json(written).dump(-1, ' ', false, Json::error_handler_t::replace);
  return metadata;
}

}  // namespace

namespace {

NetworkFile network_of(WeightsFile file) {
  NetworkFile network;
  network.record = record_of(file);
  if (const auto dialect = file.metadata.find(kDialectKey); network.record && dialect != file.metadata.end())
    network.dialect = dialect->second;
  network.tensors = std::move(file.tensors);
  network.warnings = std::move(file.warnings);
  network.format = std::move(file.format);
  for (auto& [key, value] : file.metadata)
    if (!key.starts_with(kOwnKeys)) network.metadata.emplace(key, std::move(value));
  return network;
}

}  // namespace

NetworkFile read_network(const fs::path& path) {
  return network_of(read_weights(path));
}

NetworkFile read_network(const std::vector<fs::path>& shards) {
  return network_of(read_shards(shards));
}

void write_network(const fs::path& path, const ZooRecord& record, const TensorMap& tensors,
                   const std::string& dialect) {
  write_safetensors(path, tensors, metadata_of(record, tensors, dialect));
}

std::vector<fs::path> write_network_set(const fs::path& path, const ZooRecord& record, TensorMap tensors,
                                        const std::string& dialect, std::uint64_t shard_bytes) {
  const auto metadata = metadata_of(record, tensors, dialect);
  return write_safetensors_set(path, std::move(tensors), metadata, shard_bytes);
}

}  // namespace weightloom
