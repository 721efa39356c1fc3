// The table of operators is the one truth: the executor, the SDK's builder and the document agree with it.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "../../core/runtime/operators.hpp"
#include "weightloom/network/operators.hpp"
#include "weightloom/sdk/network.hpp"

using namespace weightloom;
using Names = std::set<std::string>;

namespace {

Names table_names() {
  const auto names = operator_names();
  return {names.begin(), names.end()};
}

Names parameter_keys(const OperatorRule& rule) {
  Names keys;
  for (const auto& parameter : rule.parameters) keys.emplace(parameter.key);
  return keys;
}

Names attribute_names(const OperatorRule& rule) {
  Names names;
  for (const auto& attribute : rule.attributes) names.emplace(attribute.name);
  return names;
}

// A network in which every function of the builder has its turn.
sdk::Network every_operator() {
  sdk::NetworkBuilder net;
  auto x = net.conv2d("conv", net.image(4, 8, 8), {.out = 4, .kernel = 3, .padding = 1});
  x = net.group_norm("groups", net.batch_norm("batch", x), 2);
  x = net.stochastic_depth(net.dropout(net.scale(net.relu(x), 2), 0.1), 0.1);
  x = net.hardswish(net.sigmoid(net.tanh(net.silu(net.gelu(x)))));
  x = net.mish(net.softplus(net.hardsigmoid(net.relu6(net.gelu_tanh(x)))));
  x = net.clamp(net.elu(net.leaky_relu(net.prelu("prelu", net.affine("affine", x, 0)))), -1, 1);
  x = net.add(x, net.mul(x, net.avg_pool(x, {.kernel = 1})));
  x = net.pad(net.slice(net.max_pool(net.concat({x, x}, 0), {.kernel = 2}), 0, 0, 8), {0, 0, 0}, {0, 0, 0});
  x = net.resize(net.conv_transpose2d("up", x, {.out = 8, .kernel = 2, .stride = 2}), 4);
  x = net.reshape(net.conv3d("deep", net.reshape(x, {8, 1, 4, 4}), {.out = 8}), {8, 4, 4});
  auto tokens = net.permute(net.conv1d("line", net.reshape(x, {8, 16}), {.out = 8}), {1, 0});
  tokens = net.gru("gru", net.lstm("lstm", tokens, {.units = 8}), {.units = 8});
  tokens = net.add_position("position", net.prepend_token("token", net.rms_norm("root", tokens)));
  const auto turned = net.rotary_position(tokens, {.heads = 2});
  tokens = net.softmax(net.attention(turned, tokens, net.layer_norm("layer", tokens), 2), 1);
  tokens = net.matmul(tokens, net.embedding("words", net.constant({8}, {1}), {.words = 2, .width = 8}));
  const auto pooled = net.add(net.global_avg_pool(x), net.global_max_pool(x));
  std::vector<std::string> read;
  for (const auto* key : {"a", "b", "c", "d", "e", "f", "g", "h"})
    read.push_back(net.raw_parameter(std::string("script.") + key, {1}, "scale", sdk::Init::ones()));
  const std::string code = "def forward(x, a, b, c, d, e, f, g, h):\n  return x * a * b * c * d * e * f * g * h\n";
  tokens = net.script("script", {tokens}, {.code = code, .shape = tokens.shape, .axes = "", .parameters = read});
  const auto ends = net.add(net.select(tokens, 0, 0), net.mean(tokens, 0));
  return net.classifier("head", net.flatten(net.add(pooled, ends)), 3);
}

Names keys_of(const Json& node, const char* member) {
  Names keys;
  if (node.contains(member))
    for (const auto& item : node.at(member).items()) keys.insert(item.key());
  return keys;
}

struct Row {
  std::string parameters, attributes;
};

// The rows of the document's table by operator; a row may name several.
std::map<std::string, Row> document_rows() {
  std::ifstream file(std::string(std::getenv("WEIGHTLOOM_SOURCE")) + "/docs/network_description.md");
  std::map<std::string, Row> rows;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("| op |")) inside = true;
    if (!inside || line.starts_with("|---") || line.starts_with("| op |")) continue;
    if (!line.starts_with("|")) break;
    std::vector<std::string> cells;
    std::istringstream parts(line);
    for (std::string cell; std::getline(parts, cell, '|');) cells.push_back(cell);
    const std::regex word("[a-z0-9_]+");
    for (std::sregex_iterator it(cells.at(1).begin(), cells.at(1).end(), word), end; it != end; ++it)
      rows[it->str()] = {cells.at(3), cells.at(4)};
  }
  return rows;
}

// Words before "[" in the parameters' cell; in the attributes' cell, what stands at the start and after commas outside
// brackets.
Names documented_parameters(const std::string& cell) {
  Names names;
  const std::regex name("([a-z_]+) \\[");
  for (std::sregex_iterator it(cell.begin(), cell.end(), name), end; it != end; ++it) names.insert((*it)[1]);
  return names;
}

Names documented_attributes(const std::string& cell) {
  Names names;
  const std::string flat = std::regex_replace(cell, std::regex("\\[[^\\]]*\\]|\\([^)]*\\)"), "");
  const std::regex name("(^|,) *([a-z_]+)");
  for (std::sregex_iterator it(flat.begin(), flat.end(), name), end; it != end; ++it) names.insert((*it)[2]);
  return names;
}

}  // namespace

TEST_CASE("the executor knows exactly the operators of the table", "[operator_table]") {
  const auto known = executable_operators();
  CHECK(Names(known.begin(), known.end()) == table_names());
}

TEST_CASE("the SDK writes exactly the operators of the table, with all keys and attributes", "[operator_table]") {
  const auto json = Json::parse(every_operator().to_json("org.example.all", sdk::Json::Object{}).dump());
  Names seen;
  for (const auto& node : json.at("nodes")) {
    const std::string op = node.at("op");
    INFO(op);
    const auto* rule = find_operator(op);
    REQUIRE(rule != nullptr);
    seen.insert(op);
    CHECK(keys_of(node, "parameters") == parameter_keys(*rule));
    CHECK(keys_of(node, "attributes") == attribute_names(*rule));
  }
  CHECK(seen == table_names());
}

TEST_CASE("the document describes exactly the operators of the table, with all keys, attributes and defaults",
          "[operator_table]") {
  const auto rows = document_rows();
  Names documented;
  for (const auto& [op, row] : rows) documented.insert(op);
  CHECK(documented == table_names());
  for (const auto& [op, row] : rows) {
    INFO(op);
    const auto* rule = find_operator(op);
    if (!rule) continue;
    CHECK(documented_parameters(row.parameters) == parameter_keys(*rule));
    CHECK(documented_attributes(row.attributes) == attribute_names(*rule));
    for (const auto& attribute : rule->attributes) {
      INFO(attribute.name);
      const std::string name(attribute.name);
      const std::string fallback = !attribute.fallback_from.empty()
                                       ? " (= " + std::string(attribute.fallback_from) + ")"
                                   : attribute.fallback.is_null()     ? " (required)"
                                   : attribute.fallback == Json(1e-5) ? " 1e-5"
                                                                      : " " + attribute.fallback.dump();
      CHECK(row.attributes.find(name + fallback) != std::string::npos);
    }
  }
}

TEST_CASE("every operator feature belongs to one operator", "[operator_table]") {
  std::set<std::size_t> features;
  for (const auto& name : operator_names())
    if (const auto feature = find_operator(name)->feature) CHECK(features.insert(*feature).second);
  CHECK(features.size() == kOperatorFeatures);
  CHECK(*features.rbegin() == kOperatorFeatures - 1);
}
