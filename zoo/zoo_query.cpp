#include <algorithm>
#include <map>
#include <memory>
#include <thread>

#include "fact_index.hpp"
#include "name_order.hpp"
#include "weightloom/base/config.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
using Node = QueryNode;

constexpr unsigned kMostParts = 8;  // threads of a scan
// Networks up to which a list by name is cheaper by the names than from a scan.
constexpr std::size_t kMostFirst = 1000;

// Fields whose existence only the store can tell: metrics and settings.
void collect_open_fields(const Node& node, std::vector<const Node*>& out) {
  if ((node.kind == Node::Kind::kCompare || node.kind == Node::Kind::kHas) && is_open(node.field)) out.push_back(&node);
  for (const auto& child : node.children) collect_open_fields(*child, out);
}

bool is_lineage(const Node& node) {
  return node.kind == Node::Kind::kAncestor || node.kind == Node::Kind::kDescendant;
}

bool is_about_aliases(const Node& node) {
  return (node.kind == Node::Kind::kCompare || node.kind == Node::Kind::kHas) &&
         node.field.kind == QueryField::Kind::kAlias;
}

// Terms that rows do not answer.
void collect_terms(const Node& node, std::vector<const Node*>& out) {
  if (is_lineage(node) || is_about_aliases(node)) out.push_back(&node);
  for (const auto& child : node.children) collect_terms(*child, out);
}

std::map<std::string, std::vector<std::string>> aliases_by_id(const Database& database) {
  std::map<std::string, std::vector<std::string>> out;
  database.scan(Family::kName, "a/",
                [&](auto key, auto id) { return out[to_hex(id)].push_back(keys::text(key)), true; });
  return out;
}

std::set<std::string> ids_with_alias(const Node& term, const Database& database) {
  std::set<std::string> ids;
  for (const auto& [id, aliases] : aliases_by_id(database))
    if (any_fits(term, {aliases.begin(), aliases.end()})) ids.insert(id);
  return ids;
}

std::vector<std::string> known_fields(const Database& database) {
  std::set<std::string> names(fixed_field_names().begin(), fixed_field_names().end());
  database.scan(Family::kRow, "", [&](auto, auto value) {
    const RowView row(value);
    for (const auto& [name, metric] : row.metrics()) names.insert(name);
    for (auto& path : row.setting_paths()) names.insert(std::move(path));
    return true;
  });
  return {names.begin(), names.end()};
}

// A word that no record knows is a spelling mistake, not an empty result; of an empty zoo nothing can be told. The
// first records nearly always settle it.
bool may_exist(const QueryField& field, const Database& database) {
  if (field.kind == QueryField::Kind::kMetric && has_indexed_metric(database, field.name)) return true;
  bool any = false, found = false;
  database.scan(Family::kRow, "", [&](auto, auto value) {
    any = true;
    found = has_field(field, RowView(value));
    return !found;
  });
  return !any || found;
}

bool has_metric(const QueryField& field, const Database& database) {
  bool found = has_indexed_metric(database, field.name);
  database.scan(Family::kRow, "",
                [&](auto, auto value) { return !(found = found || has_field(field, RowView(value))); });
  return found;
}

