#include "weightloom/zoo/zoo.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <random>
#include <thread>

#include "fact_index.hpp"
#include "statistics_cache.hpp"
#include "store_folder.hpp"
#include "tensor_records.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/zoo/place.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr int kSchema = 4;
constexpr const char* kQuotaKey = "quota";
constexpr std::size_t kMaxName = 1024;
constexpr std::size_t kBatchBytes = 32u << 20;
constexpr std::size_t kAtOnce = 1000;  // networks to a batch
// Small objects that were erased and take more than this, and half of what there is, are cleared away on closing.
constexpr std::uint64_t kMuchErased = 1u << 20;

void check_schema(const Database& database, const fs::path& directory) {
  const auto schema = database.get(Family::kDefault, "schema");
  if (!schema)
    throw Error(ErrorCode::kDamaged, "zoo.damaged", "cannot open the zoo '" + directory.string() + "'",
                "its database does not say what it is", "restore the zoo from a backup")
        .at(directory.string());
  if (*schema != std::to_string(kSchema) && *schema != "3" && *schema != "2" && *schema != "1")
    throw Error(ErrorCode::kRefused, "zoo.schema", "cannot open the zoo '" + directory.string() + "'",
                "it was written by a newer weightloom (schema " + *schema + ", this one knows up to " +
                    std::to_string(kSchema) + ")",
                "update weightloom");
}

// While a writer works, a file may vanish between reading the manifest and opening it.
std::unique_ptr<Database> open_for_reading(const fs::path& directory) {
  for (int attempt = 0;; ++attempt) {
    try {
      return std::make_unique<Database>(database_path(directory), Database::Mode::kRead);
    } catch (const Error&) {
      if (!is_locked(directory)) throw;
      if (attempt == 3)
        throw Error(ErrorCode::kLocked, "zoo.busy", "cannot read the zoo '" + directory.string() + "'",
                    "the store is being written", "try again in a moment");
      std::this_thread::sleep_for(std::chrono::milliseconds(20 << attempt));
    }
  }
}

void expect_free_for_zoo(const fs::path& directory) {
  expect_outside_zoos(directory);
  if (is_free_for_zoo(directory)) return;
  const auto refuse = [&](const char* why, const char* hint) {
    throw Error(ErrorCode::kFailure, "zoo.exists", "cannot make a zoo at '" + directory.string() + "'", why, hint)
        .at(directory.string());
  };
  switch (state_of(directory)) {
    case FolderState::kZoo:
      return refuse("there is a zoo already", "use it as it is");
    case FolderState::kDamaged:
      return refuse("there is what is left of a zoo", "see `weightloom zoo verify`, or choose another folder");
    case FolderState::kRestoring:
      return refuse("restoring a zoo was interrupted there", "run `weightloom zoo restore` again");
    case FolderState::kNoZoo:
      return refuse("the folder is not empty", "choose a new or empty folder");
  }
}

Error alias_taken(const std::string& name) {
  return Error(ErrorCode::kUsage, "zoo.name_taken", "cannot name a network '" + name + "'", "it is an alias",
               "choose another name, or take the alias away with `weightloom zoo unalias`");
}

// A database that was copied without its log, or an older copy beside a newer file, is not added to as if nothing were
// missing.
Error behind(const fs::path& directory, const Ledger& there, const Ledger& due) {
  return Error(ErrorCode::kDamaged, "zoo.behind", "the zoo '" + directory.string() + "' has forgotten what was stored",
               "its database ends at change " + std::to_string(there.sequence) + " with " +
                   std::to_string(there.networks) + " networks; it had come to change " + std::to_string(due.sequence) +
                   " with " + std::to_string(due.networks),
               "restore it from a backup; or see what is missing with `weightloom zoo verify`, and accept what is left "
               "with `weightloom zoo verify --repair`")
      .at(directory.string());
}

