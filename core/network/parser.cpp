#include <algorithm>
#include <functional>
#include <limits>
#include <queue>
#include <unordered_map>
#include <unordered_set>

#include "inference.hpp"
#include "init_names.hpp"
#include "json_view.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/network/description.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/network/operators.hpp"
#include "weightloom/network/tasks.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostText = 64u << 20;
constexpr std::size_t kMostNodes = 100'000;
constexpr std::size_t kMostInputs = 4096;
constexpr std::int64_t kMostTokens = 1 << 24;  // numbers that a float holds exactly

template <typename Names>
std::vector<std::string> as_strings(const Names& names) {
  return {names.begin(), names.end()};
}

Role parse_role(const JsonView& view) {
  const auto name = view.text();
  std::vector<std::string> known;
  for (int i = 0; i <= static_cast<int>(Role::kClassToken); ++i) {
    const auto role = static_cast<Role>(i);
    if (role_name(role) == name) return role;
    known.emplace_back(role_name(role));
  }
  refuse("role", view.path(), "the role '" + name + "' is not known", suggestion(name, known));
}

Init parse_init(const JsonView& view) {
  if (!view.any_object().has("kind")) view.object({"kind"});
  const auto kind = view["kind"].text();
  std::vector<std::string> known;
  for (const auto& names : kInitNames) {
    known.emplace_back(names.kind);
    if (names.kind != kind) continue;
    if (names.value.empty()) {
      view.object({"kind"});
      return {names.kind_value, 0};
    }
    view.object({"kind", names.value});
    const auto value = view[names.value].number();
    if (names.value != "value" && value < 0) view[names.value].expected("a number that is not negative");
    return {names.kind_value, value};
  }
  refuse("init", view["kind"].path(), "the initialiser '" + kind + "' is not known", suggestion(kind, known));
}

InputSpec parse_input(const JsonView& view) {
  view.object({"name", "shape"}, {"tokens"});
  InputSpec input{view["name"].name(), view["shape"].shape()};
  if (view.has("tokens")) input.tokens = view["tokens"].integer(1, kMostTokens);
  return input;
}

