#include <algorithm>
#include <cctype>
#include <cmath>

#include "glob.hpp"
#include "query_syntax.hpp"
#include "weightloom/base/hash.hpp"

namespace weightloom {
namespace {
using Node = QueryNode;
using Kind = QueryField::Kind;

std::optional<double> number_of(const QueryField& field, const RowView& row) {
  switch (field.kind) {
    case Kind::kParameters:
      return static_cast<double>(row.parameters());
    case Kind::kBytes:
      return static_cast<double>(row.bytes());
    case Kind::kCreated:
      return static_cast<double>(row.created());
    case Kind::kMetric:
      return row.metric(field.name);
    default:
      return std::nullopt;
  }
}

bool compare_number(const Node& node, double number) {
  switch (node.op) {
    case Node::Op::kEqual:
      return number == *node.values[0].number;
    case Node::Op::kNotEqual:
      return number != *node.values[0].number;
    case Node::Op::kLess:
      return number < *node.values[0].number;
    case Node::Op::kLessEqual:
      return number <= *node.values[0].number;
    case Node::Op::kGreater:
      return number > *node.values[0].number;
    case Node::Op::kGreaterEqual:
      return number >= *node.values[0].number;
    default:
      return std::any_of(node.values.begin(), node.values.end(), [&](const auto& v) { return v.number == number; });
  }
}

bool fits_text(const Node& node, std::string_view text) {
  switch (node.op) {
    case Node::Op::kGlob:
      return glob_matches(node.values[0].text, text);
    case Node::Op::kRegex:
      return node.pattern->is_in(text);
    default:
      return std::any_of(node.values.begin(), node.values.end(), [&](const auto& v) { return v.text == text; });
  }
}

// An architecture answers to its full id and to the last part of it.
bool compare_text(const Node& node, std::string_view text) {
  if (text.empty() && node.field.kind == Kind::kText) return false;
  bool fits = fits_text(node, text);
  if (node.field.kind == Kind::kText && node.field.text == RowText::kArchitecture)
    if (const auto dot = text.rfind('.'); dot != std::string_view::npos) fits |= fits_text(node, text.substr(dot + 1));
  return fits != (node.op == Node::Op::kNotEqual);
}

bool compare_setting(const Node& node, const RowView& row) {
  const auto value = row.setting(node.field.name);
  if (!value) return false;
  const bool numbers =
      std::all_of(node.values.begin(), node.values.end(), [](const auto& v) { return v.number.has_value(); });
  if (const auto* number = std::get_if<double>(&*value))
    return numbers || node.op == Node::Op::kIn ? compare_number(node, *number) : node.op == Node::Op::kNotEqual;
  const bool ordered = node.op == Node::Op::kLess || node.op == Node::Op::kLessEqual || node.op == Node::Op::kGreater ||
                       node.op == Node::Op::kGreaterEqual;
  return !ordered && compare_text(node, std::get<std::string_view>(*value));
}

bool compare_notes(const Node& node, std::string_view notes) {
  return !notes.empty() && fits_text(node, notes) != (node.op == Node::Op::kNotEqual);
}

bool compare(const Node& node, std::string_view raw, const RowView& row, const OtherFields& fields) {
  switch (node.field.kind) {
    case Kind::kNotes:
      return compare_notes(node, fields(raw).notes);
    case Kind::kTensor:
      return any_fits(node, fields(raw).tensors);
    case Kind::kId:
      return compare_text(node, to_hex(raw));
    case Kind::kText:
      return compare_text(node, row.text(node.field.text));
    case Kind::kSetting:
      return compare_setting(node, row);
    default: {
      const auto number = number_of(node.field, row);
      return number && compare_number(node, *number);
    }
  }
}

bool has(const QueryField& field, std::string_view raw, const RowView& row, const OtherFields& fields) {
  if (field.kind == Kind::kNotes) return !fields(raw).notes.empty();
  if (field.kind == Kind::kTensor) return !fields(raw).tensors.empty();
  return has_field(field, row);
}

// Whole numbers are written without a fraction.
Json number_json(double number) {
  constexpr double kExact = 9007199254740992;  // 2^53
  if (std::abs(number) <= kExact && std::trunc(number) == number) return static_cast<std::int64_t>(number);
  return number;
}

Json text_json(std::string_view text) {
  return text.empty() ? Json() : Json(text);
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  auto digits = text.substr(0, n);
  text.remove_prefix(n);
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  return digits;
}

}  // namespace

bool matches(const Node& node, std::string_view raw, const RowView& row, const OtherTerms& others,
             const OtherFields& fields) {
  const auto holds = [&](const auto& child) { return matches(*child, raw, row, others, fields); };
  switch (node.kind) {
    case Node::Kind::kAnd:
      return std::all_of(node.children.begin(), node.children.end(), holds);
    case Node::Kind::kOr:
      return std::any_of(node.children.begin(), node.children.end(), holds);
    case Node::Kind::kNot:
      return !holds(node.children[0]);
    case Node::Kind::kCompare:
      if (node.field.kind == Kind::kAlias) return others(node, raw);
      return compare(node, raw, row, fields);
    case Node::Kind::kTag:
      return row.any_tag(node.argument);
    case Node::Kind::kHas:
      if (node.field.kind == Kind::kAlias) return others(node, raw);
      return has(node.field, raw, row, fields);
    case Node::Kind::kGeneratedBy:
      return row.has_parent("generated-by", node.argument);
    case Node::Kind::kAncestor:
    case Node::Kind::kDescendant:
    case Node::Kind::kLayer:
      return others(node, raw);
  }
  return false;
}

bool any_fits(const Node& node, const std::vector<std::string_view>& names) {
  if (node.kind == Node::Kind::kHas) return !names.empty();
  const bool fits = std::ranges::any_of(names, [&](const auto& name) { return fits_text(node, name); });
  return node.op == Node::Op::kNotEqual ? !names.empty() && !fits : fits;
}

bool any_tensor_fits(const Node& node, const std::vector<TensorRecord>& tensors,
                     const std::function<std::optional<TensorStatistics>(const TensorRecord&)>& statistics) {
  return std::ranges::any_of(tensors, [&](const TensorRecord& tensor) {
    if (!glob_matches(node.argument, tensor.name)) return false;
    if (node.field.kind == Kind::kText)
      return fits_text(node, dtype_name(tensor.dtype)) != (node.op == Node::Op::kNotEqual);
    const auto known = statistics(tensor);
    const auto figure = known ? statistic(*known, node.field.name) : std::nullopt;
    return figure && compare_number(node, *figure);
  });
}

bool has_field(const QueryField& field, const RowView& row) {
  switch (field.kind) {
    case Kind::kText:
      return !row.text(field.text).empty();
    case Kind::kMetric:
      return row.metric(field.name).has_value();
    case Kind::kSetting:
      return row.setting(field.name).has_value();
    default:
      return true;
  }
}

Json field_value(const QueryField& field, std::string_view raw, const RowView& row, const OtherFields& fields) {
  switch (field.kind) {
    case Kind::kId:
      return to_hex(raw);
    case Kind::kText:
      return text_json(row.text(field.text));
    case Kind::kCreated:
      return format_time(row.created());
    case Kind::kMetric: {
      const auto value = row.metric(field.name);
      return value ? Json(*value) : Json();
    }
    case Kind::kSetting: {
      const auto value = row.setting(field.name);
      if (!value) return nullptr;
      const auto* number = std::get_if<double>(&*value);
      return number ? number_json(*number) : Json(std::get<std::string_view>(*value));
    }
    case Kind::kNotes:
      return text_json(fields(raw).notes);
    case Kind::kTensor:
      return Json(fields(raw).tensors);
    case Kind::kAlias:
      return nullptr;
    default:
      return number_json(number_of(field, row).value_or(0));
  }
}

SortKey sort_key(const QueryField& field, std::string_view raw, const RowView& row) {
  if (field.kind == Kind::kId) return {false, 0, raw, false};
  if (field.kind == Kind::kText) return {row.text(field.text).empty(), 0, row.text(field.text)};
  if (field.kind == Kind::kSetting) {
    const auto value = row.setting(field.name);
    if (!value) return {};
    if (const auto* number = std::get_if<double>(&*value)) return {false, *number, {}};
    return {false, 0, std::get<std::string_view>(*value)};
  }
  const auto number = number_of(field, row);
  if (!number || std::isnan(*number)) return {};
  return {false, *number, {}};
}

int compare(const SortKey& a, const SortKey& b, bool descending) {
  if (a.missing != b.missing) return a.missing ? 1 : -1;
  const auto& low = descending ? b : a;
  const auto& high = descending ? a : b;
  if (low.number != high.number) return low.number < high.number ? -1 : 1;
  if (low.text == high.text) return 0;
  if (!a.natural) return low.text < high.text ? -1 : 1;
  return natural_less(low.text, high.text) ? -1 : natural_less(high.text, low.text) ? 1 : 0;
}

bool natural_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    if (is_digit(a[0]) && is_digit(b[0])) {
      const auto left = take_digits(a), right = take_digits(b);
      if (left.size() != right.size()) return left.size() < right.size();
      if (left != right) return left < right;
    } else {
      if (a[0] != b[0]) return static_cast<unsigned char>(a[0]) < static_cast<unsigned char>(b[0]);
      a.remove_prefix(1);
      b.remove_prefix(1);
    }
  }
  return a.size() < b.size();
}

bool matches(const Query& query, const ZooRecord& record) {
  if (!query.where) return true;
  const auto row = encode_row(record);
  const auto fields = record_fields(record);
  return matches(
      *query.where, from_hex(record.id), RowView(row),
      [&](const Node& node, std::string_view) -> bool {
        throw query_error("needs_store", query.text, node.position,
                          "lineage, aliases and weights are known only to a zoo");
      },
      [&](auto) -> const auto& { return fields; });
}

}  // namespace weightloom
