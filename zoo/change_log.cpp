#include "change_log.hpp"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "store_lock.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/text.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {

constexpr std::uint64_t kMostLogEntries = 10'000;
constexpr std::uint64_t kMostLogBytes = 64u << 20;
constexpr std::size_t kMostLogEntryBytes = 8u << 20;  // RocksDB is made for values up to this
constexpr const char* kExtentKey = "log";

// Big-endian, so that keys sort as numbers do.
std::string key_of(std::uint64_t number) {
  std::string key(8, '\0');
  for (std::size_t i = 8; i-- > 0; number >>= 8) key[i] = static_cast<char>(number & 0xFF);
  return key;
}

std::uint64_t number_of(std::string_view key) {
  std::uint64_t number = 0;
  for (const char byte : key) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string user_name() {
  std::array<char, 4096> buffer{};
  passwd entry{}, *found = nullptr;
  if (::getpwuid_r(::geteuid(), &entry, buffer.data(), buffer.size(), &found) == 0 && found)
    return printable(found->pw_name);
  return std::to_string(::geteuid());
}

// How much the log holds, so that nothing needs to be read to know that it is too much.
struct Extent {
  std::uint64_t oldest = 0, bytes = 0;
};

Extent extent_of(const Database& database) {
  const auto text = database.get(Family::kDefault, kExtentKey);
  const auto json = text ? try_parse_json(*text) : std::nullopt;
  if (!json) return {};
  const std::string what = "the extent of the log";
  return {member<std::uint64_t>(*json, "oldest", what), member<std::uint64_t>(*json, "bytes", what)};
}

// A tenth at a time, so that what was erased is not passed over again with each change.
void drop_oldest(const Database& database, Batch& batch, std::uint64_t newest, Extent& extent) {
  database.scan(Family::kLog, "", [&](auto key, auto value) {
    extent.oldest = number_of(key);
    if (newest - extent.oldest < kMostLogEntries * 9 / 10 && extent.bytes <= kMostLogBytes * 9 / 10) return false;
    batch.erase(Family::kLog, key);
    extent.bytes -= std::min<std::uint64_t>(extent.bytes, value.size());
    return true;
  });
}

Json pairs(const std::map<std::string, std::string>& named) {
  Json out = Json::array();
  for (const auto& [id, name] : named) out.push_back({id, name});
  return out;
}

std::map<std::string, std::string> named(const Json& pairs) {
  std::map<std::string, std::string> out;
  for (const auto& pair : pairs) out.emplace(pair.at(0).get<std::string>(), pair.at(1).get<std::string>());
  return out;
}

std::string encode(const LogEntry& entry) {
  Json changed = Json::array(), aliases = Json::array(), came_back = Json::array();
  for (const auto& [id, what] : entry.changed) changed.push_back({id, what.name, what.before, what.after});
  for (const auto& [alias, what] : entry.aliases) aliases.push_back({alias, what.before, what.after});
  for (const auto& [id, was] : entry.came_back) came_back.push_back(Json::array({id, was.name, was.aliases}));
  std::string bytes;
  Json::to_cbor({{"step", entry.step},
                 {"undoes", entry.undoes},
                 {"time", entry.time},
                 {"operation", entry.operation},
                 {"user", entry.user},
                 {"command", entry.command},
                 {"reversible", entry.reversible},
                 {"added", pairs(entry.added)},
                 {"came_back", std::move(came_back)},
                 {"removed", pairs(entry.removed)},
                 {"purged", pairs(entry.purged)},
                 {"changed", std::move(changed)},
                 {"aliases", std::move(aliases)}},
                bytes);
  return bytes;
}

// Without what makes it long.
std::string encode_short(LogEntry entry) {
  entry.reversible = false;
  entry.changed.clear();
  for (auto* named : {&entry.added, &entry.removed, &entry.purged}) named->clear();
  entry.came_back.clear();
  entry.aliases.clear();
  return encode(entry);
}

// The fields in which `before` differs from `after`, as they stand there.
Json differing(const ZooRecord& before, const ZooRecord& after) {
  Json out = Json::object();
  auto old = to_json(before);
  const auto now = to_json(after);
  for (auto& [key, value] : old.items())
    if (value != now.at(key)) out[key] = std::move(value);
  return out;
}

// Sorts what a change touched by what it means.
class Describer {
 public:
  Describer(LogEntry& entry, const TouchedEntries& touched) : entry_(entry), touched_(touched) {}

  void run() {
    for (const auto& [key, value] : touched_)
      if (key.first == Family::kName && !keys::is_alias(key.second)) name(keys::text(key.second), value);
    for (const auto& [key, value] : touched_)
      if (key.first != Family::kName) network(key.first, key.second, value);
    for (const auto& [key, value] : touched_)
      if (key.first == Family::kName && keys::is_alias(key.second)) alias(keys::text(key.second), value);
  }

 private:
  void name(const std::string& name, const Touched& value) {
    if (value.before) names_[*value.before] = name;
    if (value.after) names_.emplace(*value.after, name);
  }

  bool is_there(Family family, const std::string& key) const {
    const auto at = touched_.find({family, key});
    return at != touched_.end() && at->second.after;
  }

  void network(Family family, const std::string& key, const Touched& value) {
    const auto id = to_hex(key);
    const auto& name = names_[key];
    if (value.before == value.after) return;
    if (family == Family::kTrash) {
      if (!value.after) left_trash(id, is_there(Family::kMeta, key), *value.before);
    } else if (!value.before) {
      entry_.added.emplace(id, name);
    } else if (!value.after) {
      (is_there(Family::kTrash, key) ? entry_.removed : entry_.purged).emplace(id, name);
    } else {
      changed(id, *value.before, *value.after);
    }
  }

  void left_trash(const std::string& id, bool is_back, const std::string& before) {
    try {
      const auto was = decode_trash(before);
      if (is_back)
        entry_.came_back[id] = {was.record.name, was.aliases};
      else
        entry_.purged.emplace(id, was.record.name);
    } catch (const Error&) {  // a damaged one
      if (!is_back) entry_.purged.emplace(id, "");
    }
  }

  void changed(const std::string& id, const std::string& before, const std::string& after) {
    try {
      const auto old = decode_record(before);
      entry_.changed[id] = {old.name, differing(old, decode_record(after)), of_record(after)};
    } catch (const Error&) {  // a damaged one, which repair wrote anew
      entry_.reversible = false;
    }
  }

  void alias(const std::string& alias, const Touched& value) {
    if (value.before == value.after) return;
    const auto before = to_hex(value.before.value_or("")), after = to_hex(value.after.value_or(""));
    const bool came_or_went =
        entry_.removed.contains(before) || entry_.purged.contains(before) || entry_.added.contains(after);
    if (!came_or_went) entry_.aliases[alias] = {before, after};
  }

  LogEntry& entry_;
  const TouchedEntries& touched_;
  std::map<std::string, std::string> names_;  // by key
};

}  // namespace

