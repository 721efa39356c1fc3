#include "fact_index.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <functional>
#include <iterator>
#include <limits>
#include <tuple>

#include "zoo_impl.hpp"

namespace weightloom {
namespace {

using Node = QueryNode;
using Op = Node::Op;

constexpr const char* kMark = "indexed";
constexpr const char* kWithNames = "2";
// Looking a row up takes as long as reading so many entries, or as so many rows of a scan.
constexpr std::size_t kEntriesPerRow = 25, kScannedPerRow = 30;
// Entries of a term that are read in any case, or one of so many networks where names do; rows that are looked up.
constexpr std::size_t kFewEntries = 10'000, kScannedPerEntry = 3, kFewRows = 1'000;
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

std::vector<Span> spans_of_number(const std::string& key, const Node& node) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  std::vector<Span> spans;
  for (const auto& value : node.values) {
    if (!value.number || std::isnan(*value.number)) return {};
    const auto at = all_of(key + ordered(*value.number));
    const auto least = key + ordered(-kInfinity), end = all_of(key + ordered(kInfinity)).to;
    switch (node.op) {
      case Op::kEqual:
      case Op::kIn:
        spans.push_back(at);
        break;
      case Op::kLess:
        spans.push_back({least, at.from});
        break;
      case Op::kLessEqual:
        spans.push_back({least, at.to});
        break;
      case Op::kGreater:
        spans.push_back({at.to, end});
        break;
      case Op::kGreaterEqual:
        spans.push_back({at.from, end});
        break;
      default:
        return {};
    }
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

using Networks = std::vector<IndexedNetwork>;
static_assert(std::tuple_size_v<decltype(IndexedNetwork::id)> == kIdBytes);

IndexedNetwork network(std::string_view raw, std::string_view name) {
  IndexedNetwork network{.id = {}, .name = std::string(name)};
  std::memcpy(network.id.data(), raw.data(), network.id.size());
  return network;
}

Networks each_once(Networks networks) {
  // Those of one text are in order.
  if (!std::ranges::is_sorted(networks, {}, &IndexedNetwork::id)) std::ranges::sort(networks, {}, &IndexedNetwork::id);
  const auto same = [](const IndexedNetwork& a, const IndexedNetwork& b) { return a.id == b.id; };
  networks.erase(std::unique(networks.begin(), networks.end(), same), networks.end());
  return networks;
}

// In order; nothing when there are more than `most`.
std::optional<Networks> networks_in(const Database& database, const std::vector<Span>& spans, std::size_t most) {
  Networks networks;
  for (const auto& span : spans)
    database.scan_from(Family::kIndex, span.from, [&](auto key, auto name) {
      if (key >= span.to || networks.size() > most) return false;
      networks.push_back(network(key.substr(key.size() - kIdBytes), name));
      return true;
    });
  if (networks.size() > most) return std::nullopt;
  return each_once(std::move(networks));
}

std::optional<Networks> networks_named(const Database& database, const Node& node) {
  const bool by_name = node.kind == Node::Kind::kCompare && node.field.kind == QueryField::Kind::kText &&
                       node.field.text == RowText::kName && (node.op == Op::kEqual || node.op == Op::kIn);
  if (!by_name) return std::nullopt;
  Networks networks;
  for (const auto& value : node.values)
    if (const auto id = database.get(Family::kName, keys::name(value.text)); id && id->size() == kIdBytes)
      networks.push_back(network(*id, value.text));
  return each_once(std::move(networks));
}

Networks in_both(const Networks& a, const Networks& b) {
  Networks both;
  std::ranges::set_intersection(a, b, std::back_inserter(both), {}, &IndexedNetwork::id, &IndexedNetwork::id);
  return both;
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

std::string index_value(std::string_view packed) {
  return std::string(RowView(packed).text(RowText::kName));
}

bool is_indexed(const Database& database) {
  return database.has(Family::kDefault, kMark);
}

bool has_names(const Database& database) {
  return database.get(Family::kDefault, kMark) == kWithNames;
}

void mark_indexed(Batch& batch) {
  batch.put(Family::kDefault, kMark, kWithNames);
}

void build_index(Database& database) {
  auto batch = database.batch();
  batch.erase(Family::kDefault, kMark);
  batch.erase_all(Family::kIndex);
  database.scan(Family::kRow, "", [&](auto raw, auto row) {
    for (const auto& key : index_keys(raw, row)) batch.put(Family::kIndex, key, index_value(row));
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

std::optional<Narrowed> narrow(const Database& database, const Node& where, bool names_do) {
  if (!is_indexed(database)) return std::nullopt;
  const auto ledger = database_ledger(database);
  const std::size_t all = ledger ? ledger->networks : 0;
  const auto most_entries = std::max(kFewEntries, names_do ? all / kScannedPerEntry : 0);
  std::vector<const Node*> terms;
  collect_conjuncts(where, terms);
  std::optional<Networks> left;
  bool exact = true;
  for (const auto* term : terms) {
    auto networks = networks_named(database, *term);
    const auto most = left ? std::min(most_entries, kEntriesPerRow * left->size()) : most_entries;
    if (const auto spans = spans_of(*term); !networks && !spans.empty()) networks = networks_in(database, spans, most);
    exact &= networks.has_value();
    if (networks) left = left ? in_both(*left, *networks) : std::move(*networks);
  }
  if (!left) return std::nullopt;
  exact &= std::ranges::none_of(*left, &std::string::empty, &IndexedNetwork::name);
  if (!(exact && names_do) && left->size() > std::max(kFewRows, all / kScannedPerRow)) return std::nullopt;
  return Narrowed{.networks = *std::move(left), .exact = exact};
}

bool has_indexed_metric(const Database& database, const std::string& name) {
  bool found = false;
  database.scan(Family::kIndex, fact_key(Fact::kMetric, name), [&](auto, auto) { return !(found = true); });
  return found;
}

}  // namespace weightloom