void check_field_exists(const QueryField& field, const Database& database, const std::string& line) {
  if (may_exist(field, database)) return;
  const auto near = nearest_name(field.name, known_fields(database));
  throw query_error("unknown_field", line, field.position,
                    "unknown field '" + field.name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

// has() of what no network has is true of none, and `not has()` of all: an error where it seems to be a slip.
void check_field_exists(const Node& term, const Database& database, const std::string& line) {
  if (term.kind != Node::Kind::kHas) return check_field_exists(term.field, database, line);
  if (!may_exist(term.field, database) && !nearest_name(term.field.name, known_fields(database)).empty())
    check_field_exists(term.field, database, line);
}

using Terms = std::map<const Node*, std::set<std::string>>;

// The hits that come first, at most `limit` of them (0: all), without keeping more.
class BestHits {
  using Keys = std::vector<SortKey>;
  struct Hit {
    Hit(std::string id, std::string row) : raw(std::move(id)), packed(std::move(row)) {}
    std::string raw, packed;
    Keys keys;  // views of these
  };

  void set_keys(Keys& keys, std::string_view raw, const RowView& row) const {
    keys.clear();
    for (const auto& by : order_) keys.push_back(sort_key(by.field, raw, row));
  }
  // Ids settle what the keys do not.
  bool before(const Keys& a, std::string_view a_raw, const Keys& b, std::string_view b_raw) const {
    for (std::size_t i = 0; i < order_.size(); ++i)
      if (const int order = compare(a[i], b[i], order_[i].descending)) return order < 0;
    return a_raw < b_raw;
  }
  auto order_of_hits() const {
    return [this](const auto& a, const auto& b) { return before(a->keys, a->raw, b->keys, b->raw); };
  }

 public:
  BestHits(const std::vector<SortOrder>& order, std::size_t limit) : order_(order), limit_(limit) {}

  void add(std::string_view raw, std::string_view packed, const RowView& row) {
    ++matched_;
    const bool full = limit_ > 0 && hits_.size() == limit_;
    if (full) {
      set_keys(candidate_, raw, row);
      if (!before(candidate_, raw, hits_.front()->keys, hits_.front()->raw)) return;
      std::ranges::pop_heap(hits_, order_of_hits());
      hits_.pop_back();
    }
    auto hit = std::make_unique<Hit>(std::string(raw), std::string(packed));
    set_keys(hit->keys, hit->raw, RowView(hit->packed));
    hits_.push_back(std::move(hit));
    if (limit_ > 0) std::ranges::push_heap(hits_, order_of_hits());
  }

  void take(BestHits other) {
    matched_ += other.matched_;
    std::ranges::move(other.hits_, std::back_inserter(hits_));
  }

  FoundRows sorted() && {
    std::ranges::sort(hits_, order_of_hits());
    if (limit_ > 0 && hits_.size() > limit_) hits_.resize(limit_);
    FoundRows found;
    found.matched = matched_;
    for (auto& hit : hits_) found.rows.push_back({std::move(hit->raw), std::move(hit->packed)});
    return found;
  }

 private:
  const std::vector<SortOrder>& order_;
  std::size_t limit_, matched_ = 0;
  Keys candidate_;
  std::vector<std::unique_ptr<Hit>> hits_;  // with a limit, a heap: the last one first
};

// Of one row after the other, read once for all terms of a query. `read` takes what is not of the usual form, or says
// what is wrong with it.
OtherFields other_fields(const Database& database, std::function<std::optional<ZooRecord>(const std::string&)> read) {
  struct Last {
    std::optional<Database::Cursor> records;
    std::string id, bytes;
    std::optional<ZooRecord> record;
    RecordFields fields;  // of one of these
  };
  return [&database, read = std::move(read), last = std::make_shared<Last>() ](std::string_view raw) -> const auto& {
    const auto id = to_hex(raw);
    if (last->id == id) return last->fields;
    last->id.clear();
    if (!last->records) last->records.emplace(database.cursor(Family::kMeta));
    last->bytes = last->records->get(raw).value_or("");
    auto fields = record_fields(last->bytes);
    if (!fields || fields->id != id) {
      last->record = read(id);
      if (!last->record)
        throw Error(ErrorCode::kDamaged, "zoo.record", "cannot read a record of the zoo",
                    "that of " + id + " is missing", "run `weightloom zoo verify`");
      fields = record_fields(*last->record);
    }
    last->id = id;
    last->fields = *std::move(fields);
    return last->fields;
  };
}

RecordSummary summary_of(const std::string& id, const RowView& row) {
  const auto text = [&](RowText which) { return std::string(row.text(which)); };
  return {.id = id,
          .name = text(RowText::kName),
          .architecture = text(RowText::kArchitecture),
          .dataset = text(RowText::kDataset),
          .family = text(RowText::kFamily),
          .split = text(RowText::kSplit),
          .source = text(RowText::kSource),
          .parameters = row.parameters(),
          .bytes = row.bytes(),
          .tags = row.tags(),
          .metrics = row.metrics(),
          .created = format_time(row.created())};
}

// A metric as queries write it.
std::string as_field(const std::string& metric) {
  const bool plain = is_open(query_field(metric, 0)) && metric.find_first_of(" ()=<>:~,'!/[]\"") == std::string::npos;
  return plain ? metric : '"' + metric + '"';
}

// The words of one row.
void collect_words(Zoo::Word kind, const RowView& row, std::set<std::string>& words) {
  using Word = Zoo::Word;
  if (kind == Word::kTag) words.merge(row.tags());
  if (kind == Word::kDataset) words.emplace(row.text(RowText::kDataset));
  if (kind == Word::kFamily) words.emplace(row.text(RowText::kFamily));
  if (kind == Word::kMetric || kind == Word::kField)
    for (const auto& [metric, value] : row.metrics()) words.insert(kind == Word::kField ? as_field(metric) : metric);
  if (kind == Word::kField)
    for (auto& path : row.setting_paths()) words.insert(std::move(path));
}

struct Column {
  std::string name;
  QueryField field;
};

std::vector<Column> parse_columns(const std::vector<std::string>& names, const Database& database) {
  std::vector<Column> columns;
  for (const auto& name : names) {
    if (name.empty()) throw Error(ErrorCode::kUsage, "query.unknown_field", "a column has no name");
    auto field = named_field(name, 0);
    const auto itself = metric_field(name, 0);  // whose name may have quotes of its own
    if (is_open(field) && !may_exist(field, database) && has_metric(itself, database)) field = itself;
    if (is_open(field) && !may_exist(field, database)) {
      const auto near = nearest_name(field.name, known_fields(database));
      throw Error(ErrorCode::kUsage, "query.unknown_field", "no column '" + name + "'", "",
                  near.empty() ? "see what there is with `weightloom zoo show`" : "did you mean '" + near + "'?");
    }
    columns.push_back({name, field});
  }
  return columns;
}

// Adds a network whose name is known already. False where its row says something else.
bool add_named(const Database& database, std::string raw, std::string_view name, FoundRows& found) {
  auto packed = database.get(Family::kRow, raw);
  if (!packed || RowView(*packed).text(RowText::kName) != name) return false;
  found.rows.push_back({std::move(raw), *std::move(packed)});
  return true;
}

// The beginning of the list of all networks by name. Nothing where the database does not tell what that needs.
std::optional<FoundRows> first_by_name(const Database& database, std::size_t limit) {
  const auto ledger = database_ledger(database);
  if (!ledger) return std::nullopt;
  FoundRows found;
  found.matched = ledger->networks;
  for (auto& [name, raw] : first_names(database, limit))
    if (!add_named(database, std::move(raw), name, found)) return std::nullopt;
  if (found.rows.size() != std::min<std::size_t>(limit, found.matched)) return std::nullopt;
  return found;
}

// The same of those that the index tells.
std::optional<FoundRows> first_by_name(const Database& database, std::vector<IndexedNetwork> networks,
                                       std::size_t limit) {
  const auto before = [](const IndexedNetwork& a, const IndexedNetwork& b) {
    return natural_less(a.name, b.name) || (!natural_less(b.name, a.name) && a.id < b.id);
  };
  const auto end = networks.begin() + static_cast<std::ptrdiff_t>(std::min(limit, networks.size()));
  std::ranges::partial_sort(networks, end, before);
  FoundRows found;
  found.matched = networks.size();
  for (auto at = networks.begin(); at != end; ++at)
    if (!add_named(database, {at->id.begin(), at->id.end()}, at->name, found)) return std::nullopt;
  return found;
}

std::vector<std::string> ids_of(const std::vector<IndexedNetwork>& networks) {
  std::vector<std::string> ids;
  for (const auto& network : networks) ids.emplace_back(network.id.begin(), network.id.end());
  return ids;
}

bool has_layer_term(const Node& node) {
  return node.kind == Node::Kind::kLayer ||
         std::ranges::any_of(node.children, [](const auto& child) { return has_layer_term(*child); });
}

}  // namespace

FoundRows Zoo::Impl::found(const Query& query) const {
  const bool few_by_name = query.limit > 0 && query.limit <= kMostFirst && (query.sort.empty() || query.sort == "name");
  if (!query.where && few_by_name)
    if (auto first = first_by_name(*database, query.limit)) return *std::move(first);
  const auto order = parse_sort(query.sort);
  for (const auto& by : order)
    if (is_open(by.field)) check_field_exists(by.field, *database, query.sort);
  Terms terms;
  std::optional<Narrowed> narrowed;
  if (query.where) {
    std::vector<const Node*> open;
    collect_open_fields(*query.where, open);
    for (const auto* term : open) check_field_exists(*term, *database, query.text);
    narrowed = narrow(*database, *query.where, few_by_name);
    if (narrowed && narrowed->exact && few_by_name)
      if (auto first = first_by_name(*database, narrowed->networks, query.limit)) return *std::move(first);
    std::vector<const Node*> nodes;
    collect_terms(*query.where, nodes);
    for (const auto* term : nodes) {
      if (is_about_aliases(*term)) {
        terms[term] = ids_with_alias(*term, *database);
        continue;
      }
      const auto ids =
          relatives(resolve(term->argument), term->kind == Node::Kind::kDescendant ? Lineage::kDown : Lineage::kUp);
      terms[term] = {ids.begin(), ids.end()};
    }
  }
  const auto holds = [&](const Node& node, std::string_view id) {
    if (node.kind != Node::Kind::kLayer) return terms.at(&node).contains(to_hex(id));
    throw_if_interrupted();
    const auto found = record(to_hex(id));
    return found &&
           any_tensor_fits(node, found->tensors, [&](const TensorRecord& tensor) { return statistics(tensor); });
  };
  const auto read = [this](const std::string& id) { return record(id); };
  struct Part {
    BestHits best;
    OtherFields fields;
  };
  // A writer keeps the statistics that it computes: by one thread.
  const bool alone = query.where && has_layer_term(*query.where);
  const std::size_t parts = alone ? 1 : std::clamp(std::thread::hardware_concurrency(), 1u, kMostParts);
  std::vector<Part> found;
  for (std::size_t part = 0; part < parts; ++part)
    found.push_back({BestHits(order, query.limit), other_fields(*database, read)});
  const auto look = [&](std::size_t part, auto key, auto value) {
    const RowView row(value);
    if (!query.where || matches(*query.where, key, row, holds, found[part].fields))
      found[part].best.add(key, value, row);
  };
  if (narrowed)
    database->get_in_parallel(Family::kRow, ids_of(narrowed->networks), parts, look);
  else
    database->scan_in_parallel(Family::kRow, parts, look);
  for (std::size_t part = 1; part < parts; ++part) found[0].best.take(std::move(found[part].best));
  return std::move(found[0].best).sorted();
}

std::vector<std::string> Zoo::words(Word kind, const std::string& prefix) const {
  std::set<std::string> words;
  const auto collect_keys = [&](const std::string& from) {
    impl_->database->scan(Family::kName, from, [&](auto key, auto) { return words.insert(keys::text(key)), true; });
  };
  if (kind == Word::kName || kind == Word::kAlias) {
    collect_keys(keys::alias(prefix));
    if (kind == Word::kName) collect_keys(keys::name(prefix));
  } else {
    if (kind == Word::kField) words.insert(fixed_field_names().begin(), fixed_field_names().end());
    impl_->database->scan(Family::kRow, "",
                          [&](auto, auto value) { return collect_words(kind, RowView(value), words), true; });
    std::erase_if(words, [&](const auto& word) { return word.empty() || !word.starts_with(prefix); });
  }
  return {words.begin(), words.end()};
}

Listing Zoo::list(const Query& query, const std::vector<std::string>& columns) const {
  const auto wanted = parse_columns(columns, *impl_->database);
  const bool aliases_wanted =
      std::ranges::any_of(wanted, [](const Column& column) { return column.field.kind == QueryField::Kind::kAlias; });
  std::map<std::string, std::vector<std::string>> aliases;
  if (aliases_wanted) aliases = aliases_by_id(*impl_->database);
  const auto fields = other_fields(*impl_->database, [this](const std::string& id) { return impl_->record(id); });
  auto found = impl_->found(query);
  Listing listing;
  listing.matched = found.matched;
  for (auto& [raw, packed] : found.rows) {
    const RowView row(packed);
    auto summary = summary_of(to_hex(raw), row);
    for (const auto& [name, field] : wanted)
      summary.columns[name] =
          field.kind == QueryField::Kind::kAlias ? Json(aliases[summary.id]) : field_value(field, raw, row, fields);
    listing.networks.push_back(std::move(summary));
    packed = {};
  }
  return listing;
}

}  // namespace weightloom
