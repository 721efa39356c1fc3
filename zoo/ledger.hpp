#pragma once
// The ledger of a zoo: how many records and names there are, and one hash of them all. It stands in the database, where
// each change of an entry changes it in the same batch, and beside the database in a file: neither can lose something
// that the other does not tell. Private to the module.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "database.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {

struct Ledger {
  std::uint64_t sequence = 0;  // changes since the zoo was made
  std::uint64_t networks = 0, names = 0;
  Digest root{};  // exclusive or over all entries of the SHA-256 of family, key and value

  // `family`: kMeta or kName.
  void add(Family family, std::string_view key, std::string_view value);
  void remove(Family family, std::string_view key, std::string_view value);
  bool same_entries(const Ledger& other) const {
    return networks == other.networks && names == other.names && root == other.root;
  }
};

// What the database's entries come to, by reading them all; sequence 0.
Ledger count_entries(const Database& database);
// nullopt in a database of schema 1, and where it cannot be read.
std::optional<Ledger> database_ledger(const Database& database);
// nullopt when there is no file, or none that can be read.
std::optional<Ledger> file_ledger(const std::filesystem::path& store);
// As the file holds it.
std::string to_text(const Ledger& ledger);
std::filesystem::path ledger_path(const std::filesystem::path& store);

// One batch that changes records or names, and the ledger with them.
class Change {
 public:
  Change(const std::filesystem::path& store, Database& database);

  void put(Family family, std::string_view key, std::string_view value);
  void erase(Family family, std::string_view key);
  Batch& batch() { return batch_; }
  // Counts the entries anew instead of trusting the ledger; `sequence` is that of the change before.
  void recount(std::uint64_t sequence);
  // Durable when it returns.
  void commit();

 private:
  void enter(Family family, std::string_view key, std::optional<std::string> value);

  std::filesystem::path store_;
  Database& database_;
  Batch batch_;
  Ledger ledger_;
  std::map<std::pair<Family, std::string>, std::optional<std::string>> pending_;
};

}  // namespace weightloom
