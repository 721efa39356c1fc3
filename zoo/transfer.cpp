#include "weightloom/zoo/transfer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "glob.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kRecordKey = "weightloom.record";
constexpr const char* kDialectKey = "weightloom.dialect";
constexpr const char* kHashKey = "weightloom.weights_hash";  // the record's own is that of canonical tensors
constexpr std::size_t kBatchNetworks = 256;
constexpr std::size_t kBatchBytes = 16u << 20;

void add_folder(const fs::path& folder, const std::string& pattern, std::vector<ImportFile>& out) {
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (glob_matches(pattern, entry.path().string()) && entry.is_regular_file() && is_checkpoint(entry.path()))
      out.push_back({entry.path(), without_extension(entry.path().lexically_relative(folder))});
}

// The deepest folder of a glob that has no special character.
fs::path root_of(const std::string& pattern) {
  const auto special = pattern.find_first_of("*?[");
  const auto slash = pattern.rfind('/', special);
  if (slash == std::string::npos) return ".";
  return slash == 0 ? fs::path("/") : fs::path(pattern.substr(0, slash));
}

void add_path(const std::string& path, std::vector<ImportFile>& out) {
  const auto before = out.size();
  if (fs::is_directory(path)) {
    add_folder(path, "*", out);
  } else if (fs::exists(path)) {
    out.push_back({path, without_extension(fs::path(path).filename())});
  } else if (path.find_first_of("*?[") != std::string::npos && fs::is_directory(root_of(path))) {
    const auto root = root_of(path);
    add_folder(root, root == "." && !path.starts_with("./") ? "./" + path : path, out);
  } else {
    throw Error(ErrorCode::kNotFound, "import.no_file", "cannot import '" + path + "'",
                "there is no such file or folder")
        .at(path);
  }
  if (out.size() == before)
    throw Error(ErrorCode::kNotFound, "import.nothing", "nothing to import at '" + path + "'",
                "no weights file is there", "name a weights file, or a folder or quoted glob that holds some")
        .at(path);
}

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

void override_facts(ZooRecord& record, const ZooRecord& facts) {
  for (auto text : {&ZooRecord::dataset, &ZooRecord::family, &ZooRecord::split, &ZooRecord::notes})
    if (!(facts.*text).empty()) record.*text = facts.*text;
  if (!facts.architecture.empty()) {
    record.architecture = facts.architecture;
    record.plugin_version = facts.plugin_version;
    record.config = facts.config;
  }
  for (const auto& [name, value] : facts.metrics) record.metrics[name] = value;
  record.tags.insert(facts.tags.begin(), facts.tags.end());
}

class Importer {
 public:
  Importer(Zoo& zoo, const ImportOptions& options, const ProgressSink& progress, std::size_t total)
      : zoo_(zoo), options_(options), progress_(progress), total_(total) {}

  ImportResult run(const std::vector<ImportFile>& files) {
    check_names(files);
    for (const auto& file : files) {
      if (interrupt_requested()) store_batch();
      throw_if_interrupted();
      take(file);
      report(false);
    }
    store_batch();
    report(true);
    return std::move(result_);
  }

 private:
  // Before anything is read: what is stored from the same source may be met again, another network may not.
  void check_names(const std::vector<ImportFile>& files) {
    std::set<std::string> names;
    for (const auto& file : files)
      if (!names.insert(file.name).second)
        throw Error(ErrorCode::kUsage, "import.same_name", "cannot import '" + file.path.string() + "'",
                    "two files would be named '" + file.name + "'", "import them apart, each with a --name of its own");
  }