// The next change would make it anew, and nobody could tell any more whether something had been lost with it.
Error without_ledger(const fs::path& directory) {
  return Error(ErrorCode::kDamaged, "zoo.no_ledger",
               "cannot tell whether the zoo '" + directory.string() + "' holds all that was stored",
               "the file 'ledger', which says so, is missing or damaged",
               "if the zoo was copied, copy it whole; or see what is there with `weightloom zoo verify`, and accept it "
               "with `weightloom zoo verify --repair`")
      .at(ledger_path(directory).string());
}

// What the database must hold and does not; nullopt when nothing is missing. A file that lags behind says nothing.
std::optional<Error> shortfall(const fs::path& directory, const Database& database, const std::optional<Ledger>& due) {
  const auto there = database_ledger(database);
  if (!due) return there ? std::optional(without_ledger(directory)) : std::nullopt;  // schema 1 has none
  if (there && there->sequence >= due->sequence) return std::nullopt;
  return behind(directory, there ? *there : count_entries(database), *due);
}

// What an interrupted writer left.
void clear_incoming(const fs::path& directory) {
  std::error_code error;
  fs::remove_all(incoming_path(directory), error);
  fs::create_directories(incoming_path(directory), error);
  for (fs::directory_iterator at(directory, error), end; !error && at != end; at.increment(error))
    if (at->path().filename().string().starts_with("ledger.tmp.")) fs::remove(at->path(), error);
}

}  // namespace

std::string random_id() {
  std::random_device device;
  std::string raw(kIdBytes, '\0');
  for (auto& byte : raw) byte = static_cast<char>(device());
  return to_hex(raw);
}

std::string now_text() {
  return format_time(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
}

bool is_name(const std::string& name) {
  // "-" stands for names on standard input, "*" for all networks.
  const bool says_nothing = name.find_first_not_of("*?/") == std::string::npos;
  const bool looks_like_id = name.size() == 2 * kIdBytes && is_hex(name);
  return !name.empty() && name != "-" && !says_nothing && !looks_like_id && name.size() <= kMaxName &&
         is_printable(name) && !name.starts_with("\xEF\xBB\xBF") &&
         std::string_view("/ ").find(name.front()) == std::string_view::npos &&
         std::string_view("/ ").find(name.back()) == std::string_view::npos;
}

void check_name(const std::string& name) {
  if (is_name(name)) return;
  throw Error(
      ErrorCode::kUsage, "zoo.bad_name", "cannot name a network '" + name + "'",
      "a name is 1 to 1024 bytes of UTF-8 without control or bidirectional control characters and does not begin or "
      "end with '/' or a space, nor begin with a byte order mark; '-', 32 hexadecimal digits and globs of '*' and '?' "
      "alone are none");
}

Error damaged_weights(const std::string& network, const std::string& tensor, const Error& error) {
  return Error(ErrorCode::kDamaged, error.id(), "cannot read tensor '" + tensor + "' of '" + network + "'", error.why(),
               error.hint())
      .at(error.path());
}

Error name_taken(const std::string& name) {
  return Error(ErrorCode::kUsage, "zoo.name_taken", "cannot name a network '" + name + "'", "the name is taken",
               "choose another name, or rename or remove the network that has it");
}

std::string encode_record(const ZooRecord& record) {
  std::string bytes;
  Json::to_cbor(to_json(record), bytes);
  return bytes;
}

ZooRecord decode_record(std::string_view bytes) {
  try {
    auto record = record_from_json(parse_cbor(bytes, "a record of the zoo"));
    // They become keys and names of files.
    const auto is_digest = [](const std::string& text, std::size_t digits) {
      return text.size() == digits && is_hex(text);
    };
    if (!is_digest(record.id, 2 * kIdBytes) || !std::ranges::all_of(record.tensors, [&](const TensorRecord& tensor) {
          return is_digest(tensor.object, 2 * Digest().size());
        }))
      throw Error(ErrorCode::kDamaged, "zoo.record", "its ids are none");
    return record;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kDamaged, "zoo.record", "cannot read a record of the zoo", error.what(),
                "run `weightloom zoo verify`");
  }
}

void put_facts(Change& change, const ZooRecord& record) {
  change.put(Family::kMeta, from_hex(record.id), encode_record(record));
  change.put(Family::kRow, from_hex(record.id), encode_row(record));
  for (const auto& link : record.parents) change.put(Family::kEdge, keys::edge(link.parent, record.id), link.kind);
}

