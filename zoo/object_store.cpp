#include "object_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr std::size_t kPiece = 1u << 20;
constexpr char kInline = 'i', kFile = 'f';

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

// Not interrupted: half a batch is none.
std::string hash_of(const fs::path& path) {
  const FileReader file(path);
  Sha256 hash;
  std::vector<std::byte> buffer(kPiece);
  for (std::uint64_t at = 0; at < file.size(); at += buffer.size()) {
    buffer.resize(std::min<std::uint64_t>(file.size() - at, kPiece));
    file.read(at, buffer);
    hash.update(buffer.data(), buffer.size());
  }
  return to_hex(hash.finish());
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string encode(const ObjectInfo& info) {
  std::string value(1, info.file ? kFile : kInline);
  value.append(reinterpret_cast<const char*>(&info.bytes), sizeof info.bytes);
  return value;
}

ObjectInfo decode_object_info(std::string_view value) {
  ObjectInfo info;
  if (value.size() != 1 + sizeof info.bytes || (value[0] != kInline && value[0] != kFile))
    throw Error(ErrorCode::kDamaged, "zoo.object", "cannot read the zoo", "an object entry is damaged",
                "run `weightloom zoo verify`");
  info.file = value[0] == kFile;
  std::memcpy(&info.bytes, value.data() + 1, sizeof info.bytes);
  return info;
}

fs::path object_path(const fs::path& store, const std::string& id) {
  return store / "objects" / id.substr(0, 2) / id.substr(2);
}

fs::path incoming_path(const fs::path& store) {
  return store / "objects" / "incoming";
}

ObjectWriter::~ObjectWriter() {
  std::error_code ignored;
  for (const auto& path : files_) fs::remove(path, ignored);
}

void ObjectWriter::put(Batch& ahead, Batch& last, const std::string& id, std::span<const std::byte> bytes) {
  const auto key = from_hex(id);
  const ObjectInfo info{bytes.size() >= kFileObjectBytes, bytes.size()};
  const auto path = object_path(store_, id);
  if (!new_ids_.insert(id).second) return;
  const bool known = database_.has(Family::kObj, key);
  if (known && is_sound(store_, database_, id)) return;
  ++written_;
  if (info.file) {
    make_folder(path.parent_path());
    AtomicFile file(path, incoming_path(store_));
    file.write(bytes.data(), bytes.size());
    file.commit();
    if (!known) files_.push_back(path);
  } else {
    ahead.put(Family::kW, key, text_of(bytes));
  }
  (info.file ? last : ahead).put(Family::kObj, key, encode(info));
}

bool is_sound(const fs::path& store, const Database& database, const std::string& id) {
  try {
    const auto entry = database.get(Family::kObj, from_hex(id));
    if (!entry) return false;
    if (decode_object_info(*entry).file) return hash_of(object_path(store, id)) == id;
    const auto value = database.get(Family::kW, from_hex(id));
    return value && to_hex(sha256(*value)) == id;
  } catch (const Error&) {
    return false;
  }
}

std::vector<std::byte> read_object(const fs::path& store, const Database& database, const std::string& id) {
  const auto key = from_hex(id);
  const auto entry = database.get(Family::kObj, key);
  if (!entry) throw damaged(id, "it is not in the store");
  const auto info = decode_object_info(*entry);
  if (!info.file) {
    const auto value = database.get(Family::kW, key);
    if (!value || value->size() != info.bytes) throw damaged(id, "its bytes are missing");
    const auto* begin = reinterpret_cast<const std::byte*>(value->data());
    return {begin, begin + value->size()};
  }
  const auto path = object_path(store, id);
  if (!fs::exists(path)) throw damaged(id, "its file is missing").at(path.string());
  const FileReader file(path);
  if (file.size() != info.bytes) throw damaged(id, "its file has the wrong size").at(path.string());
  std::vector<std::byte> bytes(info.bytes);
  file.read(0, bytes);
  if (to_hex(sha256(text_of(bytes))) != id) throw damaged(id, "its bytes have changed").at(path.string());
  return bytes;
}

}  // namespace weightloom
