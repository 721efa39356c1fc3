#include "weightloom/zoo/zoo.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <thread>

#include "tensor_records.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/text.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr int kSchema = 1;
constexpr std::size_t kIdBytes = 16;
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kBatchBytes = 32u << 20;

std::string random_id() {
  std::random_device device;
  std::string raw(kIdBytes, '\0');
  for (auto& byte : raw) byte = static_cast<char>(device());
  return to_hex(raw);
}

std::string now_text() {
  return format_time(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

bool is_store(const fs::path& directory) {
  std::error_code error;
  return fs::exists(directory / "db" / "CURRENT", error);
}

Error no_store(const fs::path& directory, const std::string& why) {
  return Error(ErrorCode::kNoStore, "zoo.no_store", "no zoo at '" + directory.string() + "'", why,
               "make one with `weightloom zoo init " + directory.string() + "`, or name another with --zoo")
      .at(directory.string());
}

void check_schema(const Database& database, const fs::path& directory) {
  const auto schema = database.get(Family::kDefault, "schema");
  if (!schema) throw no_store(directory, "its creation was interrupted; remove the folder first");
  if (std::stoi(*schema) > kSchema)
    throw Error(
        ErrorCode::kRefused, "zoo.schema", "cannot open the zoo '" + directory.string() + "'",
        "it was written by a newer weightloom (schema " + *schema + ", this one knows " + std::to_string(kSchema) + ")",
        "update weightloom");
}

// While a writer works, a file may vanish between reading the manifest and opening it.
std::unique_ptr<Database> open_for_reading(const fs::path& directory) {
  for (int attempt = 0;; ++attempt) {
    try {
      return std::make_unique<Database>(directory / "db", Database::Mode::kRead);
    } catch (const Error&) {
      if (!is_locked(directory)) throw;
      if (attempt == 3)
        throw Error(ErrorCode::kLocked, "zoo.busy", "cannot read the zoo '" + directory.string() + "'",
                    "the store is being written", "try again in a moment");
      std::this_thread::sleep_for(std::chrono::milliseconds(20 << attempt));
    }
  }
}

void check_name(const std::string& name) {
  if (!name.empty() && name.size() <= kMaxName && is_printable(name) && name.front() != '/' && name.back() != '/')
    return;
  throw Error(
      ErrorCode::kUsage, "zoo.bad_name", "cannot name a network '" + name + "'",
      "a name is 1 to 1024 bytes of UTF-8 without control or bidirectional control characters and does not begin or "
      "end with '/'");
}

void check_tensors(const ZooRecord& record, const TensorMap& tensors) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kUsage, "zoo.bad_tensor", "cannot store network '" + record.name + "'", why);
  };
  for (const auto& [name, tensor] : tensors) {
    if (name.empty() || name.size() > kMaxName || !is_printable(name))
      refuse("the name '" + name +
             "' of a tensor is not 1 to 1024 bytes of UTF-8 without control or bidirectional control characters");
    if (tensor.bytes.size() != static_cast<std::size_t>(element_count(tensor.shape)) * dtype_bytes(tensor.dtype))
      refuse("the bytes of tensor '" + name + "' do not fill its shape " + to_string(tensor.shape));
  }
}

void check_metrics(const ZooRecord& record) {
  for (const auto& [name, value] : record.metrics)
    if (name.empty())
      throw Error(ErrorCode::kUsage, "zoo.bad_metric", "cannot store network '" + record.name + "'",
                  "a metric has no name");
}

Error name_taken(const std::string& name) {
  return Error(ErrorCode::kUsage, "zoo.name_taken", "cannot name a network '" + name + "'", "the name is taken",
               "choose another name, or rename or remove the network that has it");
}

