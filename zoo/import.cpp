#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <set>

#include "expected_room.hpp"
#include "network_metadata.hpp"
#include "query_syntax.hpp"
#include "tensor_records.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weightloom/formats/weights_stream.hpp"
#include "weightloom/zoo/facts.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kTrainingState = "pt.training_state";  // of a checkpoint without weights
constexpr std::size_t kImportedAtOnce = 256;
constexpr std::size_t kImportedBytes = 16u << 20;
constexpr std::uint64_t kLargeFile = 64u << 20;  // is not held in memory, where nothing has to be converted
constexpr std::size_t kMostMetadata = 1u << 20;  // bytes that are kept of what a file says beside its tensors

// Failures of one file, after which the others are imported all the same.
bool is_about_the_file(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kRefused:
    case ErrorCode::kNotFound:
    case ErrorCode::kUsage:
    case ErrorCode::kPlugin:  // that its record names
    case ErrorCode::kAmbiguous:
      return true;
    default:
      return error.id() == "file.open" || error.id() == "file.kind" || error.id() == "file.read";
  }
}

class Importer {
 public:
  Importer(Zoo& zoo, const ImportPlan& plan, const ImportOptions& options, const ProgressSink& progress)
      : zoo_(zoo), plan_(plan), options_(options), progress_(progress), room_(zoo) {
    result_.refused = plan.refused;
    result_.passed_over = plan.passed_over;
    for (const auto& file : plan.files) planned_.insert(file.name);
    for (const auto& row : options.rows) add_row(row);
    for (const auto& file : plan.files)
      if (const auto row = by_path_.find(place_of(file.path)); row != by_path_.end() && by_name_.contains(file.name))
        throw said_twice(*row->second, *by_name_.at(file.name));
  }

  ImportResult run() {
    refuse_rows_of_nothing();
    auto files = plan_.files;
    if (options_.consecutive)
      std::ranges::stable_sort(files, natural_less, [](const auto& file) { return file.path.string(); });
    try {
      for (const auto& file : files) {
        throw_if_interrupted();
        try_to_take(file);
        if (options_.consecutive || batch_.size() >= kImportedAtOnce || batch_bytes_ >= kImportedBytes) store_batch();
        report(false);
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInterrupted) store_batch();
      throw;
    }
    store_batch();
    link_later_parents();
    if (const auto doubt = room_.doubt()) result_.warnings.push_back(*doubt);
    report(true);
    return std::move(result_);
  }

 private:
  void try_to_take(const ImportFile& file) {
    // Of one file alone the failure is the command's.
    if (plan_.files.size() == 1 && plan_.refused.empty()) return take(file);
    try {
      take(file);
    } catch (const Error& error) {
      if (storing_ || !is_about_the_file(error)) throw;
      auto& left_out = error.id() == kTrainingState ? result_.passed_over : result_.refused;
      left_out.push_back({file.path, error.id(), error.why().empty() ? error.summary() : error.why()});
    } catch (const std::bad_alloc&) {
      result_.refused.push_back({file.path, "import.memory", "there is not enough memory for it"});
    } catch (const std::filesystem::filesystem_error& error) {
      result_.refused.push_back({file.path, "import.unreadable", error.code().message()});
    }
  }

  void take(const ImportFile& file) {
    if (!names_.insert(file.name).second)
      throw Error(ErrorCode::kUsage, "import.same_name", "cannot import '" + file.path.string() + "'",
                  "another file is named '" + file.name + "' too", "import them apart, each with a --name of its own");
    said_ = facts_about(file);
    const FileReader opened(file.path);
    const auto stream = stream_of(file);
    if (stream && !zoo_.contains(file.name)) return take_stream(file, *stream);
    // What a file without tensors of its own stands for is known when it has been read.
    const auto format = file.shards.empty() ? detect_format(file.path) : std::nullopt;
    auto source = format && format->self_contained ? to_hex(sha256_file(file.path)) : std::string();
    if (stream && source.empty()) source = hashes_of(*stream).source;
    const auto stored = stored_from(file, source);
    if (stored && zoo_.is_sound(*stored)) return meet_again(file, *stored);
    if (stream && !stored && options_.replace) return take_stream(file, *stream);
    auto network = file.shards.empty() ? read_network(file.path) : read_network(file.shards);
    if (!opened.unchanged())
      throw Error(ErrorCode::kRefused, "import.changed", "refusing to import '" + file.path.string() + "'",
                  "it was written while it was read", "import it when it is complete")
          .at(file.path.string());
    if (source.empty()) {
      source = weights_hash(network.tensors);
      if (const auto same = stored_from(file, source); same && zoo_.is_sound(*same)) return meet_again(file, *same);
    }
    auto record = record_for(file, network, source);
    for (const auto& warning : network.warnings) warn(file, warning);
    auto tensors = canonical(file, std::move(network));
    if (const auto damaged = stored ? stored : stored_from(file, source)) return mend(file, *damaged, tensors);
    const bool taken = zoo_.contains(file.name);
    if (!taken || !options_.replace) zoo_.expect_free(file.name);
    expect_storable(record, tensors);
    (taken ? result_.replaced : result_.imported).push_back(file);
    if (options_.dry_run) {
      describe_weights(record, tensors);
      return room_.add(record, &tensors, follows());
    }
    for (const auto& [name, tensor] : tensors) batch_bytes_ += tensor.bytes.size();
    batch_.emplace_back(std::move(record), std::move(tensors));
  }

