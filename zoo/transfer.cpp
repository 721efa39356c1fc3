#include "weightloom/zoo/transfer.hpp"

#include <map>
#include <optional>
#include <utility>

#include "network_metadata.hpp"
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
std::optional<ZooRecord> record_of(const FileMetadata& metadata, const std::string& hash) {
  const auto text = metadata.find(kRecordKey);
  if (text == metadata.end()) return std::nullopt;
  try {
    auto record = record_from_json(parse_json(text->second, "the record"));
    const auto written = metadata.find(kHashKey);
    if ((written == metadata.end() ? record.weights_hash : written->second) == hash) return record;
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
  without_folder(written);
  auto& hash = dialect == "canonical" ? written.weights_hash : metadata[kHashKey];
  if (hash.empty()) hash = weights_hash(tensors);
  metadata[kRecordKey] = to_json(written).dump(-1, ' ', false, Json::error_handler_t::replace);
  return metadata;
}

}  // namespace

void without_folder(ZooRecord& record) {
  auto& source = record.source;
  if (source.is_object() && source.contains("path") && source["path"].is_string())
    source["path"] = fs::path(source["path"].get<std::string>()).filename().string();
}

NetworkFile network_of(const FileMetadata& metadata, const std::string& hash) {
  if (metadata.contains(kBundleKey))
    throw Error(ErrorCode::kRefused, "bundle.no_network", "the file is a bundle of networks, not a network", "",
                "bring them in with `weightloom zoo merge FILE`");
  NetworkFile network;
  network.record = record_of(metadata, hash);
  if (network.record) network.dialect = recorded_dialect(metadata);
  for (const auto& [key, value] : metadata)
    if (!key.starts_with(kOwnKeys)) network.metadata.emplace(key, value);
  return network;
}

std::string recorded_dialect(const FileMetadata& metadata) {
  if (!metadata.contains(kRecordKey)) return {};
  const auto dialect = metadata.find(kDialectKey);
  return dialect == metadata.end() ? "canonical" : dialect->second;
}

namespace {

NetworkFile network_in(WeightsFile file) {
  // Hashing is for those that have a record.
  const bool recorded = file.metadata.contains(kRecordKey);
  auto network = network_of(file.metadata, recorded ? weights_hash(file.tensors) : std::string());
  network.tensors = std::move(file.tensors);
  network.warnings = std::move(file.warnings);
  network.format = std::move(file.format);
  return network;
}

}  // namespace

NetworkFile read_network(const fs::path& path) {
  return network_in(read_weights(path));
}

NetworkFile read_network(const std::vector<fs::path>& shards) {
  return network_in(read_shards(shards));
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
