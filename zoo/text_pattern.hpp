#pragma once
// Regular expressions of queries. Private to the module.

#include <regex>
#include <string>
#include <string_view>

namespace weightloom {

// ECMAScript without back references, looked for anywhere in a text, in time linear in it.
class TextPattern {
 public:
  // Throws std::regex_error.
  explicit TextPattern(const std::string& expression);
  bool is_in(std::string_view text) const;

 private:
  std::regex here_, ahead_;
};

}  // namespace weightloom