void restate(Change& change, const ZooRecord& old, const ZooRecord& now) {
  for (const auto& link : old.parents) change.erase(Family::kEdge, keys::edge(link.parent, old.id));
  if (now.name != old.name) {
    change.erase(Family::kName, keys::name(old.name));
    change.put(Family::kName, keys::name(now.name), from_hex(now.id));
  }
  put_facts(change, now);
}

void take_out(const Database& database, Change& change, const ZooRecord& record) {
  const auto id = from_hex(record.id);
  for (const auto family : {Family::kMeta, Family::kRow}) change.erase(family, id);
  change.erase(Family::kName, keys::name(record.name));
  database.scan(Family::kName, "a/", [&](auto key, auto of) {
    if (of == id) change.erase(Family::kName, key);
    return true;
  });
  for (const auto& link : record.parents) change.erase(Family::kEdge, keys::edge(link.parent, record.id));
}

Zoo::Impl::~Impl() {
  if (!database || erased < kMuchErased || 2 * erased < database->table_bytes(Family::kW)) return;
  try {
    database->compact(Family::kW);
  } catch (const Error& error) {
    log().warn("{}", error.what());  // it costs room, and the next one tries again
  }
}

Zoo::Zoo(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Zoo::~Zoo() = default;
Zoo::Zoo(Zoo&&) noexcept = default;
Zoo& Zoo::operator=(Zoo&&) noexcept = default;

Zoo Zoo::create(const fs::path& directory) {
  expect_free_for_zoo(directory);
  std::error_code error;
  const NewFolder folder(directory, error);
  if (error)
    throw write_error("zoo.not_writable", "cannot make a zoo at '" + directory.string() + "'", error.value(),
                      directory);
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  impl->lock = std::make_unique<StoreLock>(directory, 0);
  expect_free_for_zoo(directory);  // somebody else may have been first
  try {
    fs::create_directories(incoming_path(directory));
    fs::remove_all(database_being_made(directory));
    impl->database = std::make_unique<Database>(database_being_made(directory), Database::Mode::kCreate);
    impl->uuid = random_id();
    auto change = impl->change("init");
    change.batch().put(Family::kDefault, "uuid", impl->uuid);
    impl->put_schema(change);
    mark_indexed(change.batch());
    change.commit();
    impl->database.reset();
    // From here on it is a zoo.
    fs::rename(database_being_made(directory), database_path(directory));
    sync_folder(directory);
    impl->database = std::make_unique<Database>(database_path(directory), Database::Mode::kWrite);
    return Zoo(std::move(impl));
  } catch (...) {
    impl.reset();
    for (const char* part : {"db", "db.creating", "objects", "ledger", "store.lock"})
      fs::remove_all(directory / part, error);
    throw;
  }
}

void Zoo::Impl::put_schema(Change& change) {
  change.batch().put(Family::kDefault, "schema", std::to_string(kSchema));
}

namespace {

constexpr std::uintmax_t kNearlyFull = 1u << 20;
constexpr const char* kFullHint =
    "free some space, then run the command again; `weightloom zoo gc --trash-age 0` and `zoo rm --purge` work on a "
    "full disk, too";

bool is_nearly_full(const fs::path& directory) {
  std::error_code error;
  const auto space = fs::space(directory, error);
  return !error && space.available < kNearlyFull;
}

// RocksDB writes down its options at every opening, in 50 KB and more that nobody reads: enough for the batch after
// which the files of what is removed go.
bool give_room(const fs::path& directory) {
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator at(database_path(directory), error), end; !error && at != end; at.increment(error))
    if (at->path().filename().string().starts_with("OPTIONS-")) files.push_back(at->path());
  return std::ranges::count_if(files, [&](const auto& file) { return fs::remove(file, error); }) > 0;
}

std::unique_ptr<Database> open_database(const fs::path& directory, Database::Mode mode, bool removes) {
  const auto open = [&] { return std::make_unique<Database>(database_path(directory), mode); };
  if (removes && is_nearly_full(directory)) give_room(directory);
  try {
    return open();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kOverQuota) throw;
    if (!removes || !give_room(directory))
      throw Error(error.code(), error.id(), error.summary(), error.why(), kFullHint).at(error.path());
  }
  return open();
}

}  // namespace