std::string list(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

ParameterSpec parse_parameter(const JsonView& view) {
  view.object({"name", "shape", "role", "init"}, {"trainable"});
  ParameterSpec spec{view["name"].name(), view["shape"].shape(), parse_role(view["role"]), parse_init(view["init"]),
                     true};
  if (view.has("trainable")) spec.trainable = view["trainable"].boolean();
  const bool statistic = spec.role == Role::kRunningMean || spec.role == Role::kRunningVar;
  if (statistic && spec.trainable)
    refuse("trainable", view.path() + ".trainable",
           "expected false for the role '" + std::string(role_name(spec.role)) + "', found true");
  return spec;
}

std::vector<double> numbers(const JsonView& view, const AttributeRule& rule) {
  std::vector<double> values;
  for (const auto& item : view.items(static_cast<std::size_t>(rule.most))) values.push_back(item.number());
  if (values.size() < static_cast<std::size_t>(rule.least))
    view.expected("at least " + Json(rule.least).dump() + " numbers");
  return values;
}

std::vector<std::int64_t> extents(const JsonView& view, const AttributeRule& rule, std::size_t count,
                                  std::string_view what) {
  const auto values = view.integers(count, static_cast<std::int64_t>(rule.least), static_cast<std::int64_t>(rule.most));
  if (values.size() != count) view.expected(what);
  return values;
}

std::string choice(const JsonView& view, const AttributeRule& rule) {
  const auto text = view.text();
  if (std::ranges::find(rule.options, text) == rule.options.end()) {
    std::string known;
    for (const auto& option : rule.options) known += (known.empty() ? "\"" : " or \"") + option + "\"";
    view.expected(known);
  }
  return text;
}

std::string text_of(const JsonView& view, const AttributeRule& rule) {
  if (rule.least == 0 && view.json() == "") return {};
  return view.text(static_cast<std::size_t>(rule.most));
}

Json attribute_value(const AttributeRule& rule, const JsonView& view) {
  const auto least = static_cast<std::int64_t>(rule.least), most = static_cast<std::int64_t>(rule.most);
  switch (rule.kind) {
    case AttributeRule::Kind::kInteger:
      return view.integer(least, most);
    case AttributeRule::Kind::kNumber: {
      const auto value = view.number();
      if (value < rule.least || value > rule.most)
        view.expected("a number from " + Json(rule.least).dump() + " to " + Json(rule.most).dump());
      return value;
    }
    case AttributeRule::Kind::kBoolean:
      return view.boolean();
    case AttributeRule::Kind::kChoice:
      return choice(view, rule);
    case AttributeRule::Kind::kPair:
      return extents(view, rule, 2, "a pair [vertical, horizontal]");
    case AttributeRule::Kind::kTriple:
      return extents(view, rule, 3, "a triple [depth, vertical, horizontal]");
    case AttributeRule::Kind::kNumbers:
      return numbers(view, rule);
    case AttributeRule::Kind::kIntegers:
      return view.integers(8, least, most);
    case AttributeRule::Kind::kText:
      return text_of(view, rule);
  }
  return {};
}

Json parse_attributes(const OperatorRule& rule, const Json& given, const std::string& path) {
  const JsonView view(given, path);
  std::vector<std::string> known;
  for (const auto& attribute : rule.attributes) known.emplace_back(attribute.name);
  for (const auto& [key, value] : view.any_object().json().items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse("attribute", path,
             "the operator '" + std::string(rule.name) + "' has no attribute '" + key.substr(0, 80) + "'",
             suggestion(key, known));
  Json result = Json::object();
  for (const auto& attribute : rule.attributes) {
    const std::string name(attribute.name);
    if (view.has(name)) {
      result[name] = attribute_value(attribute, view[name]);
    } else if (!attribute.fallback_from.empty()) {
      result[name] = result.at(std::string(attribute.fallback_from));
    } else if (!attribute.fallback.is_null()) {
      result[name] = attribute.fallback;
    } else {
      refuse("attribute", path, "the operator '" + std::string(rule.name) + "' needs the attribute '" + name + "'");
    }
  }
  return result;
}

std::string key_list(const OperatorRule& rule) {
  std::string text;
  for (const auto& parameter : rule.parameters) text += (text.empty() ? "" : ", ") + std::string(parameter.key);
  return text.empty() ? "none" : text;
}

// Parameter keys in the order of the operator's rule, whatever the order in the text.
std::vector<std::pair<std::string, std::string>> parse_keys(const OperatorRule& rule, const Json& given,
                                                            const std::string& path) {
  const JsonView view(given, path);
  for (const auto& [key, value] : view.any_object().json().items())
    if (!rule.parameter(key))
      refuse("slot", path,
             "the operator '" + std::string(rule.name) + "' has the parameters: " + key_list(rule) + "; found '" +
                 key.substr(0, 80) + "'");
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const auto& parameter : rule.parameters) {
    if (view.has(parameter.key))
      parameters.emplace_back(parameter.key, view[parameter.key].name());
    else if (parameter.required)
      refuse("slot", path,
             "the operator '" + std::string(rule.name) + "' needs the parameter '" + std::string(parameter.key) + "'");
  }
  return parameters;
}

NodeSpec parse_node(const JsonView& view) {
  view.object({"name", "op", "inputs"}, {"parameters", "attributes"});
  NodeSpec node{view["name"].name(), view["op"].text(), {}, {}, {}};
  const auto* rule = find_operator(node.op);
  if (!rule)
    refuse("operator", view["op"].path(), "the operator '" + node.op + "' is not known",
           suggestion(node.op, operator_names()));
  for (const auto& input : view["inputs"].items(kMostInputs)) node.inputs.push_back(input.name());
  if (node.inputs.size() < rule->least_inputs || node.inputs.size() > rule->most_inputs) {
    const bool exact = rule->least_inputs == rule->most_inputs;
    refuse("inputs", view["inputs"].path(),
           "the operator '" + node.op + "' takes " + std::to_string(rule->least_inputs) +
               (exact ? "" : " to " + std::to_string(rule->most_inputs)) + " inputs, found " +
               std::to_string(node.inputs.size()));
  }
  const Json nothing = Json::object();
  node.parameters =
      parse_keys(*rule, view.has("parameters") ? view["parameters"].json() : nothing, view.path() + ".parameters");
  node.attributes = parse_attributes(*rule, view.has("attributes") ? view["attributes"].json() : nothing,
                                     view.path() + ".attributes");
  return node;
}

bool role_fits(Role expected, Role found) {
  const bool table = expected == Role::kWeight || expected == Role::kClassToken || expected == Role::kPosition;
  return found == expected || (table && found == Role::kEmbedding);
}

// Reads one text; member functions stand in the order of the checks.
class Parser {
 public:
  explicit Parser(std::string_view text) : json_(parse_bounded_json(text, kMostText)) {}

  NetworkDescription parse() {
    const JsonView root(json_, "$");
    read(root);
    check_edges();
    sort_nodes();
    check_reachable();
    order_parameters();
    check_output(infer(net_, places_));
    net_.identity = hash_identity();
    validate_dialects(net_);
    return std::move(net_);
  }

 private:
  void read(const JsonView& root) {
    if (root.any_object().has("schema") && root["schema"].json() != "weightloom.network/1")
      refuse("schema", "$.schema",
             "expected \"weightloom.network/1\", found " + root["schema"].json().dump(-1, ' ', true).substr(0, 80));
    root.object({"schema", "architecture", "config", "task", "input", "output", "parameters", "nodes"}, {"dialects"});
    net_.architecture = root["architecture"].text(256);
    net_.config = root["config"].any_object().json();
    net_.task = root["task"].text();
    if (!find_task(net_.task))
      refuse("task", "$.task", "the task '" + net_.task + "' is not known; there are: " + list(task_names()),
             suggestion(net_.task, task_names()));
    net_.input = parse_input(root["input"]);
    net_.output = root["output"].name();
    for (const auto& view : root["parameters"].items(kMostNodes)) {
      net_.parameters.push_back(parse_parameter(view));
      if (!parameters_.emplace(net_.parameters.back().name, net_.parameters.size() - 1).second)
        refuse("duplicate_name", view.path(), "the parameter '" + net_.parameters.back().name + "' is declared twice");
    }
    values_.emplace(net_.input.name, kInput);
    for (const auto& view : root["nodes"].items(kMostNodes)) {
      net_.nodes.push_back(parse_node(view));
      if (!values_.emplace(net_.nodes.back().name, net_.nodes.size() - 1).second)
        refuse("duplicate_name", view.path(), "the value '" + net_.nodes.back().name + "' is declared twice");
    }
    if (root.has("dialects")) read_dialects(root["dialects"]);
  }

  void read_dialects(const JsonView& dialects) {
    for (const auto& view : dialects.items(64)) {
      view.object({"name", "rules"});
      view["rules"].items(kMostNodes);
      net_.dialects.push_back({view["name"].name(), view["rules"].json()});
    }
  }

  std::string place(std::size_t node) const {
    return "$.nodes[" + std::to_string(node) + "] '" + net_.nodes[node].name + "'";
  }

  template <typename Map>
  static std::vector<std::string> keys(const Map& map) {
    std::vector<std::string> names;
    for (const auto& [name, index] : map) names.push_back(name);
    std::sort(names.begin(), names.end());
    return names;
  }

  void check_edges() const {
    for (std::size_t i = 0; i < net_.nodes.size(); ++i) {
      const auto& node = net_.nodes[i];
      for (const auto& input : node.inputs)
        if (!values_.contains(input))
          refuse("unknown_value", place(i) + ".inputs", "no node or input is called '" + input + "'",
                 suggestion(input, keys(values_)));
      for (const auto& [key, name] : node.parameters) check_parameter(i, key, name);
    }
    if (!values_.contains(net_.output))
      refuse("unknown_value", "$.output", "no node is called '" + net_.output + "'",
             suggestion(net_.output, keys(values_)));
    if (net_.output == net_.input.name) refuse("output", "$.output", "expected a node, found the input");
  }

  void check_parameter(std::size_t node, const std::string& key, const std::string& name) const {
    const auto path = place(node) + ".parameters." + key;
    const auto found = parameters_.find(name);
    if (found == parameters_.end())
      refuse("unknown_parameter", path, "no parameter is called '" + name + "'", suggestion(name, keys(parameters_)));
    const auto* rule = find_operator(net_.nodes[node].op)->parameter(key);
    const auto role = net_.parameters[found->second].role;
    if (!rule->any_role && !role_fits(rule->role, role))
      refuse("role", path,
             "expected a parameter of role '" + std::string(role_name(rule->role)) + "', found '" + name +
                 "' of role '" + std::string(role_name(role)) + "'");
  }

  // Kahn's algorithm; among the nodes that are ready the one that was written first comes first.
  void sort_nodes() {
    const auto count = net_.nodes.size();
    std::vector<std::size_t> waiting(count, 0), order;
    std::vector<std::vector<std::size_t>> users(count);
    for (std::size_t i = 0; i < count; ++i)
      for (const auto& input : net_.nodes[i].inputs)
        if (const auto from = values_.at(input); from != kInput) {
          users[from].push_back(i);
          ++waiting[i];
        }
    std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>> ready;
    for (std::size_t i = 0; i < count; ++i)
      if (waiting[i] == 0) ready.push(i);
    while (!ready.empty()) {
      const auto node = ready.top();
      ready.pop();
      order.push_back(node);
      for (auto user : users[node])
        if (--waiting[user] == 0) ready.push(user);
    }
    if (order.size() != count) refuse_cycle(waiting);
    reorder_nodes(order);
  }

  [[noreturn]] void refuse_cycle(const std::vector<std::size_t>& waiting) const {
    auto node = static_cast<std::size_t>(std::find_if(waiting.begin(), waiting.end(), [](auto n) { return n > 0; }) -
                                         waiting.begin());
    std::vector<std::size_t> trail;
    while (std::find(trail.begin(), trail.end(), node) == trail.end() && trail.size() < 1000) {
      trail.push_back(node);
      for (const auto& input : net_.nodes[node].inputs)
        if (const auto from = values_.at(input); from != kInput && waiting[from] > 0) {
          node = from;
          break;
        }
    }
    const auto start = std::find(trail.begin(), trail.end(), node);
    std::string text = "'" + net_.nodes[node].name + "'";
    for (auto it = trail.end(); it != start && text.size() < 400;) text += " -> '" + net_.nodes[*--it].name + "'";
    refuse("cycle", place(node), "expected a graph without cycles, found " + text);
  }

  void reorder_nodes(const std::vector<std::size_t>& order) {
    std::vector<NodeSpec> sorted;
    for (auto node : order) places_.push_back(place(node));
    for (auto node : order) sorted.push_back(std::move(net_.nodes[node]));
    net_.nodes = std::move(sorted);
  }

  void check_reachable() const {
    std::unordered_set<std::string_view> used{net_.output};
    for (std::size_t i = net_.nodes.size(); i-- > 0;) {
      if (!used.contains(net_.nodes[i].name))
        refuse("unreachable", places_[i],
               "expected every node to contribute to the output '" + net_.output + "', found one that does not");
      for (const auto& input : net_.nodes[i].inputs) used.insert(input);
    }
    if (!used.contains(net_.input.name))
      refuse("unreachable", "$.input", "expected the output to depend on the input, found that it does not");
  }

  void order_parameters() {
    std::vector<ParameterSpec> ordered;
    std::unordered_set<std::string_view> seen;
    for (const auto& node : net_.nodes)
      for (const auto& [key, name] : node.parameters)
        if (seen.insert(name).second) ordered.push_back(net_.parameters[parameters_.at(name)]);
    for (std::size_t i = 0; i < net_.parameters.size(); ++i)
      if (!seen.contains(net_.parameters[i].name))
        refuse("unused_parameter", "$.parameters[" + std::to_string(i) + "]",
               "expected every parameter to be used by a node, found that '" + net_.parameters[i].name + "' is not");
    net_.parameters = std::move(ordered);
  }

  void check_output(const GraphFacts& facts) {
    const auto& shape = facts.shapes.at(net_.output);
    const auto& task = task_of(net_);
    if (shape.size() != task.rank)
      refuse("output", "$.output",
             "expected a value of shape " + std::string(task.output) + " for the task '" + net_.task + "', found " +
                 to_string(shape));
    net_.classes = shape[task.class_axis];
  }

  // nlohmann::json sorts keys, so that the order in which a configuration was written does not matter.
  std::string hash_identity() const {
    return to_hex(sha256(net_.architecture + "\n" + nlohmann::json(net_.config).dump()));
  }

  static constexpr std::size_t kInput = std::numeric_limits<std::size_t>::max();
  Json json_;
  NetworkDescription net_;
  std::unordered_map<std::string, std::size_t> parameters_, values_;
  std::vector<std::string> places_;  // of the sorted nodes in the text
};

}  // namespace

NetworkDescription parse_description(std::string_view json) {
  return Parser(json).parse();
}

}  // namespace weightloom