void complete(ZooRecord& record, const TensorMap& tensors) {
  if (record.id.empty()) record.id = random_id();
  if (record.id.size() != 2 * kIdBytes || !is_hex(record.id))
    throw Error(ErrorCode::kUsage, "zoo.bad_id", "cannot store network '" + record.name + "'",
                "the id '" + record.id + "' is not 32 lower-case hex digits");
  if (record.created.empty()) record.created = now_text();
  describe_weights(record, tensors);
}

void put_facts(Batch& batch, const ZooRecord& record) {
  batch.put(Family::kMeta, from_hex(record.id), encode_record(record));
  batch.put(Family::kRow, from_hex(record.id), encode_row(record));
  for (const auto& link : record.parents) batch.put(Family::kEdge, keys::edge(link.parent, record.id), link.kind);
}

RecordSummary summary_of(const std::string& id, const RowView& row) {
  const auto text = [&](RowText which) { return std::string(row.text(which)); };
  return {.id = id,
          .name = text(RowText::kName),
          .architecture = text(RowText::kArchitecture),
          .dataset = text(RowText::kDataset),
          .family = text(RowText::kFamily),
          .split = text(RowText::kSplit),
          .source = text(RowText::kSource),
          .parameters = row.parameters(),
          .bytes = row.bytes(),
          .tags = row.tags(),
          .metrics = row.metrics(),
          .created = format_time(row.created())};
}

}  // namespace

std::string encode_record(const ZooRecord& record) {
  std::string bytes;
  Json::to_cbor(to_json(record), bytes);
  return bytes;
}

ZooRecord decode_record(std::string_view bytes) {
  try {
    return record_from_json(Json::from_cbor(bytes.begin(), bytes.end()));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kDamaged, "zoo.record", "cannot read a record of the zoo", error.what(),
                "run `weightloom zoo verify`");
  }
}

Zoo::Zoo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Zoo::~Zoo() = default;
Zoo::Zoo(Zoo&&) noexcept = default;
Zoo& Zoo::operator=(Zoo&&) noexcept = default;

Zoo Zoo::create(const fs::path& directory) {
  std::error_code error;
  const bool existed = fs::exists(directory, error);
  if (existed && (!fs::is_directory(directory) || !fs::is_empty(directory)))
    throw Error(ErrorCode::kFailure, "zoo.exists", "cannot make a zoo at '" + directory.string() + "'",
                is_store(directory) ? "there is a zoo already" : "the folder is not empty",
                is_store(directory) ? "use it as it is" : "choose a new or empty folder")
        .at(directory.string());
  const NewFolder folder(directory, error);
  if (!error) fs::create_directory(directory / "objects", error);
  if (error)
    throw write_error("zoo.not_writable", "cannot make a zoo at '" + directory.string() + "'", error.value(),
                      directory);
  try {
    auto impl = std::make_unique<Impl>();
    impl->directory = directory;
    impl->lock = std::make_unique<StoreLock>(directory, 0);
    impl->database = std::make_unique<Database>(directory / "db", Database::Mode::kCreate);
    impl->uuid = random_id();
    auto batch = impl->database->batch();
    batch.put(Family::kDefault, "uuid", impl->uuid);
    batch.put(Family::kDefault, "schema", std::to_string(kSchema));
    impl->database->write(batch);
    return Zoo(std::move(impl));
  } catch (...) {
    for (const char* part : {"db", "objects", "store.lock"}) fs::remove_all(directory / part, error);
    throw;
  }
}

Zoo Zoo::open(const fs::path& directory, Access access, double wait_seconds) {
  if (!is_store(directory))
    throw no_store(directory, fs::exists(directory) ? "the folder holds no zoo" : "there is no such folder");
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  if (access == Access::kWrite) {
    impl->lock = std::make_unique<StoreLock>(directory, wait_seconds);
    impl->database = std::make_unique<Database>(directory / "db", Database::Mode::kWrite);
  } else {
    impl->database = open_for_reading(directory);
  }
  check_schema(*impl->database, directory);
  impl->uuid = impl->database->get(Family::kDefault, "uuid").value_or("");
  return Zoo(std::move(impl));
}