  void take(const ImportFile& file) {
    // What a file without tensors of its own stands for is known when it has been read.
    const auto format = detect_format(file.path);
    auto source = format && format->self_contained ? to_hex(sha256_file(file.path)) : std::string();
    if (is_stored(file, source)) return;
    const auto network = read_network(file.path);
    if (source.empty() && is_stored(file, source = weights_hash(network.tensors))) return;
    auto tensors = canonical(file, network);
    auto record = facts_of(network);
    override_facts(record, options_.facts);
    record.name = file.name;
    record.source = {{"format", network.format}, {"sha256", source}, {"path", fs::absolute(file.path).string()}};
    for (const auto& warning : network.warnings) result_.warnings.push_back(file.path.string() + ": " + warning);
    for (const auto& [name, tensor] : tensors) batch_bytes_ += tensor.bytes.size();
    batch_.emplace_back(std::move(record), std::move(tensors));
    if (batch_.size() >= kBatchNetworks || batch_bytes_ >= kBatchBytes) store_batch();
  }

  // The network's refusals do not know which of many files they are about.
  TensorMap canonical(const ImportFile& file, const NetworkFile& network) const {
    if (!options_.to_canonical) return network.tensors;
    try {
      return options_.to_canonical(network);
    } catch (Error& error) {
      if (error.code() == ErrorCode::kRefused) error.at(file.path.string());
      throw;
    }
  }

  // A record describes canonical tensors: of others that are stored as they are it would be wrong.
  ZooRecord facts_of(const NetworkFile& network) const {
    if (!network.record || (network.dialect != "canonical" && !options_.to_canonical)) return {};
    auto record = *network.record;
    record.id.clear();
    return record;
  }

  bool is_stored(const ImportFile& file, const std::string& source) {
    if (source.empty() || !zoo_.contains(file.name)) return false;
    const auto stored = zoo_.get(file.name);
    if (!stored.source.is_object() || stored.source.value("sha256", Json()) != source) return false;
    result_.skipped.push_back(file);
    return true;
  }

  void store_batch() {
    if (batch_.empty()) return;
    for (auto& record : zoo_.add(std::move(batch_))) result_.stored.push_back(std::move(record));
    batch_.clear();
    batch_bytes_ = 0;
  }

  void report(bool finished) const {
    if (!progress_) return;
    const auto done = result_.stored.size() + result_.skipped.size() + batch_.size();
    progress_(
        {.task = "import", .done = done, .total = total_, .unit = "networks", .detail = nullptr, .finished = finished});
  }

  Zoo& zoo_;
  const ImportOptions& options_;
  const ProgressSink& progress_;
  std::size_t total_;
  std::vector<std::pair<ZooRecord, TensorMap>> batch_;
  std::size_t batch_bytes_ = 0;
  ImportResult result_;
};

}  // namespace

std::vector<ImportFile> files_to_import(const std::vector<std::string>& paths, const std::string& name) {
  std::vector<ImportFile> files;
  for (const auto& path : paths) add_path(path, files);
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
  if (!name.empty())
    for (auto& file : files) file.name = files.size() == 1 ? name : name + "/" + file.name;
  return files;
}

ImportResult import_networks(Zoo& zoo, const std::vector<ImportFile>& files, const ImportOptions& options,
                             const ProgressSink& progress) {
  return Importer(zoo, options, progress, files.size()).run(files);
}

NetworkFile read_network(const fs::path& path) {
  auto file = read_weights(path);
  NetworkFile network;
  network.record = record_of(file);
  if (const auto dialect = file.metadata.find(kDialectKey); network.record && dialect != file.metadata.end())
    network.dialect = dialect->second;
  network.tensors = std::move(file.tensors);
  network.warnings = std::move(file.warnings);
  network.format = std::move(file.format);
  return network;
}

void write_network(const fs::path& path, const ZooRecord& record, const TensorMap& tensors,
                   const std::string& dialect) {
  auto written = record;
  std::map<std::string, std::string> metadata{{kDialectKey, dialect}};
  auto& hash = dialect == "canonical" ? written.weights_hash : metadata[kHashKey];
  if (hash.empty()) hash = weights_hash(tensors);
  metadata[kRecordKey] = to_json(written).dump(-1, ' ', false, Json::error_handler_t::replace);
  write_safetensors(path, tensors, metadata);
}

}  // namespace weightloom
