#include "object_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <functional>
#include <future>
#include <optional>

#include "delta.hpp"
#include "store_folder.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr char kInline = 'i', kFile = 'f', kInlineDelta = 'd', kFileDelta = 'e';
// What saves less is not worth the work of reading it.
constexpr double kWorthwhile = 0.9;
constexpr std::size_t kCommitsAtOnce = 8;

Error damaged(const std::string& id, const std::string& why) {
  return Error(ErrorCode::kDamaged, "zoo.object", "cannot read object " + id.substr(0, 12), why,
               "run `weightloom zoo verify`, and import the network again");
}

// A new folder is durable only once its parent is.
void make_folder(const fs::path& folder) {
  std::error_code error;
  if (!fs::create_directory(folder, error)) return;  // whatever is wrong shows when the file is created
  const int parent = ::open(folder.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (parent < 0) return;
  ::fsync(parent);
  ::close(parent);
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<ObjectInfo> info_of(const Database& database, const std::string& id) {
  const auto entry = database.get(Family::kObj, from_hex(id));
  if (!entry) return std::nullopt;
  return decode_object_info(*entry);
}

// What is stored of an object: its bytes, or a delta.
std::unique_ptr<ObjectSource> open_stored(const fs::path& store, const Database& database, const std::string& id,
                                          const ObjectInfo& info) {
  if (!info.file) {
    auto value = database.get(Family::kW, from_hex(id));
    if (!value || value->size() != info.room()) throw damaged(id, "its bytes are missing");
    return std::make_unique<TextSource>(std::move(*value));
  }
  const auto path = object_path(store, id, info);
  if (is_displaced(path)) throw damaged(id, kDisplaced).at(path.string());
  expect_readable(path);
  std::error_code error;
  const auto size = fs::file_size(path, error);
  if (error) throw damaged(id, "its file is missing").at(path.string());
  if (size != info.room()) throw damaged(id, "its file has the wrong size").at(path.string());
  return std::make_unique<FileSource>(path);
}

StoredObject open_object(const fs::path& store, const Database& database, const std::string& id,
                         const std::optional<ObjectInfo>& info, std::size_t depth) {
  if (!info) throw damaged(id, "it is not in the store");
  if (info->base.empty()) return {*info, open_stored(store, database, id, *info)};
  if (depth > kMostBases) throw damaged(id, "it is a difference from too many others");
  auto delta = open_stored(store, database, id, *info);
  std::string beginning(std::min<std::uint64_t>(info->stored, kDeltaHeader), '\0');
  delta->read(std::as_writable_bytes(std::span(beginning)));
  const auto header = decode_delta_header(beginning);
  if (!header || header->base != info->base || header->bytes != info->bytes) throw damaged(id, "its delta is damaged");
  auto base = open_object(store, database, info->base, info_of(database, info->base), depth + 1);
  if (base.info.bytes != info->bytes) throw damaged(id, "its base has another size");
  return {*info, decode_delta(*header, std::move(delta), std::move(base.source))};
}

// A whole object, by its hash.
bool has_digest(const StoredObject& object, const std::string& id) {
  HashedSource hashed(*object.source);
  std::vector<std::byte> piece;
  for (auto left = object.info.bytes; left > 0; left -= piece.size()) {
    piece.resize(std::min<std::uint64_t>(left, kPiece));
    hashed.read(piece);
  }
  return hashed.digest() == id;
}

template <class Open>
bool opens_sound(const std::string& id, Open open) {
  try {
    return has_digest(open(), id);
  } catch (const Error& error) {
    if (is_forbidden(error)) throw;
    return false;
  }
}

}  // namespace

std::string encode(const ObjectInfo& info) {
  const bool delta = !info.base.empty();
  std::string value(1, info.file ? (delta ? kFileDelta : kFile) : (delta ? kInlineDelta : kInline));
  value.append(reinterpret_cast<const char*>(&info.bytes), sizeof info.bytes);
  if (!delta) return value;
  value.append(reinterpret_cast<const char*>(&info.stored), sizeof info.stored);
  return value + from_hex(info.base);
}

ObjectInfo decode_object_info(std::string_view value) {
  constexpr std::size_t kPlain = 1 + sizeof(std::uint64_t), kDelta = kPlain + sizeof(std::uint64_t) + kDigestBytes;
  const char kind = value.empty() ? '\0' : value[0];
  const bool plain = (kind == kInline || kind == kFile) && value.size() == kPlain;
  const bool delta = (kind == kInlineDelta || kind == kFileDelta) && value.size() == kDelta;
  if (!plain && !delta)
    throw Error(ErrorCode::kDamaged, "zoo.object", "cannot read the zoo", "an object entry is damaged",
                "run `weightloom zoo verify`");
  ObjectInfo info;
  info.file = kind == kFile || kind == kFileDelta;
  std::memcpy(&info.bytes, value.data() + 1, sizeof info.bytes);
  if (plain) return info;
  std::memcpy(&info.stored, value.data() + kPlain, sizeof info.stored);
  info.base = to_hex(value.substr(kPlain + sizeof info.stored));
  return info;
}

fs::path object_path(const fs::path& store, const std::string& id) {
  return store / "objects" / id.substr(0, 2) / id.substr(2);
}

fs::path delta_path(const fs::path& store, const std::string& id) {
  return object_path(store, id).concat(".delta");
}

fs::path object_path(const fs::path& store, const std::string& id, const ObjectInfo& info) {
  return info.base.empty() ? object_path(store, id) : delta_path(store, id);
}

fs::path incoming_path(const fs::path& store) {
  return store / "objects" / "incoming";
}

IncomingObject::IncomingObject(const fs::path& store, std::uint64_t bytes) : bytes_(bytes) {
  if (bytes >= kFileObjectBytes)
    file_ = std::make_unique<AtomicFile>(incoming_path(store) / "object", incoming_path(store));
  else
    memory_.reserve(bytes);
}

void IncomingObject::append(std::span<const std::byte> bytes) {
  come_ += bytes.size();
  if (file_)
    file_->write(bytes.data(), bytes.size());
  else
    memory_.insert(memory_.end(), bytes.begin(), bytes.end());
  hash_.update(bytes.data(), bytes.size());
}

const std::string& IncomingObject::id() {
  if (come_ != bytes_)
    throw Error(ErrorCode::kUsage, "zoo.bad_tensor", "cannot store a tensor",
                "it has " + std::to_string(come_) + " bytes instead of " + std::to_string(bytes_));
  if (id_.empty()) id_ = to_hex(hash_.finish());
  return id_;
}

std::unique_ptr<ObjectSource> IncomingObject::source() const {
  if (file_) return std::make_unique<FileSource>(file_->temporary());
  return std::make_unique<MemorySource>(memory_);
}

ObjectWriter::~ObjectWriter() {
  for (auto& commit : commits_) commit.wait();
  std::error_code ignored;
  for (const auto& path : files_) fs::remove(path, ignored);
}

void ObjectWriter::keep() {
  wait(0);
  files_.clear();
}

// Each one waits for the disk; together they wait hardly longer.
void ObjectWriter::commit(std::unique_ptr<AtomicFile> file, const fs::path& path) {
  make_folder(path.parent_path());
  wait(kCommitsAtOnce - 1);
  std::error_code error;
  if (fs::is_directory(fs::symlink_status(path, error))) fs::remove(path, error);  // an empty one gives way
  if (!fs::exists(path, error)) files_.push_back(path);
  commits_.push_back(std::async(std::launch::async, [file = std::move(file), path] { file->commit_as(path); }));
}

void ObjectWriter::wait(std::size_t most) {
  while (commits_.size() > most) {
    auto commit = std::move(commits_.front());
    commits_.pop_front();
    commit.get();
  }
}

bool ObjectWriter::is_needed(const std::string& id) {
  if (!new_ids_.insert(id).second) return false;
  if (database_.has(Family::kObj, from_hex(id)) && is_sound(store_, database_, id)) return false;
  ++written_;
  return true;
}

void ObjectWriter::put(Batch& ahead, Batch& last, const std::string& id, std::span<const std::byte> bytes,
                       const ObjectBase& base) {
  if (!is_needed(id)) return;
  MemorySource source(bytes);
  if (put_delta(ahead, last, id, bytes.size(), source, base)) return;
  const ObjectInfo info{.file = bytes.size() >= kFileObjectBytes, .bytes = bytes.size(), .base = {}};
  room_ += info.bytes;
  if (info.file) {
    auto file = std::make_unique<AtomicFile>(object_path(store_, id), incoming_path(store_));
    file->write(bytes.data(), bytes.size());
    commit(std::move(file), object_path(store_, id));
  } else {
    put_inside(ahead, id, text_of(bytes));
  }
  (info.file ? last : ahead).put(Family::kObj, from_hex(id), encode(info));
}

void ObjectWriter::put(Batch& ahead, Batch& last, IncomingObject& object, const ObjectBase& base) {
  const auto& id = object.id();
  if (!object.file_) return put(ahead, last, id, object.memory_, base);
  if (!is_needed(id)) return;
  const auto source = object.source();
  if (put_delta(ahead, last, id, object.bytes_, *source, base)) return;
  room_ += object.bytes_;
  commit(std::move(object.file_), object_path(store_, id));
  last.put(Family::kObj, from_hex(id), encode(ObjectInfo{.file = true, .bytes = object.bytes_, .base = {}}));
}

void ObjectWriter::put_inside(Batch& ahead, const std::string& id, std::string_view stored) {
  if (!database_.has(Family::kObj, from_hex(id))) new_inside_.insert(id);
  ahead.put(Family::kW, from_hex(id), stored);
}

namespace {

using WriteDelta = std::function<void(std::string_view)>;

// Writes the delta of an object of so many bytes from a base with `bases` of its own. False, with part of it written,
// where the object is to be stored as it is. Only what is new becomes a delta: the networks that have it already hold
// no base. The base is checked on the way: a difference from damaged bytes would be lost when they are mended.
bool write_delta(const fs::path& store, const Database& database, const std::string& id, std::uint64_t bytes,
                 ObjectSource& object, const ObjectBase& base, std::size_t bases, const WriteDelta& write) {
  if (base.id == id || bytes < kSmallestDelta || !database.has(Family::kObj, from_hex(base.id)) ||
      database.has(Family::kObj, from_hex(id)) || bases + 1 > kMostBases)
    return false;
  const auto most = static_cast<std::uint64_t>(kWorthwhile * static_cast<double>(bytes));
  try {
    const auto of_base = open_object(store, database, base.id);
    if (of_base.info.bytes != bytes) return false;
    HashedSource hashed(*of_base.source);
    const DeltaHeader header{base.id, bytes, static_cast<std::uint8_t>(base.width)};
    return encode_delta(header, object, hashed, most, write) && hashed.digest() == base.id;
  } catch (const Error& error) {
    // Whatever is wrong with the base: without it the object is stored as it is.
    if (error.code() == ErrorCode::kInterrupted || error.id() == "file.write") throw;
    return false;
  }
}

}  // namespace

bool ObjectWriter::put_delta(Batch& ahead, Batch& last, const std::string& id, std::uint64_t bytes,
                             ObjectSource& object, const ObjectBase& base) {
  if (base.id.empty()) return false;
  const bool file = bytes >= kFileObjectBytes;
  std::unique_ptr<AtomicFile> out;
  std::string text;
  std::uint64_t stored = 0;
  const auto write = [&](std::string_view piece) {
    stored += piece.size();
    if (file && !out) out = std::make_unique<AtomicFile>(delta_path(store_, id), incoming_path(store_));
    file ? out->write(piece) : void(text += piece);
  };
  if (!write_delta(store_, database_, id, bytes, object, base, bases(base.id).size(), write)) return false;
  if (file)
    commit(std::move(out), delta_path(store_, id));
  else
    put_inside(ahead, id, text);
  const ObjectInfo info{.file = file, .bytes = bytes, .base = base.id, .stored = stored};
  room_ += stored;
  (file ? last : ahead).put(Family::kObj, from_hex(id), encode(info));
  new_bases_[id] = base.id;
  return true;
}

std::optional<std::uint64_t> delta_room(const fs::path& store, const Database& database, const std::string& id,
                                        std::span<const std::byte> bytes, const ObjectBase& base) {
  MemorySource source(bytes);
  std::uint64_t stored = 0;
  const auto count = [&](std::string_view piece) { stored += piece.size(); };
  const auto bases = bases_of(database, base.id).size();
  const bool delta = write_delta(store, database, id, bytes.size(), source, base, bases, count);
  return delta ? std::optional(stored) : std::nullopt;
}

std::vector<std::string> ObjectWriter::bases(const std::string& id) const {
  const auto found = new_bases_.find(id);
  if (found == new_bases_.end()) return bases_of(database_, id);
  auto out = bases_of(database_, found->second);
  out.insert(out.begin(), found->second);
  return out;
}

StoredObject open_object(const fs::path& store, const Database& database, const std::string& id) {
  return open_object(store, database, id, info_of(database, id), 0);
}

std::vector<std::string> bases_of(const Database& database, const std::string& id) {
  std::vector<std::string> out;
  for (auto info = info_of(database, id); info && !info->base.empty() && out.size() <= kMostBases;
       info = info_of(database, out.back()))
    out.push_back(info->base);
  return out;
}

bool is_sound(const fs::path& store, const Database& database, const std::string& id) {
  return opens_sound(id, [&] { return open_object(store, database, id); });
}

bool is_sound(const fs::path& store, const Database& database, const std::string& id, const ObjectInfo& info) {
  return opens_sound(id, [&] { return open_object(store, database, id, info, 0); });
}

std::vector<ObjectInfo> stored_forms(const fs::path& store, const Database& database, const std::string& id) {
  std::vector<ObjectInfo> forms;
  const auto add_delta = [&](bool file, std::string_view beginning, std::uint64_t stored) {
    if (const auto header = decode_delta_header(beginning))
      forms.push_back({.file = file, .bytes = header->bytes, .base = header->base, .stored = stored});
  };
  if (const auto path = object_path(store, id); is_own_file(path))
    forms.push_back({.file = true, .bytes = fs::file_size(path), .base = {}});
  if (const auto path = delta_path(store, id); is_own_file(path)) {
    const FileReader file(path);
    std::string beginning(std::min<std::uint64_t>(file.size(), kDeltaHeader), '\0');
    file.read(0, std::as_writable_bytes(std::span(beginning)));
    add_delta(true, beginning, file.size());
  }
  if (const auto value = database.get(Family::kW, from_hex(id))) {
    forms.push_back({.file = false, .bytes = value->size(), .base = {}});
    add_delta(false, *value, value->size());
  }
  return forms;
}

std::vector<std::byte> read_object(const fs::path& store, const Database& database, const std::string& id) {
  const auto object = open_object(store, database, id);
  std::vector<std::byte> bytes(object.info.bytes);
  object.source->read(bytes);
  if (to_hex(sha256(text_of(bytes))) == id) return bytes;
  auto error = damaged(id, "its bytes have changed");
  if (object.info.file) error.at(object_path(store, id, object.info).string());
  throw error;
}

}  // namespace weightloom