std::unique_ptr<Zoo::Impl> Zoo::Impl::open_for_writing(const fs::path& directory, double wait_seconds,
                                                       Database::Mode mode, bool removes) {
  expect_zoo(directory);
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  impl->lock = std::make_unique<StoreLock>(directory, wait_seconds);
  impl->due = file_ledger(directory);
  impl->database = open_database(directory, mode, removes);
  try {
    check_schema(*impl->database, directory);
    clear_incoming(directory);
    impl->uuid = impl->database->get(Family::kDefault, "uuid").value_or("");
  } catch (const Error& error) {
    if (mode != Database::Mode::kSalvage || error.code() != ErrorCode::kDamaged) throw;
  }
  return impl;
}

Zoo Zoo::open(const fs::path& directory, Access access, double wait_seconds) {
  expect_zoo(directory);
  if (access != Access::kRead) {
    auto impl = Impl::open_for_writing(directory, wait_seconds, Database::Mode::kWrite, access == Access::kRemove);
    if (const auto error = shortfall(directory, *impl->database, impl->due)) throw *error;
    if (impl->database->get(Family::kDefault, "schema") != std::to_string(kSchema)) {
      auto change = impl->change("upgrade");
      impl->put_schema(change);
      change.commit();
    }
    // The index takes room.
    if (access == Access::kWrite && !has_names(*impl->database)) build_index(*impl->database);
    return Zoo(std::move(impl));
  }
  auto impl = std::make_unique<Impl>();
  impl->directory = directory;
  impl->due = file_ledger(directory);  // before the database, which a writer may bring beyond it
  impl->database = open_for_reading(directory);
  check_schema(*impl->database, directory);
  if (const auto error = shortfall(directory, *impl->database, impl->due))
    log().warn("{}; {}", error->what(), error->hint());
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
  auto found = decode_record(*bytes);
  if (found.id != id)
    throw Error(ErrorCode::kDamaged, "zoo.record", "cannot read a record of the zoo", "it is that of another network",
                "run `weightloom zoo verify`");
  return found;
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

std::string Zoo::Impl::resolve_itself(const std::string& reference) const {
  const auto id = resolve(reference);
  const auto of_alias = database->get(Family::kName, keys::alias(reference));
  if (!of_alias || database->has(Family::kName, keys::name(reference)) || reference == id) return id;
  const auto network = record(id);
  const auto name = network ? network->name : id;
  throw Error(ErrorCode::kUsage, "zoo.is_alias", "'" + reference + "' is an alias of '" + name + "'",
              "what is done to a network is not asked for by an alias",
              "name '" + name + "' itself; `weightloom zoo unalias` takes the alias away");
}

std::vector<std::string> Zoo::Impl::children(const std::string& id) const {
  std::vector<std::string> ids;
  const auto prefix = keys::edge_prefix(id);
  database->scan(Family::kEdge, prefix, [&](auto key, auto) {
    ids.push_back(to_hex(key.substr(prefix.size())));
    return true;
  });
  return ids;
}

std::vector<std::string> Zoo::children(const std::string& record_id) const {
  return impl_->children(record_id);
}

std::vector<std::string> Zoo::Impl::relatives(const std::string& id, Lineage direction) const {
  const auto neighbours = [&](const std::string& of) {
    std::vector<std::string> ids;
    if (direction == Lineage::kUp) {
      if (const auto found = record(of))
        for (const auto& link : found->parents) ids.push_back(link.parent);
    } else {
      ids = children(of);
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

ZooRecord Zoo::get(const std::string& reference) const {
  const auto id = impl_->resolve(reference);
  if (auto record = impl_->record(id)) return *record;
  throw Error(ErrorCode::kDamaged, "zoo.record", "cannot read network '" + reference + "'", "its record is missing",
              "run `weightloom zoo verify`");
}

bool Zoo::contains(const std::string& name) const {
  return impl_->database->has(Family::kName, keys::name(name));
}

bool Zoo::knows(const std::string& reference) const {
  const auto& database = *impl_->database;
  const bool id = reference.size() == 2 * kIdBytes && is_hex(reference);
  return contains(reference) || database.has(Family::kName, keys::alias(reference)) ||
         (id && database.has(Family::kMeta, from_hex(reference)));
}

void Zoo::expect_itself(const std::string& reference) const {
  impl_->resolve_itself(reference);
}

void Zoo::expect_free(const std::string& name) const {
  check_name(name);
  if (contains(name)) throw name_taken(name);
  if (impl_->database->has(Family::kName, keys::alias(name))) throw alias_taken(name);
}

bool Zoo::is_sound(const ZooRecord& record) const {
  return std::ranges::all_of(record.tensors, [&](const TensorRecord& tensor) {
    return weightloom::is_sound(impl_->directory, *impl_->database, tensor.object);
  });
}

TensorMap Zoo::weights(const ZooRecord& record) const {
  TensorMap tensors;
  for (const auto& tensor : record.tensors) {
    HostTensor value{tensor.dtype, tensor.shape, {}};
    try {
      value.bytes = read_object(impl_->directory, *impl_->database, tensor.object);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kDamaged) throw;
      throw damaged_weights(record.name, tensor.name, error);
    }
    if (value.bytes.size() != byte_count(tensor.dtype, tensor.shape))
      throw Error(ErrorCode::kDamaged, "zoo.record",
                  "cannot read tensor '" + tensor.name + "' of '" + record.name + "'",
                  "its bytes do not fill its shape", "run `weightloom zoo verify`");
    tensors.emplace(tensor.name, std::move(value));
  }
  return tensors;
}

std::size_t Zoo::mend(const ZooRecord& record, const TensorMap& tensors) {
  auto& database = impl_->writable();
  ZooRecord given;
  describe_weights(given, tensors);
  if (given.weights_hash != record.weights_hash)
    throw Error(ErrorCode::kUsage, "zoo.other_weights", "cannot mend network '" + record.name + "'",
                "these are other weights than its own");
  ObjectWriter objects(impl_->directory, database);
  auto batch = database.batch();
  for (const auto& tensor : given.tensors) objects.put(batch, batch, tensor.object, tensors.at(tensor.name).bytes);
  objects.keep();
  database.write(batch);
  return objects.written();
}

std::vector<ZooRecord> Zoo::find(const Query& query) const {
  std::vector<ZooRecord> records;
  for (const auto& row : impl_->found(query).rows) records.push_back(get(to_hex(row.raw)));
  return records;
}

std::size_t Zoo::size() const {
  std::size_t count = 0;
  impl_->database->scan(Family::kRow, "", [&](auto, auto) { return ++count, true; });
  return count;
}

std::int64_t Zoo::stored_bytes() const {
  std::int64_t bytes = 0;
  impl_->database->scan(Family::kObj, "", [&](auto, auto value) {
    bytes += static_cast<std::int64_t>(decode_object_info(value).room());
    return true;
  });
  return bytes;
}

std::optional<std::uint64_t> Zoo::quota() const {
  const auto text = impl_->database->get(Family::kDefault, kQuotaKey);
  if (!text) return std::nullopt;
  std::uint64_t bytes = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), bytes);
  if (error != std::errc() || end != text->data() + text->size())
    throw Error(ErrorCode::kDamaged, "zoo.damaged", "cannot read the zoo's quota", "it is no number",
                "set it anew with `weightloom zoo quota`");
  return bytes;
}

void Zoo::set_quota(std::optional<std::uint64_t> bytes) {
  auto batch = impl_->writable().batch();
  if (bytes)
    batch.put(Family::kDefault, kQuotaKey, std::to_string(*bytes));
  else
    batch.erase(Family::kDefault, kQuotaKey);
  impl_->database->write(batch);
}

namespace {

// Walks over parents; each network is looked at once, however many of those that changed descend from it.
class CircleSearch {
 public:
  explicit CircleSearch(const Change& change) : change_(change) {}

  void expect_none_above(const ZooRecord& record) {
    // Those whose parents are being looked at, the one that is asked about first.
    std::vector<Step> path{open(record)};
    while (!path.empty()) {
      Step& step = path.back();
      if (step.next == step.parents.size()) {
        open_.erase(step.id);
        done_.insert(step.id);
        path.pop_back();
        continue;
      }
      const auto parent = step.parents[step.next++];
      if (open_.contains(parent))
        throw Error(ErrorCode::kUsage, "zoo.circle", "cannot store '" + record.name + "'",
                    "it would descend from itself", "see `weightloom zoo lineage`");
      if (done_.contains(parent)) continue;
      if (const auto bytes = change_.get(Family::kMeta, from_hex(parent))) path.push_back(open(decode_record(*bytes)));
    }
  }

 private:
  struct Step {
    std::string id;
    std::vector<std::string> parents;
    std::size_t next = 0;
  };

  Step open(const ZooRecord& record) {
    Step step{record.id, {}, 0};
    for (const auto& link : record.parents)
      if (link.parent.size() == 2 * kIdBytes && is_hex(link.parent)) step.parents.push_back(link.parent);
    open_.insert(record.id);
    return step;
  }

  const Change& change_;
  std::set<std::string> open_, done_;
};

}  // namespace

void expect_no_circle(const Change& change, const std::vector<ZooRecord>& records) {
  CircleSearch search(change);
  for (const auto& record : records) search.expect_none_above(record);
}

void Zoo::update(const std::vector<ZooRecord>& records) {
  for (const auto& record : records) expect_storable(record);
  const Together together(*this);
  for (std::size_t at = 0; at < records.size(); at += kAtOnce) {
    throw_if_interrupted();
    auto change = impl_->change("set");
    std::vector<ZooRecord> moved;  // in lineage
    for (std::size_t i = at; i < std::min(at + kAtOnce, records.size()); ++i) {
      const auto old = get(records[i].id);
      auto now = records[i];
      now.name = old.name;
      now.tensors = old.tensors;
      now.parameters = old.parameters;
      now.bytes = old.bytes;
      now.created = old.created;
      now.weights_hash = old.weights_hash;
      restate(change, old, now);
      if (now.parents != old.parents) moved.push_back(std::move(now));
    }
    expect_no_circle(change, moved);
    change.commit();
  }
}

void Zoo::rename(const std::string& reference, const std::string& name) {
  check_name(name);
  auto change = impl_->change("rename");
  const auto old = get(impl_->resolve_itself(reference));
  if (old.name == name) return;
  expect_free(name);
  auto now = old;
  now.name = name;
  restate(change, old, now);
  change.commit();
}

void Zoo::set_alias(const std::string& alias, const std::string& reference) {
  auto change = impl_->change("alias");
  check_name(alias);
  if (contains(alias)) throw name_taken(alias);
  change.put(Family::kName, keys::alias(alias), from_hex(impl_->resolve(reference)));
  change.commit();
}

void Zoo::remove_alias(const std::string& alias) {
  auto change = impl_->change("unalias");
  if (!impl_->database->has(Family::kName, keys::alias(alias))) {
    if (contains(alias))
      throw Error(ErrorCode::kUsage, "zoo.no_alias", "cannot take the alias '" + alias + "' away",
                  "it is the name of a network", "`weightloom zoo rm` removes networks, `zoo rename` renames them");
    std::vector<std::string> known;
    impl_->database->scan(Family::kName, "a/", [&](auto key, auto) { return known.push_back(keys::text(key)), true; });
    const auto near = nearest_name(alias, known);
    throw Error(
        ErrorCode::kNotFound, "zoo.no_alias", "no alias '" + alias + "' in the zoo", "",
        near.empty() ? "see the aliases of a network with `weightloom zoo show`" : "did you mean '" + near + "'?");
  }
  change.erase(Family::kName, keys::alias(alias));
  change.commit();
}

std::vector<std::string> Zoo::aliases(const std::string& record_id) const {
  std::vector<std::string> out;
  impl_->database->scan(Family::kName, "a/", [&](auto key, auto id) {
    if (to_hex(id) == record_id) out.push_back(keys::text(key));
    return true;
  });
  return out;
}

void Zoo::Impl::dispose(const Released& released) {
  erased += static_cast<std::uint64_t>(released.inside);
  std::error_code ignored;  // a file that stays is an orphan, which verify reports
  for (const auto& file : released.files) fs::remove(file, ignored);
}

void Zoo::Impl::let_go(Change& change, const ZooRecord& record, const std::set<std::string>& leaving,
                       const std::set<std::string>& kept, Released& released) {
  database->scan(Family::kTok, from_hex(record.id),
                 [&](auto key, auto) { return change.erase(Family::kTok, key), true; });
  for (const auto& held : held_objects(record)) {
    const auto object = from_hex(held);
    change.erase(Family::kRef, keys::reference(held, record.id));
    bool used = kept.contains(held);
    database->scan(Family::kRef, object, [&](auto key, auto) {
      used = used || !leaving.contains(to_hex(key.substr(object.size())));
      return !used;
    });
    if (used || !released.objects.insert(held).second) continue;
    if (const auto entry = database->get(Family::kObj, object)) {
      const auto info = decode_object_info(*entry);
      const auto room = static_cast<std::int64_t>(info.room());
      released.bytes += room;
      if (info.file)
        released.files.push_back(object_path(directory, held, info));
      else
        released.inside += room;
    }
    change.erase(Family::kObj, object);
    change.erase(Family::kW, object);
    database->scan(Family::kStat, object, [&](auto key, auto) { return change.erase(Family::kStat, key), true; });
  }
}

std::set<std::string> Zoo::Impl::held_objects(const ZooRecord& record) const {
  std::set<std::string> held;
  for (const auto& tensor : record.tensors)
    if (held.insert(tensor.object).second)
      for (auto& base : bases_of(*database, tensor.object)) held.insert(std::move(base));
  return held;
}

void Zoo::Impl::erase(Change& change, const ZooRecord& record, const std::set<std::string>& leaving,
                      const std::set<std::string>& kept, Released& released) {
  take_out(*database, change, record);
  let_go(change, record, leaving, kept, released);
}

Removal Zoo::remove(const std::vector<std::string>& references, Removal how) {
  impl_->writable();
  std::set<std::string> ids;
  for (const auto& reference : references) ids.insert(impl_->resolve_itself(reference));
  const Together together(*this);
  if (!impl_->trash_keeps(ids)) how = Removal::kForGood;
  if (how == Removal::kToTrash) impl_->make_room(ids);
  while (!ids.empty()) {
    throw_if_interrupted();
    std::set<std::string> leaving;
    while (!ids.empty() && leaving.size() < kAtOnce) leaving.insert(ids.extract(ids.begin()));
    auto change = impl_->change("rm");
    Released released;
    for (const auto& id : leaving) {
      if (how == Removal::kToTrash)
        to_trash(*impl_->database, change, get(id));
      else
        impl_->erase(change, get(id), leaving, {}, released);
    }
    change.commit();
    impl_->dispose(released);
  }
  return how;
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
  if (!impl_->database->has(Family::kMeta, from_hex(record_id))) return std::nullopt;  // it may be in the trash
  const auto value = impl_->database->get(Family::kTok, keys::tokens(record_id, tokenizer));
  if (!value || value->size() < 32) return std::nullopt;
  return TokenStream{tokenizer, to_hex(value->substr(0, 32)), value->substr(32)};
}

std::vector<std::pair<std::string, TokenStream>> Zoo::all_tokens(const std::string& record_id) const {
  std::vector<std::pair<std::string, TokenStream>> streams;
  const auto id = from_hex(record_id);
  impl_->database->scan(Family::kTok, id, [&](auto key, auto) {
    const auto tokenizer = to_hex(key.substr(id.size()));
    if (auto stream = tokens(record_id, tokenizer)) streams.emplace_back(record_id, std::move(*stream));
    return true;
  });
  return streams;
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
