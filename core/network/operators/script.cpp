// A node whose body is TorchScript: what is known of it is what it declares.

#include <map>
#include <optional>

#include "families.hpp"
#include "rules.hpp"

namespace weightloom {
namespace {

using Kind = AttributeRule::Kind;

constexpr double kMostCode = 16 << 10;
constexpr double kMostAxes = 256;
constexpr std::size_t kMostScriptInputs = 8;

// The axes of one operand or of the output, a character each: a letter is an axis whose places the code treats alike,
// wherever the letter stands; a dot is any other.
using AxisLetters = std::string;

struct ScriptAxes {
  std::vector<AxisLetters> operands;  // inputs, then parameters
  AxisLetters output;
};

// "ct,c->ct"; nothing when the text has another form.
std::optional<ScriptAxes> parse_axes(std::string_view text) {
  const auto arrow = text.find("->");
  if (arrow == std::string_view::npos) return std::nullopt;
  ScriptAxes axes{{""}, std::string(text.substr(arrow + 2))};
  for (const char c : text.substr(0, arrow))
    c == ',' ? void(axes.operands.emplace_back()) : axes.operands.back().push_back(c);
  const auto only_axes = [](const AxisLetters& letters) {
    return std::ranges::all_of(letters,
                               [](char c) { return c == '.' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); });
  };
  if (!std::ranges::all_of(axes.operands, only_axes) || !only_axes(axes.output)) return std::nullopt;
  return axes;
}

// What `axes` says, or that no axis is independent.
ScriptAxes axes_of(const NodeSpec& node, std::size_t operands) {
  const auto text = node.attributes.at("axes").get<std::string>();
  if (text.empty()) return {std::vector<AxisLetters>(operands), {}};
  return parse_axes(text).value();
}

// Every letter stands for one length.
class LetterLengths {
 public:
  explicit LetterLengths(const NodeShapes& n) : path_(n.path + ".attributes.axes") {}

  void check(const AxisLetters& letters, const Shape& shape, const std::string& what) {
    if (letters.size() != shape.size())
      refuse("attribute", path_,
             "expected a letter or a dot for each axis of " + what + ", which has the shape " + to_string(shape) +
                 ", found '" + letters + "'");
    for (std::size_t i = 0; i < shape.size(); ++i) {
      if (letters[i] == '.') continue;
      const auto [length, fresh] = lengths_.emplace(letters[i], shape[i]);
      if (!fresh && length->second != shape[i])
        refuse("attribute", path_,
               "expected axes of one length at the letter '" + std::string(1, letters[i]) + "', found " +
                   std::to_string(length->second) + " and " + std::to_string(shape[i]));
    }
  }

 private:
  std::string path_;
  std::map<char, std::int64_t> lengths_;
};

Shape script_shape(const NodeShapes& n) {
  const Shape shape = n.integers("shape");
  check_shape_limits(shape, n.path + ".attributes.shape");
  const auto text = n.node.attributes.at("axes").get<std::string>();
  if (text.empty()) return shape;
  const auto axes = parse_axes(text);
  if (!axes || axes->operands.size() != n.inputs.size() + n.parameters.size())
    refuse("attribute", n.path + ".attributes.axes",
           "expected letters and dots for each of the " + std::to_string(n.inputs.size() + n.parameters.size()) +
               " inputs and parameters and for the output, such as \"ct,c->ct\", found \"" + text + "\"");
  LetterLengths lengths(n);
  auto operand = axes->operands.begin();
  for (const auto& input : n.inputs) lengths.check(*operand++, input, "an input");
  for (const auto& [key, parameter] : n.parameters) lengths.check(*operand++, parameter, std::string(key));
  lengths.check(axes->output, shape, "the output");
  return shape;
}

// Axes of one letter are the same; those without one stay as they are.
void script_flow(const NodeAxes& n, AxisClasses& classes) {
  const auto axes = axes_of(n.node, n.inputs.size() + n.parameters.size());
  std::map<char, Axis> first;
  const auto flow = [&](const AxisLetters& letters, std::span<const Axis> of_value) {
    for (std::size_t i = 0; i < of_value.size(); ++i) {
      if (of_value[i].empty()) continue;
      if (letters.empty() || letters[i] == '.')
        classes.fix(of_value[i]);
      else if (const auto [place, fresh] = first.emplace(letters[i], of_value[i]); !fresh)
        classes.join(place->second, of_value[i]);
    }
  };
  auto operand = axes.operands.begin();
  for (const auto& input : n.inputs) flow(*operand++, input);
  for (const auto& [key, parameter] : n.parameters) flow(*operand++, parameter);
  flow(axes.output, n.output);
}

std::vector<ParameterRule> script_parameters() {
  std::vector<ParameterRule> rules;
  for (const std::string_view key : {"a", "b", "c", "d", "e", "f", "g", "h"})
    rules.push_back({.key = key, .role = Role::kWeight, .required = false, .any_role = true});
  return rules;
}

}  // namespace

std::vector<OperatorDefinition> script_operators() {
  return {{{.name = "script",
            .most_inputs = kMostScriptInputs,
            .parameters = script_parameters(),
            .attributes = {{.name = "code", .kind = Kind::kText, .least = 1, .most = kMostCode},
                           {.name = "shape", .kind = Kind::kIntegers, .least = 1, .most = kMostInteger},
                           {.name = "axes", .kind = Kind::kText, .least = 0, .most = kMostAxes, .fallback = ""}}},
           script_shape,
           script_flow}};
}

}  // namespace weightloom
