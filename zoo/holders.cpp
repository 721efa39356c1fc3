#include "holders.hpp"

#include "store_folder.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {

std::string name_of(const Database& database, const std::string& id) {
  try {
    if (const auto record = database.get(Family::kMeta, from_hex(id))) return decode_record(*record).name;
    if (const auto entry = database.get(Family::kTrash, from_hex(id)))
      return decode_trash(*entry).record.name + " (in the trash)";
  } catch (const Error&) {  // its id will do
  }
  return id;
}

}  // namespace

std::vector<std::string> holders_of(const Database& database, const std::set<std::string>& objects) {
  std::set<std::string> ids, names;
  for (const auto& object : objects)
    database.scan(Family::kRef, from_hex(object), [&](auto key, auto) {
      if (key.size() == kReferenceBytes) ids.insert(to_hex(key.substr(kDigestBytes)));
      return true;
    });
  for (const auto& id : ids) names.insert(name_of(database, id));
  return {names.begin(), names.end()};
}

std::set<std::string> lost_files(const std::filesystem::path& store, const Database& database) {
  std::set<std::string> lost;
  database.scan(Family::kObj, "", [&](auto key, auto value) {
    const auto id = to_hex(key);
    const auto info = decode_object_info(value);
    const auto path = object_path(store, id, info);
    std::error_code error;
    if (info.file && (!is_own_file(path) || std::filesystem::file_size(path, error) != info.room())) lost.insert(id);
    return true;
  });
  return lost;
}

}  // namespace weightloom