const fs::path& Zoo::directory() const {
  return impl_->directory;
}
std::string Zoo::uuid() const {
  return impl_->uuid;
}

Database& Zoo::Impl::writable() const {
  if (!lock) throw Error(ErrorCode::kUsage, "zoo.read_only", "cannot change the zoo", "it was opened for reading");
  return *database;
}

std::optional<ZooRecord> Zoo::Impl::record(const std::string& id) const {
  const auto bytes = database->get(Family::kMeta, from_hex(id));
  if (!bytes) return std::nullopt;
  return decode_record(*bytes);
}

std::string Zoo::Impl::resolve(const std::string& reference) const {
  const bool hex = is_hex(reference);
  if (hex && reference.size() == 2 * kIdBytes && database->has(Family::kMeta, from_hex(reference))) return reference;
  for (const auto& key : {keys::name(reference), keys::alias(reference)})
    if (const auto id = database->get(Family::kName, key)) return to_hex(*id);
  if (hex && reference.size() >= 4) {
    std::vector<std::string> found;
    database->scan(Family::kRow, from_hex(reference.substr(0, reference.size() / 2 * 2)), [&](auto key, auto) {
      if (to_hex(key).starts_with(reference)) found.push_back(to_hex(key));
      return found.size() <= 10;
    });
    if (found.size() == 1) return found.front();
    if (found.size() > 1) {
      std::string list;
      for (const auto& id : found) list += (list.empty() ? "" : ", ") + id.substr(0, reference.size() + 4);
      throw Error(ErrorCode::kAmbiguous, "zoo.ambiguous", "cannot tell which network '" + reference + "' is",
                  "it begins several ids: " + list, "give more digits");
    }
  }
  std::vector<std::string> names;
  for (const char* prefix : {"n/", "a/"})
    database->scan(Family::kName, prefix, [&](auto key, auto) {
      names.emplace_back(key.substr(2));
      return true;
    });
  const auto near = nearest_name(reference, names);
  throw Error(ErrorCode::kNotFound, "zoo.not_found", "no network '" + reference + "' in the zoo",
              "no name, alias or id fits",
              near.empty() ? "see what there is with `weightloom zoo list`" : "did you mean '" + near + "'?");
}

std::vector<std::string> Zoo::Impl::relatives(const std::string& id, Lineage direction) const {
  const auto neighbours = [&](const std::string& of) {
    std::vector<std::string> ids;
    if (direction == Lineage::kUp) {
      if (const auto found = record(of))
        for (const auto& link : found->parents) ids.push_back(link.parent);
    } else {
      const auto prefix = keys::edge_prefix(of);
      database->scan(Family::kEdge, prefix, [&](auto key, auto) {
        ids.push_back(to_hex(key.substr(prefix.size())));
        return true;
      });
    }
    return ids;
  };
  std::vector<std::string> out{id};
  std::set<std::string> seen{id};
  for (std::size_t next = 0; next < out.size(); ++next)
    for (const auto& neighbour : neighbours(out[next]))
      if (seen.insert(neighbour).second && neighbour.size() == 2 * kIdBytes && is_hex(neighbour) &&
          database->has(Family::kMeta, from_hex(neighbour)))
        out.push_back(neighbour);
  out.erase(out.begin());
  return out;
}

