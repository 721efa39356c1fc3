#pragma once
// The index of facts: which networks have a data set, an architecture, a family, a tag, or a number in some range. It
// follows from the summary rows, narrows queries, and answers none by itself. Private to the module.

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

// Is the index there, and whole? It is not in a store of an older schema that is read.
bool is_indexed(const Database& database);
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

// Ids (their bytes, in order) among which all networks are that satisfy the query. Nothing where the index does not
// narrow it to so few that looking at each costs less than a scan of all rows.
std::optional<std::vector<std::string>> candidates(const Database& database, const QueryNode& where);
// Has a network a metric of that name, as far as the index tells?
bool has_indexed_metric(const Database& database, const std::string& name);

}  // namespace weightloom