  // Of a large file whose tensors are stored as they are.
  std::unique_ptr<WeightsStream> stream_of(const ImportFile& file) const {
    const bool described = options_.facts.architecture.empty() && !said_.architecture.empty();
    if (!file.shards.empty() || described) return nullptr;
    const auto format = detect_format(file.path);
    if (format && format->self_contained && fs::file_size(file.path) < kLargeFile) return nullptr;
    auto stream = WeightsStream::open(file.path);
    if (!stream) return nullptr;
    std::uint64_t bytes = 0;
    std::map<std::string, Shape> shapes;
    for (const auto& tensor : stream->tensors()) {
      bytes += tensor.bytes;
      shapes.emplace(tensor.name, tensor.shape);
    }
    if (bytes < kLargeFile) return nullptr;
    const auto dialect = recorded_dialect(stream->metadata());
    return !options_.is_canonical || options_.is_canonical(shapes, dialect) ? std::move(stream) : nullptr;
  }

  void take_stream(const ImportFile& file, const WeightsStream& stream) {
    const bool taken = zoo_.contains(file.name);
    if (!taken || !options_.replace) zoo_.expect_free(file.name);
    for (const auto& warning : stream.warnings()) warn(file, warning);
    if (options_.dry_run) {
      auto [hash, source, tensors] = hashes_of(stream);
      auto record = record_of(file, stream, hash, source);
      expect_storable(record);
      record.tensors = std::move(tensors);
      room_.add(record, nullptr, follows());
    } else {
      store_batch();
      const auto produce = [&](WeightsSink& sink) { return read_into(sink, file, stream); };
      result_.stored.push_back(
          zoo_.store(file.name, produce, options_.replace ? Zoo::Taken::kReplace : Zoo::Taken::kRefuse));
      previous_ = result_.stored.back().id;
    }
    (taken ? result_.replaced : result_.imported).push_back(file);
  }

  ZooRecord read_into(WeightsSink& sink, const ImportFile& file, const WeightsStream& stream) {
    if (!previous().empty()) sink.derive_from(previous());
    for (const auto& parent : said_.parents)
      if (const auto link = parent_of(file, parent.parent)) sink.derive_from(link->parent);
    const auto source = stream.read([&](const WeightsStream::Tensor& tensor, bool first, auto bytes) {
      if (first) sink.begin(tensor.name, tensor.dtype, tensor.shape);
      sink.append(bytes);
      report_reading(bytes.size());
    });
    const auto hash = sink.weights_hash();
    return record_of(file, stream, hash, source.empty() ? hash : source);
  }

  ZooRecord record_of(const ImportFile& file, const WeightsStream& stream, const std::string& hash,
                      const std::string& source) {
    auto network = network_of(stream.metadata(), hash);
    for (const auto& warning : network.warnings) warn(file, warning);
    network.format = stream.format();
    return record_for(file, network, source);
  }

  struct Hashes {
    std::string weights, source;
    std::vector<TensorRecord> tensors;
  };
  // Of a file that is only read.
  Hashes hashes_of(const WeightsStream& stream) {
    std::map<std::string, Sha256> hashes;
    auto source = stream.read([&](const WeightsStream::Tensor& tensor, bool, auto bytes) {
      hashes[tensor.name].update(bytes.data(), bytes.size());
      report_reading(bytes.size());
    });
    std::vector<TensorRecord> tensors;
    for (const auto& tensor : stream.tensors())
      tensors.push_back({tensor.name, tensor.dtype, tensor.shape, to_hex(hashes.at(tensor.name).finish())});
    auto weights = hash_of_tensors(tensors);
    if (source.empty()) source = weights;
    return {std::move(weights), std::move(source), std::move(tensors)};
  }

  void report_reading(std::size_t bytes) {
    read_ += bytes;
    if (progress_) progress_({.task = "read", .done = read_, .total = 0, .unit = "bytes", .detail = nullptr});
  }

  // The network that this one continues.
  std::string previous() const {
    if (!options_.consecutive) return {};
    return previous_;
  }

