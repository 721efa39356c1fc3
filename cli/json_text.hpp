#pragma once
// JSON as the command line writes it.

#include <string>

#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// One line (indent < 0) or indented. Numbers that JSON cannot say become the strings "NaN", "Infinity", "-Infinity";
// bytes that are not UTF-8 become U+FFFD. What printable() would change is escaped, so JSON is safe on a terminal too.
std::string json_text(const Json& value, int indent = -1);

}  // namespace weightloom::cli
