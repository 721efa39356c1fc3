#include "cli/json_text.hpp"

#include <algorithm>
#include <cmath>

#include "weightloom/base/text.hpp"

namespace weightloom::cli {
namespace {

bool is_finite(const Json& value) {
  if (value.is_number_float()) return std::isfinite(value.get<double>());
  return !value.is_structured() || std::ranges::all_of(value, is_finite);
}

Json with_named_non_finite(const Json& value) {
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::isfinite(number)) return value;
    return std::isnan(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
  }
  if (!value.is_structured()) return value;
  Json copy = value.is_object() ? Json::object() : Json::array();
  if (value.is_object())
    for (const auto& [key, member] : value.items()) copy[key] = with_named_non_finite(member);
  else
    for (const auto& element : value) copy.push_back(with_named_non_finite(element));
  return copy;
}

}  // namespace

std::string json_text(const Json& value, int indent) {
  if (!is_finite(value)) return json_text(with_named_non_finite(value), indent);
  const auto dumped = [&](bool ascii) { return value.dump(indent, ' ', ascii, Json::error_handler_t::replace); };
  // JSON asks for escapes below U+0020 alone; in ASCII form the library escapes all the others, U+007F too.
  const auto text = dumped(false);
  return printable_lines(text) == text ? text : dumped(true);
}

}  // namespace weightloom::cli
