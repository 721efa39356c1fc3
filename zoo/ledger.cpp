#include "ledger.hpp"

#include <algorithm>

#include "fact_index.hpp"
#include "store_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/log.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

constexpr const char* kKey = "ledger";

bool is_entered(Family family) {
  return family == Family::kMeta || family == Family::kName || family == Family::kTrash;
}

std::optional<Ledger> decode(std::string_view text) {
  const std::string what = "the zoo's ledger";
  try {
    const auto json = parse_json(text, what);
    Ledger ledger;
    ledger.sequence = member<std::uint64_t>(json, "sequence", what);
    ledger.networks = member<std::uint64_t>(json, "networks", what);
    ledger.names = member<std::uint64_t>(json, "names", what);
    if (json.contains("trashed")) ledger.trashed = member<std::uint64_t>(json, "trashed", what);  // since schema 3
    const auto root = member<std::string>(json, "root", what);
    if (root.size() != 2 * ledger.root.size() || !is_hex(root)) return std::nullopt;
    const auto bytes = from_hex(root);
    std::copy(bytes.begin(), bytes.end(), ledger.root.begin());
    return ledger;
  } catch (const Error&) {
    return std::nullopt;
  }
}

void toggle(Digest& root, Family family, std::string_view key, std::string_view value) {
  const std::string head = std::to_string(static_cast<std::size_t>(family)) + ":" + std::to_string(key.size()) + ":";
  const auto hash = Sha256().update(head).update(key).update(value).finish();
  for (std::size_t i = 0; i < root.size(); ++i) root[i] = static_cast<std::uint8_t>(root[i] ^ hash[i]);
}

std::uint64_t& count_of(Ledger& ledger, Family family) {
  if (family == Family::kTrash) return ledger.trashed;
  return family == Family::kMeta ? ledger.networks : ledger.names;
}

}  // namespace

std::string to_text(const Ledger& ledger) {
  return Json{{"sequence", ledger.sequence},
              {"networks", ledger.networks},
              {"names", ledger.names},
              {"trashed", ledger.trashed},
              {"root", to_hex(ledger.root)}}
             .dump() +
         "\n";
}

void Ledger::add(Family family, std::string_view key, std::string_view value) {
  ++count_of(*this, family);
  toggle(root, family, key, value);
}

void Ledger::remove(Family family, std::string_view key, std::string_view value) {
  --count_of(*this, family);
  toggle(root, family, key, value);
}

Ledger count_entries(const Database& database) {
  Ledger ledger;
  for (const auto family : {Family::kMeta, Family::kName, Family::kTrash})
    database.scan(family, "", [&](auto key, auto value) { return ledger.add(family, key, value), true; });
  return ledger;
}

std::optional<Ledger> database_ledger(const Database& database) {
  const auto text = database.get(Family::kDefault, kKey);
  return text ? decode(*text) : std::nullopt;
}

fs::path ledger_path(const fs::path& store) {
  return store / "ledger";
}

std::optional<Ledger> file_ledger(const fs::path& store) {
  expect_readable(ledger_path(store));
  try {
    return decode(read_file(ledger_path(store), 4096));
  } catch (const Error&) {
    return std::nullopt;
  }
}

Change::Change(const fs::path& store, Database& database, Operation operation)
    : store_(store), database_(database), batch_(database.batch()), operation_(std::move(operation)) {
  if (const auto ledger = database_ledger(database))
    ledger_ = *ledger;
  else
    recount(0);
}

std::optional<std::string> Change::get(Family family, std::string_view key) const {
  const auto at = touched_.find({family, std::string(key)});
  return at == touched_.end() ? database_.get(family, key) : at->second.after;
}

bool Change::changes() const {
  return std::ranges::any_of(touched_, [](const auto& one) { return one.second.before != one.second.after; });
}

void Change::put(Family family, std::string_view key, std::string_view value) {
  if (is_entered(family)) enter(family, key, std::string(value));
  if (family == Family::kRow) index(key, std::string(value));
  batch_.put(family, key, value);
}

void Change::erase(Family family, std::string_view key) {
  if (is_entered(family)) enter(family, key, std::nullopt);
  if (family == Family::kRow) index(key, std::nullopt);
  batch_.erase(family, key);
}

void Change::recount(std::uint64_t sequence) {
  ledger_ = count_entries(database_);
  ledger_.sequence = sequence;
  for (const auto& [entry, value] : touched_) {
    if (value.before) ledger_.remove(entry.first, entry.second, *value.before);
    if (value.after) ledger_.add(entry.first, entry.second, *value.after);
  }
}

void Change::enter(Family family, std::string_view key, std::optional<std::string> value) {
  const auto [at, first] = touched_.try_emplace({family, std::string(key)});
  auto& [before, after] = at->second;
  if (first) before = after = database_.get(family, key);
  if (after) ledger_.remove(family, key, *after);
  if (value) ledger_.add(family, key, *value);
  after = std::move(value);
}

void Change::index(std::string_view id, std::optional<std::string> row) {
  const auto [at, first] = rows_.try_emplace(std::string(id));
  if (first) at->second = database_.get(Family::kRow, id);
  const auto keys_of = [&](const std::optional<std::string>& packed) {
    return packed ? index_keys(id, *packed) : std::vector<std::string>();
  };
  const auto before = keys_of(at->second), after = keys_of(row);
  for (const auto& key : before)
    if (!std::ranges::binary_search(after, key)) batch_.erase(Family::kIndex, key);
  for (const auto& key : after) batch_.put(Family::kIndex, key, index_value(*row));
  at->second = std::move(row);
}

std::uint64_t Change::commit() {
  ++ledger_.sequence;
  const auto text = to_text(ledger_);
  batch_.put(Family::kDefault, kKey, text);
  if (changes()) append_to_log(database_, batch_, log_entry(ledger_.sequence, operation_, touched_));
  database_.write(batch_);
  try {
    write_file(ledger_path(store_), text);
  } catch (const Error& error) {
    // The change is stored; a file that lags behind is brought up by the next one.
    log().warn("cannot write the ledger's file: {}", error.what());
  }
  return ledger_.sequence;
}

}  // namespace weightloom
