#pragma once
// The abstract syntax of queries, and which summary rows match. Private to the module.

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "record_fields.hpp"
#include "row.hpp"
#include "text_pattern.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/zoo/query.hpp"
#include "weightloom/zoo/statistics.hpp"

namespace weightloom {

struct QueryField {
  enum class Kind { kId, kText, kParameters, kBytes, kCreated, kMetric, kSetting, kAlias, kNotes, kTensor, kStatistic };
  Kind kind = Kind::kMetric;
  RowText text = RowText::kName;  // of kText
  std::string name;               // as written; the key of a metric or setting
  std::size_t position = 0;       // in the query line
};

struct QueryNode {
  enum class Kind { kAnd, kOr, kNot, kCompare, kTag, kHas, kAncestor, kDescendant, kGeneratedBy, kLayer };
  enum class Op { kEqual, kNotEqual, kLess, kLessEqual, kGreater, kGreaterEqual, kGlob, kRegex, kIn };
  struct Value {
    std::string text;
    std::optional<double> number;
  };

  Kind kind = Kind::kCompare;
  std::vector<std::shared_ptr<const QueryNode>> children;
  QueryField field;
  Op op = Op::kEqual;
  std::vector<Value> values;  // one; several for `in`
  std::optional<TextPattern> pattern;
  std::string argument;  // the glob of a tag or of tensors; the reference of a lineage term
  std::size_t position = 0;
};

// The field called `name`: a fixed one, a setting ("config.", "hyper."), else a metric of that name.
QueryField query_field(const std::string& name, std::size_t position);
// The metric called `name`, whatever else is called so.
QueryField metric_field(const std::string& name, std::size_t position);
// A field as it stands outside of a query, for sorting and as a column: as in query_field(), or a metric in quotes.
QueryField named_field(const std::string& text, std::size_t position);
// Metrics and settings: only a zoo can tell whether there are any of that name.
bool is_open(const QueryField& field);
// The names of the fixed fields.
const std::vector<std::string>& fixed_field_names();
// kUsage "query.<id>" with the query line and a caret under `position`, a byte of it. Without a hint, that to the help.
Error query_error(const char* id, const std::string& query, std::size_t position, const std::string& why,
                  const std::string& hint = {});

struct SortOrder {
  QueryField field;
  bool descending = false;
};
// Of Query::sort; by name when it is empty. Throws kUsage "query.sort".
std::vector<SortOrder> parse_sort(const std::string& sort);

// Does a term hold, of the record whose id is the bytes `raw`, that rows do not tell: on lineage, aliases or weights?
using OtherTerms = std::function<bool(const QueryNode&, std::string_view raw)>;
// What rows do not hold, of the record whose id is the bytes `raw`; stays until the next call.
using OtherFields = std::function<const RecordFields&(std::string_view raw)>;
// Does the row of that record satisfy it?
bool matches(const QueryNode& node, std::string_view raw, const RowView& row, const OtherTerms& others,
             const OtherFields& fields);
// Of metrics, settings and texts of the row; true for all other fields.
bool has_field(const QueryField& field, const RowView& row);
// The value of a field, null where it has none; that of an alias is null.
Json field_value(const QueryField& field, std::string_view raw, const RowView& row, const OtherFields& fields);

// Does a term on aliases or names of tensors hold for one of these?
bool any_fits(const QueryNode& node, const std::vector<std::string_view>& names);
// Does a layer term hold for one of these? `statistics` is asked only for tensors whose name fits.
bool any_tensor_fits(const QueryNode& node, const std::vector<TensorRecord>& tensors,
                     const std::function<std::optional<TensorStatistics>(const TensorRecord&)>& statistics);

// The value to sort by; missing values sort last. Text compares in natural order.
struct SortKey {
  bool missing = true;
  double number = 0;
  std::string_view text;  // as long as the row and the id live
  bool natural = true;    // else in the order of bytes
};
SortKey sort_key(const QueryField& field, std::string_view raw, const RowView& row);
// Negative: `a` comes first; 0: the field does not tell them apart.
int compare(const SortKey& a, const SortKey& b, bool descending);
bool natural_less(std::string_view a, std::string_view b);

}  // namespace weightloom
