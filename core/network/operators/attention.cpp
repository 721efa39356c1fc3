#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

// The last axes of a mask are those of the scores, [..., heads, T, S]; each may be 1.
void check_mask(const NodeShapes& n, const Shape& scores) {
  const auto& mask = n.inputs[3];
  bool fits = mask.size() <= scores.size();
  for (std::size_t i = 1; fits && i <= mask.size(); ++i)
    fits = mask[mask.size() - i] == 1 || mask[mask.size() - i] == scores[scores.size() - i];
  if (!fits)
    refuse("shape", n.path,
           "expected a mask whose dimensions are those of the scores " + to_string(scores) + " or 1, found " +
               to_string(mask));
}

Shape attention_shape(const NodeShapes& n) {
  const auto &query = n.inputs[0], &key = n.inputs[1], &value = n.inputs[2];
  const auto rank = query.size();
  const auto heads = n.integer("heads"), key_heads = n.integer("key_heads");
  expect_division(n, "key_heads", key_heads, "heads", heads);
  bool fits = rank >= 2 && key.size() == rank && value == key;
  for (std::size_t i = 0; fits && i + 2 < rank; ++i) fits = key[i] == query[i];
  if (!fits || key.back() * (heads / key_heads) != query.back())
    refuse("shape", n.path,
           "expected query, key and value of one width (that of key and value heads / key_heads times less), key and "
           "value of one length, found " +
               to_string(query) + ", " + to_string(key) + " and " + to_string(value));
  expect_division(n, "heads", heads, "places of the width", query.back());
  if (n.inputs.size() == 4) {
    auto scores = query;
    scores.back() = query[rank - 2];
    scores[rank - 2] = heads;
    scores.push_back(key[rank - 2]);
    check_mask(n, scores);
  }
  return query;
}

std::vector<std::int64_t> attention_products(const NodeShapes& n, const Shape& output) {
  return {2, element_count(output), n.inputs[1][output.size() - 2]};
}

// Heads move as blocks, and the places inside where they do so in all heads alike: the width is [key heads, queries of
// a key head, head width] in query and output, [key heads, head width] in key and value. Key and value tokens are
// summed over, so they need to agree with each other only; a mask and a causal order tell them apart.
void attention_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto &query = n.inputs[0], &key = n.inputs[1], &value = n.inputs[2];
  const auto last = query.size() - 1;
  for (std::size_t i = 0; i <= last; ++i) classes.join(n.output[i], query[i]);
  for (std::size_t i = 0; i <= last; ++i) classes.join(key[i], value[i]);
  for (std::size_t i = 0; i + 2 <= last; ++i) classes.join(n.output[i], key[i]);
  const auto heads = n.node.attributes.at("heads").get<std::int64_t>(),
             key_heads = n.node.attributes.at("key_heads").get<std::int64_t>();
  const auto [outer, rest] = classes.cut(n.output[last], key_heads);
  const auto [key_outer, key_width] = classes.cut(key[last], key_heads);
  classes.join(outer, key_outer);
  classes.join(classes.cut(rest, heads / key_heads).second, key_width);
  const bool causal = n.node.attributes.at("causal").get<bool>();
  if (causal || n.inputs.size() == 4)
    for (const auto* axes : {&n.output, &key}) classes.fix((*axes)[last - 1]);
  if (n.inputs.size() < 4) return;
  const auto& mask = n.inputs[3];
  for (const auto& axis : mask) classes.fix(axis);
  // A mask of its own for each head, or for each window, keeps them in their places.
  if (mask.size() >= 3 && !mask[mask.size() - 3].empty())
    classes.fix(outer), classes.fix(classes.cut(rest, heads / key_heads).first);
  for (std::size_t i = 4; i <= mask.size(); ++i)
    if (!mask[mask.size() - i].empty()) classes.fix(n.output[n.output.size() + 1 - i]);
}

Shape rotary_shape(const NodeShapes& n) {
  if (n.input().size() < 2)
    refuse("shape", n.path, "expected an input of rank 2 or more, found " + to_string(n.input()));
  const auto heads = n.integer("heads"), width = n.integer("width");
  expect_division(n, "heads", heads, "places of the width", n.input().back());
  if (width % 2 != 0 || width > n.input().back() / heads)
    refuse("attribute", n.path + ".attributes.width",
           "expected an even number of at most the " + std::to_string(n.input().back() / heads) +
               " places of a head, found " + std::to_string(width));
  return n.input();
}

// Pairs of places turn together, each by its own angle, tokens by their place; heads are alike.
void rotary_flow(const NodeAxes& n, AxisClasses& classes) {
  elementwise_flow(n, classes);
  classes.fix(n.output[n.output.size() - 2]);
  classes.fix(classes.cut(n.output.back(), n.node.attributes.at("heads").get<std::int64_t>()).second);
}

}  // namespace

std::vector<OperatorDefinition> attention_operators() {
  const AttributeRule heads{"heads", Kind::kInteger, 1, kMostInteger};
  return {{{.name = "attention",
            .least_inputs = 3,
            .most_inputs = 4,
            .attributes = {heads,
                           {"key_heads", Kind::kInteger, 1, kMostInteger, nullptr, "heads"},
                           flag_rule("causal", false)},
            .feature = 5},
           attention_shape,
           attention_flow,
           attention_products},
          {{.name = "rotary_position",
            .attributes = {heads,
                           {"width", Kind::kInteger, 2, kMostInteger},
                           {"base", Kind::kNumber, 1, kMostNumber, 10000.0},
                           flag_rule("interleaved", false)}},
           rotary_shape,
           rotary_flow}};
}

}  // namespace weightloom
