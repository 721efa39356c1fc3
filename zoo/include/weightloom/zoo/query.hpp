#pragma once
// The query language over records (docs/query.md): comparisons, globs, `and or not`, sort and limit.

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/zoo/record.hpp"

namespace weightloom {

struct QueryNode;  // abstract syntax, private to the module

struct Query {
  std::shared_ptr<const QueryNode> where;  // null: everything
  std::string text;                        // the query line, for messages
  std::string sort;       // "field", "field:desc", several after commas; empty: by name, natural order (m2 before m10)
  std::size_t limit = 0;  // 0: all
};

// Throws kUsage "query.*" whose message carries the query line, a caret line below the token, and the nearest known
// word.
Query parse_query(std::string_view where, std::string sort = {}, std::size_t limit = 0);

// Does the record satisfy it? A missing field makes a comparison false.
bool matches(const Query& query, const ZooRecord& record);

}  // namespace weightloom
