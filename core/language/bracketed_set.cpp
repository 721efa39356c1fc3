#include "bracketed_set.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "characters.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

// Of a number that no set has so many classes for.
constexpr std::size_t kLongestNumber = 6;

Error not_these(const std::string& what, const std::string& why) {
  return {ErrorCode::kUsage, "instruction.classes", what, why,
          "name two of its classes or more, or one and \"rest\", or the whole set"};
}

// And all braces as brackets.
std::string in_lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    if (c == '{' || c == '}') c = c == '{' ? '[' : ']';
  }
  return out;
}

// "3, 8" and "7,rest", part by part; nothing of anything else.
std::vector<std::string> parts_of(std::string_view list) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= list.size();) {
    const auto end = std::min(list.find(',', begin), list.size());
    auto part = list.substr(begin, end - begin);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    const bool number = !part.empty() && part.size() <= kLongestNumber && std::ranges::all_of(part, is_digit);
    if (!number && part != "rest") return {};
    parts.emplace_back(part);
    begin = end + 1;
  }
  return parts;
}

// "Fashion mnist" and "fashion_mnist" beside the name itself.
bool ends_with_name(std::string_view text, std::string name) {
  if (text.ends_with(name)) return true;
  for (const char between : {' ', '_'}) {
    auto other = name;
    std::ranges::replace(other, '-', between);
    if (text.ends_with(other)) return true;
  }
  return false;
}

std::optional<Reading> classes_in(std::string_view list, const Card& card) {
  const auto parts = parts_of(list);
  if (parts.empty()) return std::nullopt;
  Reading out{.source = card.name, .certainty = 1, .because = {card.name}};
  for (const auto& part : parts) {
    if (part == "rest") {
      out.rest = true;
      continue;
    }
    const std::int64_t c = std::stoll(part);
    if (c >= static_cast<std::int64_t>(card.classes.size()))
      throw not_these("'" + card.name + "' has no class " + part,
                      "it has " + std::to_string(card.classes.size()) + ", counted from 0");
    if (std::ranges::find(out.classes, c) == out.classes.end()) out.classes.push_back(c);
    out.because.push_back(part);
  }
  if (out.classes.empty() || out.classes.size() + (out.rest ? 1 : 0) < 2)
    throw not_these("the instruction names nothing of '" + card.name + "' but one class",
                    "one class alone leaves nothing to tell apart");
  if (out.classes.size() == card.classes.size()) out = {.source = card.name, .certainty = 1, .because = {card.name}};
  return out;
}

}  // namespace

std::optional<Reading> bracketed_set(std::string_view instruction, const std::vector<Card>& cards) {
  const auto text = in_lower_case(instruction);
  for (auto open = text.find('['); open != std::string::npos; open = text.find('[', open + 1)) {
    const auto close = text.find(']', open);
    if (close == std::string::npos) return std::nullopt;
    auto before = std::string_view(text).substr(0, open);
    if (before.ends_with(' ')) before.remove_suffix(1);
    const Card* longest = nullptr;  // "fashion-mnist" ends in "mnist"
    for (const Card& card : cards)
      if (ends_with_name(before, in_lower_case(card.name)) && (!longest || card.name.size() > longest->name.size()))
        longest = &card;
    if (!longest) continue;
    if (auto found = classes_in(std::string_view(text).substr(open + 1, close - open - 1), *longest)) return found;
  }
  return std::nullopt;
}

}  // namespace weightloom