std::string of_record(std::string_view encoded) {
  return short_hash(std::string(encoded));
}

LogEntry log_entry(std::uint64_t number, const Operation& operation, const TouchedEntries& touched) {
  static const std::string user = user_name(), command = printable(command_line());
  LogEntry entry;
  entry.number = number;
  entry.step = operation.step ? operation.step : number;
  entry.undoes = operation.undoes;
  entry.time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  entry.operation = operation.name;
  entry.user = user;
  entry.command = command;
  Describer(entry, touched).run();
  return entry;
}

void append_to_log(const Database& database, Batch& batch, LogEntry entry) {
  auto value = encode(entry);
  if (value.size() > kMostLogEntryBytes) value = encode_short(std::move(entry));
  auto extent = extent_of(database);
  if (extent.bytes == 0) extent.oldest = entry.number;
  extent.bytes += value.size();
  batch.put(Family::kLog, key_of(entry.number), value);
  if (entry.number - extent.oldest >= kMostLogEntries || extent.bytes > kMostLogBytes)
    drop_oldest(database, batch, entry.number, extent);
  batch.put(Family::kDefault, kExtentKey, Json{{"oldest", extent.oldest}, {"bytes", extent.bytes}}.dump());
}

ChangeMark newest_change(const Database& database, std::uint64_t sequence) {
  const auto oldest = std::max<std::uint64_t>(extent_of(database).oldest, 1);
  for (auto number = sequence; number >= oldest; --number)  // not every change has an entry
    if (const auto entry = database.get(Family::kLog, key_of(number))) return {number, to_hex(sha256(*entry))};
  return {};
}

bool has_made(const Database& database, const ChangeMark& change) {
  if (change.number < std::max<std::uint64_t>(extent_of(database).oldest, 1)) return true;
  const auto entry = database.get(Family::kLog, key_of(change.number));
  return entry && to_hex(sha256(*entry)) == change.sha256;
}

LogEntry decode_log_entry(std::string_view key, std::string_view value) {
  try {
    const auto json = parse_cbor(value, "an entry of the log");
    LogEntry entry;
    entry.number = number_of(key);
    entry.step = json.at("step");
    entry.undoes = json.at("undoes");
    entry.time = json.at("time");
    entry.operation = json.at("operation");
    entry.user = json.at("user");
    entry.command = json.at("command");
    entry.reversible = json.at("reversible");
    entry.added = named(json.at("added"));
    if (json.contains("came_back"))  // older entries do not say it
      for (const auto& one : json["came_back"]) entry.came_back[one.at(0).get<std::string>()] = {one.at(1), one.at(2)};
    entry.removed = named(json.at("removed"));
    entry.purged = named(json.at("purged"));
    for (const auto& one : json.at("changed"))
      entry.changed[one.at(0).get<std::string>()] = {one.at(1), one.at(2), one.at(3)};
    for (const auto& one : json.at("aliases")) entry.aliases[one.at(0).get<std::string>()] = {one.at(1), one.at(2)};
    return entry;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kDamaged, "zoo.log", "cannot read an entry of the zoo's history", error.what(),
                "`weightloom zoo verify --repair` leaves it out");
  }
}

std::vector<LogEntry> log_entries(const Database& database) {
  std::vector<LogEntry> entries;
  database.scan(Family::kLog, "",
                [&](auto key, auto value) { return entries.push_back(decode_log_entry(key, value)), true; });
  return entries;
}

}  // namespace weightloom
