#pragma once
// The index of facts: which networks have a data set, an architecture, a family, a tag, or a number in some range, and
// how they are called. It follows from the summary rows, and narrows queries. Private to the module.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "database.hpp"
#include "query_syntax.hpp"

namespace weightloom {

// The keys under which a row stands in the index, sorted; none when the row is damaged. `raw`: the bytes of its id.
std::vector<std::string> index_keys(std::string_view raw, std::string_view row);

// What the index has under each of these keys: how the network is called.
std::string index_value(std::string_view row);

// Is the index there, and whole? It is not in a store of an older schema that is read.
bool is_indexed(const Database& database);
// Does it have names too? Where it has not, in a store that an older program wrote, it is to be built anew.
bool has_names(const Database& database);
// Makes the index anew from all rows. Nothing asks it before it is whole.
void build_index(Database& database);
// A new, empty database has a whole index.
void mark_indexed(Batch& batch);

// How many keys there are, and the sum of their hashes.
struct IndexSum {
  std::uint64_t keys = 0, sum = 0;
  void add(std::string_view key);
  bool operator==(const IndexSum&) const = default;
};
// Of the index as it stands, and as it follows from the rows.
IndexSum index_sum(const Database& database);
IndexSum expected_index_sum(const Database& database);

struct IndexedNetwork {
  std::array<unsigned char, 16> id{};  // its bytes
  std::string name;                    // empty where an older program wrote the entry
};

// Networks among which all are that satisfy a query, by their ids.
struct Narrowed {
  std::vector<IndexedNetwork> networks;
  bool exact = false;  // they are these, and have names
};
// Nothing where the index does not narrow the query, or to so many networks that a scan of all rows costs less than
// looking at their rows; with `names_do`, than looking at their names where these are all that satisfy it.
std::optional<Narrowed> narrow(const Database& database, const QueryNode& where, bool names_do);
// Has a network a metric of that name, as far as the index tells?
bool has_indexed_metric(const Database& database, const std::string& name);

}  // namespace weightloom
