#include "fact_index.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>
#include <iterator>
#include <limits>

#include "zoo_impl.hpp"

namespace weightloom {
namespace {

using Node = QueryNode;
using Op = Node::Op;

constexpr const char* kMark = "indexed";
// Entries of a term beyond which it tells too little, and rows up to which looking at each is worth while.
constexpr std::size_t kMostEntries = 10'000, kMostFound = 1'000;
constexpr std::size_t kIndexedBytes = 8u << 20;

// What a key begins with. The rest is the value of a text, or the name of a metric and its value; then the id.
enum class Fact : char {
  kArchitecture = 'a',
  kCreated = 'c',
  kDataset = 'd',
  kFamily = 'f',
  kMetric = 'm',
  kParameters = 'p',
  kTag = 't'
};

std::string fact_key(Fact fact, std::string_view text = {}) {
  std::string key(1, static_cast<char>(fact));
  auto size = text.size();
  for (; size >= 0x80; size >>= 7) key += static_cast<char>(size | 0x80);
  key += static_cast<char>(size);
  return key += text;
}

// Eight bytes in the order of the numbers; those that are none come first or last.
std::string ordered(double number) {
  constexpr std::uint64_t kSign = std::uint64_t{1} << 63;
  auto bits = std::bit_cast<std::uint64_t>(number + 0.0);  // there is one zero
  bits = bits & kSign ? ~bits : bits | kSign;
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes += static_cast<char>(bits >> shift);
  return bytes;
}

// An architecture answers to its full id and to the last part of it.
std::string_view last_part(std::string_view architecture) {
  const auto dot = architecture.rfind('.');
  return dot == std::string_view::npos ? architecture : architecture.substr(dot + 1);
}

// Keys from `from` on, before `to`.
struct Span {
  std::string from, to;
};

// `key` is a whole fact: what follows it are ids, which are shorter than this.
Span all_of(const std::string& key) {
  return {key, key + std::string(kIdBytes + 1, '\xff')};
}

Span between(const std::string& key, double least, double most) {
  return {key + ordered(least), all_of(key + ordered(most)).to};
}

// Those of a comparison of numbers, bounds included: what is asked for lies within.
std::vector<Span> spans_of_number(const std::string& key, const Node& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<Span> spans;
  for (const auto& value : node.values) {
    if (!value.number || std::isnan(*value.number)) return {};
    const bool above = node.op == Op::kGreater || node.op == Op::kGreaterEqual;
    const bool below = node.op == Op::kLess || node.op == Op::kLessEqual;
    if (!above && !below && node.op != Op::kEqual && node.op != Op::kIn) return {};
    spans.push_back(between(key, below ? -kInfinity : *value.number, above ? kInfinity : *value.number));
  }
  return spans;
}

std::vector<Span> spans_of_text(Fact fact, const Node& node) {
  if (node.op != Op::kEqual && node.op != Op::kIn) return {};
  std::vector<Span> spans;
  for (const auto& value : node.values) spans.push_back(all_of(fact_key(fact, value.text)));
  return spans;
}

std::vector<Span> spans_of_comparison(const Node& node) {
  using Kind = QueryField::Kind;
  switch (node.field.kind) {
    case Kind::kText:
      if (node.field.text == RowText::kArchitecture) return spans_of_text(Fact::kArchitecture, node);
      if (node.field.text == RowText::kDataset) return spans_of_text(Fact::kDataset, node);
      if (node.field.text == RowText::kFamily) return spans_of_text(Fact::kFamily, node);
      return {};
    case Kind::kParameters:
      return spans_of_number(fact_key(Fact::kParameters), node);
    case Kind::kCreated:
      return spans_of_number(fact_key(Fact::kCreated), node);
    case Kind::kMetric:
      return spans_of_number(fact_key(Fact::kMetric, node.field.name), node);
    default:
      return {};
  }
}

// Where the index has all that satisfies a term; nowhere when it does not tell.
std::vector<Span> spans_of(const Node& node) {
  if (node.kind == Node::Kind::kCompare) return spans_of_comparison(node);
  if (node.kind == Node::Kind::kTag && node.argument.find_first_of("*?[") == std::string::npos)
    return {all_of(fact_key(Fact::kTag, node.argument))};
  return {};
}

using Ids = std::vector<std::string>;

Ids each_once(Ids ids) {
  std::ranges::sort(ids);
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// In order; nothing when there are too many.
std::optional<Ids> ids_in(const Database& database, const std::vector<Span>& spans) {
  Ids ids;
  for (const auto& span : spans)
    database.scan_from(Family::kIndex, span.from, [&](auto key, auto) {
      if (key >= span.to || ids.size() > kMostEntries) return false;
      ids.emplace_back(key.substr(key.size() - kIdBytes));
      return true;
    });
  if (ids.size() > kMostEntries) return std::nullopt;
  return each_once(std::move(ids));
}

std::optional<Ids> ids_named(const Database& database, const Node& node) {
  const bool by_name = node.kind == Node::Kind::kCompare && node.field.kind == QueryField::Kind::kText &&
                       node.field.text == RowText::kName && (node.op == Op::kEqual || node.op == Op::kIn);
  if (!by_name) return std::nullopt;
  Ids ids;
  for (const auto& value : node.values)
    if (auto id = database.get(Family::kName, keys::name(value.text))) ids.push_back(std::move(*id));
  return each_once(std::move(ids));
}

// What a query asks for all at once.
void collect_conjuncts(const Node& node, std::vector<const Node*>& out) {
  if (node.kind != Node::Kind::kAnd) return out.push_back(&node);
  for (const auto& child : node.children) collect_conjuncts(*child, out);
}

}  // namespace

std::vector<std::string> index_keys(std::string_view raw, std::string_view packed) {
  std::vector<std::string> keys;
  const auto add = [&](std::string key) { keys.push_back(std::move(key += raw)); };
  const auto add_text = [&](Fact fact, std::string_view text) {
    if (!text.empty()) add(fact_key(fact, text));
  };
  const auto add_number = [&](Fact fact, std::string_view name, double value) {
    add(fact_key(fact, name) + ordered(value));
  };
  try {
    const RowView row(packed);
    const auto architecture = row.text(RowText::kArchitecture);
    add_text(Fact::kArchitecture, architecture);
    if (last_part(architecture) != architecture) add_text(Fact::kArchitecture, last_part(architecture));
    add_text(Fact::kDataset, row.text(RowText::kDataset));
    add_text(Fact::kFamily, row.text(RowText::kFamily));
    add_number(Fact::kParameters, {}, static_cast<double>(row.parameters()));
    add_number(Fact::kCreated, {}, static_cast<double>(row.created()));
    for (const auto& tag : row.tags()) add_text(Fact::kTag, tag);
    for (const auto& [name, value] : row.metrics()) add_number(Fact::kMetric, name, value);
  } catch (const Error&) {
    return {};
  }
  std::ranges::sort(keys);
  return keys;
}

bool is_indexed(const Database& database) {
  return database.has(Family::kDefault, kMark);
}

void mark_indexed(Batch& batch) {
  batch.put(Family::kDefault, kMark, "1");
}

void build_index(Database& database) {
  auto batch = database.batch();
  batch.erase(Family::kDefault, kMark);
  batch.erase_all(Family::kIndex);
  database.scan(Family::kRow, "", [&](auto raw, auto row) {
    for (const auto& key : index_keys(raw, row)) batch.put(Family::kIndex, key, "");
    if (batch.bytes() < kIndexedBytes) return true;
    database.write(batch, false);
    batch.clear();
    return true;
  });
  mark_indexed(batch);
  database.write(batch);
}

void IndexSum::add(std::string_view key) {
  ++keys;
  sum += std::hash<std::string_view>()(key);
}

IndexSum index_sum(const Database& database) {
  IndexSum sum;
  database.scan(Family::kIndex, "", [&](auto key, auto) { return sum.add(key), true; });
  return sum;
}

IndexSum expected_index_sum(const Database& database) {
  IndexSum sum;
  database.scan(Family::kRow, "", [&](auto raw, auto row) {
    for (const auto& key : index_keys(raw, row)) sum.add(key);
    return true;
  });
  return sum;
}

std::optional<std::vector<std::string>> candidates(const Database& database, const Node& where) {
  if (!is_indexed(database)) return std::nullopt;
  std::vector<const Node*> terms;
  collect_conjuncts(where, terms);
  std::optional<Ids> left;
  for (const auto* term : terms) {
    auto ids = ids_named(database, *term);
    if (const auto spans = spans_of(*term); !ids && !spans.empty()) ids = ids_in(database, spans);
    if (!ids) continue;
    Ids both;
    if (left) std::ranges::set_intersection(*left, *ids, std::back_inserter(both));
    left = left ? std::move(both) : std::move(*ids);
  }
  return left && left->size() <= kMostFound ? left : std::nullopt;
}

bool has_indexed_metric(const Database& database, const std::string& name) {
  bool found = false;
  database.scan(Family::kIndex, fact_key(Fact::kMetric, name), [&](auto, auto) { return !(found = true); });
  return found;
}

}  // namespace weightloom