  // May it have a parent that a dry run does not store?
  bool follows() const {
    return options_.consecutive || std::ranges::any_of(said_.parents, [&](const auto& link) {
             return planned_.contains(link.parent) && !zoo_.knows(link.parent);
           });
  }

  ZooRecord record_for(const ImportFile& file, const NetworkFile& network, const std::string& source) {
    auto record = facts_of(network);
    state_facts(record, said_);
    record.name = file.name;
    if (const auto why = pointless_time(record.created); !why.empty()) {
      warn(file, "its record says that it was created at " + printable(record.created) + ", which is " + why +
                     ": the time of the import is taken");
      record.created.clear();
    }
    for (const auto& parent : said_.parents)
      if (const auto link = parent_of(file, parent.parent)) add_parent(record, *link);
    record.source = {{"format", network.format},
                     {"sha256", source},
                     {"path", printable(fs::absolute(file.path).lexically_normal().string())}};
    if (!previous().empty()) record.parents.push_back({"continues", previous()});
    std::size_t bytes = 0;
    for (const auto& [key, value] : network.metadata) bytes += key.size() + value.size();
    if (bytes > kMostMetadata)
      warn(file, "what it says beside its tensors is more than 1 MiB, and is not kept");
    else if (bytes > 0)
      record.source["metadata"] = Json(network.metadata);
    return record;
  }

  static std::string place_of(const fs::path& path) {
    std::error_code error;
    const auto place = fs::weakly_canonical(path, error);
    return (error ? path : place).string();
  }

  void add_row(const FactRow& row) {
    const auto [known, first] =
        row.name.empty() ? by_path_.emplace(place_of(row), &row) : by_name_.emplace(row.name, &row);
    if (!first) throw said_twice(*known->second, row);
  }

  static Error said_twice(const FactRow& one, const FactRow& other) {
    return Error(ErrorCode::kRefused, "facts.twice", "refusing to take facts from '" + other.file.string() + "'",
                 one.where + " and " + other.where + " are about one network", "leave one of them out")
        .at(other.file.string());
  }

  static std::string place_of(const FactRow& row) { return place_of(row.file.parent_path() / row.path); }

  static std::string sidecar_of(const ImportFile& file) { return fs::path(file.path).replace_extension(".json"); }

  // The command's word counts more than the table's, and that more than what lies beside the file.
  ZooRecord facts_about(const ImportFile& file) {
    std::vector<const ZooRecord*> sources;
    ZooRecord beside;
    if (options_.sidecars && sidecar_of(file) != file.path && fs::exists(sidecar_of(file))) {
      std::vector<std::string> foreign;
      beside = read_sidecar(sidecar_of(file), foreign);
      for (const auto& key : foreign) warn(file, "its sidecar says '" + printable(key) + "', which is not taken");
      sources.push_back(&beside);
    }
    if (const auto row = by_path_.find(place_of(file.path)); row != by_path_.end())
      sources.push_back(&row->second->facts);
    if (const auto row = by_name_.find(file.name); row != by_name_.end()) sources.push_back(&row->second->facts);
    sources.push_back(&options_.facts);
    ZooRecord said;
    for (const auto* source : sources) {
      auto facts = *source;
      if (!facts.architecture.empty() && source != &options_.facts && options_.facts.architecture.empty() &&
          options_.complete_architecture)
        options_.complete_architecture(facts);
      state_facts(said, facts);
      said.parents.insert(said.parents.end(), facts.parents.begin(), facts.parents.end());
    }
    return said;
  }

  void refuse_rows_of_nothing() {
    std::set<std::string> paths;
    for (const auto& file : plan_.files) paths.insert(place_of(file.path));
    for (const auto& row : options_.rows) {
      if (row.name.empty() ? paths.contains(place_of(row)) : planned_.contains(row.name)) continue;
      result_.refused.push_back(
          {row.file, "facts.no_network", row.where + ": nothing is imported as '" + row.name + row.path + "'"});
    }
  }

  // Nothing when the parent is stored by the same import, but later.
  std::optional<ParentLink> parent_of(const ImportFile& file, const std::string& text) {
    const auto name = text.substr(0, planned_.contains(text) ? text.size() : text.rfind(':'));
    if (planned_.contains(name) && !zoo_.knows(name)) {
      store_batch();
      if (!zoo_.knows(name)) {
        if (!options_.dry_run) later_parents_.emplace_back(file, text);
        return std::nullopt;
      }
    }
    return parent_link(zoo_, text);
  }

