#pragma once
// The ledger of a zoo: how many records and names there are, in the trash too, and one hash of them all. It stands in
// the database, where each change of an entry changes it in the same batch, and beside the database in a file: neither
// can lose something that the other does not tell. Private to the module.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "change_log.hpp"
#include "database.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {

struct Ledger {
  std::uint64_t sequence = 0;  // changes since the zoo was made
  std::uint64_t networks = 0, names = 0, trashed = 0;
  Digest root{};  // exclusive or over all entries of the SHA-256 of family, key and value

  // `family`: kMeta, kName or kTrash.
  void add(Family family, std::string_view key, std::string_view value);
  void remove(Family family, std::string_view key, std::string_view value);
  bool same_entries(const Ledger& other) const {
    return networks == other.networks && names == other.names && trashed == other.trashed && root == other.root;
  }
};

// What the database's entries come to, by reading them all; sequence 0.
Ledger count_entries(const Database& database);
// nullopt in a database of schema 1, and where it cannot be read.
std::optional<Ledger> database_ledger(const Database& database);
// nullopt when there is no file, or none that can be read. Throws kFailure "zoo.not_readable".
std::optional<Ledger> file_ledger(const std::filesystem::path& store);
// As the file holds it.
std::string to_text(const Ledger& ledger);
std::filesystem::path ledger_path(const std::filesystem::path& store);

// One batch that changes records, names or the trash, the ledger and the index of facts with them, and an entry of the
// history.
class Change {
 public:
  Change(const std::filesystem::path& store, Database& database, Operation operation);

  // What is there when the change is made so far.
  std::optional<std::string> get(Family family, std::string_view key) const;
  bool has(Family family, std::string_view key) const { return get(family, key).has_value(); }
  void put(Family family, std::string_view key, std::string_view value);
  void erase(Family family, std::string_view key);
  // Does it change anything so far?
  bool changes() const;
  Batch& batch() { return batch_; }
  // The number of the first change of its step.
  std::uint64_t step() const { return operation_.step ? operation_.step : ledger_.sequence + 1; }
  // Counts the entries anew instead of trusting the ledger; `sequence` is that of the change before.
  void recount(std::uint64_t sequence);
  // Durable when it returns. Gives the number of the change.
  std::uint64_t commit();

 private:
  void enter(Family family, std::string_view key, std::optional<std::string> value);
  // The index follows the rows.
  void index(std::string_view id, std::optional<std::string> row);

  std::filesystem::path store_;
  Database& database_;
  Batch batch_;
  Operation operation_;
  Ledger ledger_;
  TouchedEntries touched_;
  std::map<std::string, std::optional<std::string>> rows_;  // that are changed, as they are by now
};

}  // namespace weightloom
