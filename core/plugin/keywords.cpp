#include "keywords.hpp"

#include <algorithm>
#include <cctype>

#include "weightloom/base/error.hpp"

namespace weightloom {

namespace {

// Letters of other scripts are bytes beyond ASCII.
bool has_letter(const std::string& text) {
  return std::ranges::any_of(text, [](unsigned char c) { return c >= 0x80 || std::isalpha(c) != 0; });
}

}  // namespace

std::vector<std::string> keywords_of(const Json& schema) {
  constexpr std::size_t kMost = 64, kLongest = 64;
  const auto found = schema.find("keywords");
  if (found == schema.end()) return {};
  const bool fits = found->is_array() && found->size() <= kMost && std::ranges::all_of(*found, [](const Json& word) {
                      return word.is_string() && word.get_ref<const std::string&>().size() <= kLongest &&
                             has_letter(word.get_ref<const std::string&>());
                    });
  if (!fits)
    throw Error(ErrorCode::kPlugin, "plugin.contract", "'keywords' of the schema is not acceptable",
                "it is no list of at most 64 texts of 1 to 64 bytes, with a letter in each");
  return *found;
}

}  // namespace weightloom