  void link_later_parents() {
    for (const auto& [file, text] : later_parents_) {
      if (!zoo_.contains(file.name)) continue;
      try {
        auto record = zoo_.get(file.name);
        if (add_parent(record, parent_link(zoo_, text))) zoo_.update(record);
      } catch (const Error& error) {
        if (!is_about_the_file(error)) throw;
        warn(file, "its parent '" + text + "' was not stored");
      }
    }
  }

  // The network's refusals do not know which of many files they are about.
  TensorMap canonical(const ImportFile& file, NetworkFile network) {
    if (!options_.to_canonical) return std::move(network.tensors);
    if (options_.facts.architecture.empty() && !said_.architecture.empty()) {
      if (!network.record) network.record.emplace();
      network.record->architecture = said_.architecture;
      network.record->config = said_.config;
      network.dialect.clear();
    }
    try {
      std::vector<std::string> warnings;
      auto tensors = options_.to_canonical(std::move(network), warnings);
      for (const auto& warning : warnings) warn(file, warning);
      return tensors;
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

  // The network of that name, if it came from the same bytes.
  std::optional<ZooRecord> stored_from(const ImportFile& file, const std::string& source) const {
    if (source.empty() || !zoo_.contains(file.name)) return std::nullopt;
    auto stored = zoo_.get(file.name);
    if (!stored.source.is_object() || stored.source.value("sha256", Json()) != source) return std::nullopt;
    return stored;
  }

  // Its weights stay; what is newly said of it is added.
  void meet_again(const ImportFile& file, const ZooRecord& stored) {
    (add_facts(file, stored) ? result_.updated : result_.skipped).push_back(file);
    previous_ = stored.id;
  }

  bool add_facts(const ImportFile& file, const ZooRecord& stored) {
    auto record = stored;
    auto facts = said_;
    if (!facts.architecture.empty() && (facts.architecture != stored.architecture || facts.config != stored.config))
      warn(file, "is stored already, and its architecture is not changed; `zoo set --arch` or --replace does that");
    facts.architecture.clear();
    state_facts(record, facts);
    for (const auto& parent : facts.parents)
      if (const auto link = parent_of(file, parent.parent)) add_parent(record, *link);
    if (!previous().empty() && previous() != stored.id) add_parent(record, {"continues", previous()});
    expect_storable(record);
    const bool same = to_json(record) == to_json(stored);
    if (!same && !options_.dry_run) zoo_.update(record);
    return !same;
  }

  void mend(const ImportFile& file, const ZooRecord& stored, const TensorMap& tensors) {
    if (weights_hash(tensors) != stored.weights_hash)
      throw Error(ErrorCode::kUsage, "import.other_weights", "cannot mend '" + stored.name + "'",
                  "its tensors were stored under other names or layouts",
                  "import it with the --arch and --set that it was imported with");
    if (!options_.dry_run) zoo_.mend(stored, tensors);
    add_facts(file, stored);
    result_.mended.push_back(file);
    previous_ = stored.id;
  }

  void store_batch() {
    if (batch_.empty()) return;
    storing_ = true;  // what goes wrong now is not about the file in hand
    for (auto& record : zoo_.add(std::move(batch_), options_.replace ? Zoo::Taken::kReplace : Zoo::Taken::kRefuse))
      result_.stored.push_back(std::move(record));
    storing_ = false;
    if (!result_.stored.empty()) previous_ = result_.stored.back().id;
    batch_.clear();
    batch_bytes_ = 0;
  }

  void warn(const ImportFile& file, const std::string& text) {
    result_.warnings.push_back(file.path.string() + ": " + text);
  }

  void report(bool finished) {
    ++done_;
    if (!progress_) return;
    progress_({.task = "import",
               .done = finished ? plan_.files.size() : done_,
               .total = plan_.files.size(),
               .unit = "files",
               .detail = nullptr,
               .finished = finished});
  }

  Zoo& zoo_;
  const ImportPlan& plan_;
  const ImportOptions& options_;
  const ProgressSink& progress_;
  std::set<std::string> names_, planned_;
  std::map<std::string, const FactRow*> by_name_, by_path_;
  std::vector<std::pair<ImportFile, std::string>> later_parents_;
  ZooRecord said_;  // of the file in hand
  bool storing_ = false;
  std::uint64_t read_ = 0;  // bytes of large files
  std::string previous_;    // id of the network that was met or stored last
  std::vector<std::pair<ZooRecord, TensorMap>> batch_;
  std::size_t batch_bytes_ = 0, done_ = 0;
  ExpectedRoom room_;  // of a dry run
  ImportResult result_;
};

}  // namespace

ImportResult import_networks(Zoo& zoo, const ImportPlan& plan, const ImportOptions& options,
                             const ProgressSink& progress) {
  const Zoo::Together together(zoo);
  return Importer(zoo, plan, options, progress).run();
}

}  // namespace weightloom
