#include <algorithm>
#include <map>

#include "weightloom/base/config.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {
using Node = QueryNode;
using Rows = std::vector<std::pair<std::string, std::string>>;

// Fields whose existence only the store can tell: metrics and settings.
void collect_open_fields(const Node& node, std::vector<QueryField>& out) {
  const bool has_field_of_its_own = node.kind == Node::Kind::kCompare;
  if (has_field_of_its_own &&
      (node.field.kind == QueryField::Kind::kMetric || node.field.kind == QueryField::Kind::kSetting))
    out.push_back(node.field);
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
    if (any_alias_fits(term, aliases)) ids.insert(id);
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

// A word that no record knows is a spelling mistake, not an empty result. The first records nearly always settle it.
void check_field_exists(const QueryField& field, const Database& database, const std::string& line) {
  bool any = false, found = false;
  database.scan(Family::kRow, "", [&](auto, auto value) {
    any = true;
    found = has_field(field, RowView(value));
    return !found;
  });
  if (!any || found) return;
  const auto near = nearest_name(field.name, known_fields(database));
  throw query_error("unknown_field", line, field.position,
                    "unknown field '" + field.name + "'" + (near.empty() ? "" : "; did you mean '" + near + "'?"));
}

struct Order {
  QueryField field;
  bool descending = false;
};

Order parse_order(const std::string& sort) {
  std::string name = sort.empty() ? "name" : sort;
  bool descending = false;
  if (const auto colon = name.rfind(':'); colon != std::string::npos) {
    const auto direction = name.substr(colon + 1);
    if (direction != "asc" && direction != "desc")
      throw Error(ErrorCode::kUsage, "query.sort", "cannot sort by '" + sort + "'", "the direction is asc or desc",
                  "for example: --sort test_accuracy:desc");
    descending = direction == "desc";
    name.resize(colon);
  }
  if (name.size() > 2 && name.front() == '"' && name.back() == '"')
    return {metric_field(name.substr(1, name.size() - 2), 0), descending};
  const auto field = query_field(name, 0);
  if (field.kind == QueryField::Kind::kAlias)
    throw Error(ErrorCode::kUsage, "query.sort", "cannot sort by aliases", "a network may have several",
                "sort by name");
  return {field, descending};
}

bool is_open(const QueryField& field) {
  return field.kind == QueryField::Kind::kMetric || field.kind == QueryField::Kind::kSetting;
}

}  // namespace

Rows Zoo::Impl::rows(const Query& query) const {
  const auto order = parse_order(query.sort);
  if (is_open(order.field)) check_field_exists(order.field, *database, query.sort);
  std::map<const Node*, std::set<std::string>> lineage;
  if (query.where) {
    std::vector<QueryField> open;
    collect_open_fields(*query.where, open);
    for (const auto& field : open) check_field_exists(field, *database, query.text);
    std::vector<const Node*> terms;
    collect_terms(*query.where, terms);
    for (const auto* term : terms) {
      if (is_about_aliases(*term)) {
        lineage[term] = ids_with_alias(*term, *database);
        continue;
      }
      const auto ids =
          relatives(resolve(term->argument), term->kind == Node::Kind::kDescendant ? Lineage::kDown : Lineage::kUp);
      lineage[term] = {ids.begin(), ids.end()};
    }
  }

  struct Hit {
    SortKey key;
    std::string id, row;
  };
  std::vector<Hit> hits;
  const auto holds = [&](const Node& node, std::string_view id) {
    if (node.kind != Node::Kind::kLayer) return lineage.at(&node).contains(to_hex(id));
    throw_if_interrupted();
    const auto found = record(to_hex(id));
    return found &&
           any_tensor_fits(node, found->tensors, [&](const TensorRecord& tensor) { return statistics(tensor); });
  };
  database->scan(Family::kRow, "", [&](auto key, auto value) {
    const RowView row(value);
    if (!query.where || matches(*query.where, key, row, holds))
      hits.push_back({sort_key(order.field, key, row), to_hex(key), std::string(value)});
    return true;
  });
  std::stable_sort(hits.begin(), hits.end(),
                   [&](const Hit& a, const Hit& b) { return sorts_before(a.key, b.key, order.descending); });
  if (query.limit > 0 && hits.size() > query.limit) hits.resize(query.limit);
  Rows out;
  for (auto& hit : hits) out.emplace_back(std::move(hit.id), std::move(hit.row));
  return out;
}

}  // namespace weightloom
