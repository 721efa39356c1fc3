#include "weightloom/zoo/transfer.hpp"

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "network_metadata.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::string_view kOwnKeys = "weightloom.";
constexpr const char* kRecordKey = "weightloom.record";
constexpr const char* kDialectKey = "weightloom.dialect";
constexpr const char* kHashKey = "weightloom.weights_hash";  // the record's own is that of canonical tensors

bool is_readable(const std::string& key, const Json& value) try {
  record_from_json({{key, value}});
  return true;
} catch (const std::exception&) {
  return false;
}

// What cannot be read is left out, and a configuration goes with its architecture.
ZooRecord readable_record(const Json& json, std::vector<std::string>& warnings) {
  if (!json.is_object()) throw Error(ErrorCode::kRefused, "json.malformed", "cannot read a record", "it is no object");
  static const std::set<std::string> kDescription{"architecture", "plugin_version", "config"};
  Json readable = Json::object();
  bool described = true;
  const auto known = to_json(ZooRecord());
  for (const auto& [key, none] : known.items()) {
    const auto value = json.find(key);
    if (value == json.end()) continue;
    const bool reads = is_readable(key, *value);
    if (reads)
      readable[key] = *value;
    else
      warnings.push_back("its record says '" + key + "' in a way that is not read: left out");
    described &= reads || !kDescription.contains(key);
  }
  if (!described)
    for (const auto& key : kDescription) readable.erase(key);
  return record_from_json(readable);
}

// The record in the metadata, if the tensors are still those that it was written with.
std::optional<ZooRecord> record_of(const FileMetadata& metadata, const std::string& hash,
                                   std::vector<std::string>& warnings) {
  const auto text = metadata.find(kRecordKey);
  if (text == metadata.end()) return std::nullopt;
  try {
    auto record = readable_record(parse_json(text->second, "the record"), warnings);
    const auto written = metadata.find(kHashKey);
    if ((written == metadata.end() ? record.weights_hash : written->second) == hash) return record;
    warnings = {"its record is that of other tensors, and is not taken"};
  } catch (const std::exception& error) {  // some other program's metadata under our key
    warnings = {"its record cannot be read, and is not taken: " + printable(error.what())};
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
  network.record = record_of(metadata, hash, network.warnings);
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

std::optional<std::int64_t> recorded_values(const FileMetadata& metadata) try {
  const auto text = metadata.find(kRecordKey);
  if (text == metadata.end()) return std::nullopt;
  return member<std::int64_t>(parse_json(text->second, "the record"), "parameters", "the record");
} catch (const Error&) {
  return std::nullopt;
}

namespace {

NetworkFile network_in(WeightsFile file) {
  // Hashing is for those that have a record.
  const bool recorded = file.metadata.contains(kRecordKey);
  auto network = network_of(file.metadata, recorded ? weights_hash(file.tensors) : std::string());
  network.tensors = std::move(file.tensors);
  network.warnings.insert(network.warnings.begin(), file.warnings.begin(), file.warnings.end());
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