std::vector<ZooRecord> Zoo::add(std::vector<std::pair<ZooRecord, TensorMap>> networks) {
  auto& database = impl_->writable();
  std::set<std::string> names, ids;
  for (auto& [record, tensors] : networks) {
    expect_free(record.name);
    check_tensors(record, tensors);
    check_metrics(record);
    if (!names.insert(record.name).second) throw name_taken(record.name);
    complete(record, tensors);
    if (!ids.insert(record.id).second || database.has(Family::kMeta, from_hex(record.id)))
      throw Error(ErrorCode::kUsage, "zoo.id_taken", "cannot store network '" + record.name + "'",
                  "the id " + record.id + " is taken");
  }
  ObjectWriter objects(impl_->directory, database);
  auto batch = database.batch();
  for (const auto& [record, tensors] : networks)
    for (const auto& tensor : record.tensors) {
      objects.put(batch, tensor.object, tensors.at(tensor.name).bytes);
      if (batch.bytes() < kBatchBytes) continue;
      database.write(batch, false);
      batch.clear();
    }
  std::vector<ZooRecord> stored;
  for (auto& [record, tensors] : networks) {
    put_facts(batch, record);
    batch.put(Family::kName, keys::name(record.name), from_hex(record.id));
    for (const auto& tensor : record.tensors) batch.put(Family::kRef, keys::reference(tensor.object, record.id), "");
    stored.push_back(std::move(record));
  }
  // A write that reports failure may still surface after a crash: its files must stay.
  objects.keep();
  database.write(batch);
  return stored;
}

ZooRecord Zoo::get(const std::string& reference) const {
  const auto id = impl_->resolve(reference);
  if (auto record = impl_->record(id)) return *record;
  throw Error(ErrorCode::kDamaged, "zoo.record", "cannot read network '" + reference + "'", "its record is missing",
              "run `weightloom zoo verify`");
}

bool Zoo::contains(const std::string& name) const {
  return impl_->database->has(Family::kName, keys::name(name));
}

void Zoo::expect_free(const std::string& name) const {
  check_name(name);
  if (contains(name)) throw name_taken(name);
}

TensorMap Zoo::weights(const ZooRecord& record) const {
  TensorMap tensors;
  for (const auto& tensor : record.tensors) {
    HostTensor value{tensor.dtype, tensor.shape, read_object(impl_->directory, *impl_->database, tensor.object)};
    tensors.emplace(tensor.name, std::move(value));
  }
  return tensors;
}

std::vector<ZooRecord> Zoo::find(const Query& query) const {
  std::vector<ZooRecord> records;
  for (const auto& [id, row] : impl_->rows(query)) records.push_back(get(id));
  return records;
}

std::vector<RecordSummary> Zoo::summaries(const Query& query) const {
  std::vector<RecordSummary> out;
  for (const auto& [id, row] : impl_->rows(query)) out.push_back(summary_of(id, RowView(row)));
  return out;
}

std::size_t Zoo::size() const {
  std::size_t count = 0;
  impl_->database->scan(Family::kRow, "", [&](auto, auto) { return ++count, true; });
  return count;
}

std::int64_t Zoo::stored_bytes() const {
  std::int64_t bytes = 0;
  impl_->database->scan(Family::kObj, "", [&](auto, auto value) {
    bytes += static_cast<std::int64_t>(decode_object_info(value).bytes);
    return true;
  });
  return bytes;
}

void Zoo::update(const ZooRecord& record) {
  auto& database = impl_->writable();
  const auto old = get(record.id);
  check_metrics(record);
  auto changed = record;
  changed.name = old.name;
  changed.tensors = old.tensors;
  changed.parameters = old.parameters;
  changed.bytes = old.bytes;
  changed.created = old.created;
  changed.weights_hash = old.weights_hash;
  auto batch = database.batch();
  for (const auto& link : old.parents) batch.erase(Family::kEdge, keys::edge(link.parent, old.id));
  put_facts(batch, changed);
  database.write(batch);
}

void Zoo::rename(const std::string& reference, const std::string& name) {
  auto& database = impl_->writable();
  check_name(name);
  auto record = get(reference);
  if (record.name == name) return;
  if (contains(name)) throw name_taken(name);
  auto batch = database.batch();
  batch.erase(Family::kName, keys::name(record.name));
  record.name = name;
  batch.put(Family::kName, keys::name(name), from_hex(record.id));
  put_facts(batch, record);
  database.write(batch);
}

void Zoo::set_alias(const std::string& alias, const std::string& reference) {
  auto& database = impl_->writable();
  expect_free(alias);
  auto batch = database.batch();
  batch.put(Family::kName, keys::alias(alias), from_hex(impl_->resolve(reference)));
  database.write(batch);
}

std::vector<std::string> Zoo::aliases(const std::string& record_id) const {
  std::vector<std::string> out;
  impl_->database->scan(Family::kName, "a/", [&](auto key, auto id) {
    if (to_hex(id) == record_id) out.emplace_back(key.substr(2));
    return true;
  });
  return out;
}

void Zoo::remove(const std::string& reference) {
  auto& database = impl_->writable();
  const auto record = get(reference);
  auto batch = database.batch();
  batch.erase(Family::kMeta, from_hex(record.id));
  batch.erase(Family::kRow, from_hex(record.id));
  batch.erase(Family::kName, keys::name(record.name));
  for (const auto& alias : aliases(record.id)) batch.erase(Family::kName, keys::alias(alias));
  for (const auto& link : record.parents) batch.erase(Family::kEdge, keys::edge(link.parent, record.id));
  database.scan(Family::kTok, from_hex(record.id),
                [&](auto key, auto) { return batch.erase(Family::kTok, key), true; });
  std::vector<fs::path> files;
  for (const auto& tensor : record.tensors) {
    const auto object = from_hex(tensor.object);
    batch.erase(Family::kRef, keys::reference(tensor.object, record.id));
    bool shared = false;
    database.scan(Family::kRef, object, [&](auto key, auto) {
      shared = key.substr(object.size()) != from_hex(record.id);
      return !shared;
    });
    if (shared) continue;
    batch.erase(Family::kObj, object);
    batch.erase(Family::kW, object);
    files.push_back(object_path(impl_->directory, tensor.object));
  }
  database.write(batch);
  std::error_code ignored;  // a file that stays is an orphan, which verify reports
  for (const auto& file : files) fs::remove(file, ignored);
}

void Zoo::put_tokens(const std::vector<std::pair<std::string, TokenStream>>& streams) {
  auto& database = impl_->writable();
  auto batch = database.batch();
  for (const auto& [id, stream] : streams) {
    if (!database.has(Family::kMeta, from_hex(id)))
      throw Error(ErrorCode::kNotFound, "zoo.not_found", "cannot store tokens", "no network has the id " + id);
    if (stream.tokenizer.size() != 64 || stream.weights_hash.size() != 64 ||
        !is_hex(stream.tokenizer + stream.weights_hash))
      throw Error(ErrorCode::kUsage, "zoo.bad_tokens", "cannot store tokens",
                  "tokenizer and weights hash are 64 hex digits");
    batch.put(Family::kTok, keys::tokens(id, stream.tokenizer), from_hex(stream.weights_hash) + stream.payload);
    if (batch.bytes() < kBatchBytes) continue;
    database.write(batch, false);
    batch.clear();
  }
  database.write(batch);
}

std::optional<TokenStream> Zoo::tokens(const std::string& record_id, const std::string& tokenizer) const {
  const auto value = impl_->database->get(Family::kTok, keys::tokens(record_id, tokenizer));
  if (!value || value->size() < 32) return std::nullopt;
  return TokenStream{tokenizer, to_hex(value->substr(0, 32)), value->substr(32)};
}

std::vector<ZooRecord> Zoo::ancestors(const std::string& record_id) const {
  std::vector<ZooRecord> out;
  for (const auto& id : impl_->relatives(record_id, Impl::Lineage::kUp)) out.push_back(get(id));
  return out;
}

std::vector<ZooRecord> Zoo::descendants(const std::string& record_id) const {
  std::vector<ZooRecord> out;
  for (const auto& id : impl_->relatives(record_id, Impl::Lineage::kDown)) out.push_back(get(id));
  return out;
}

}  // namespace weightloom
