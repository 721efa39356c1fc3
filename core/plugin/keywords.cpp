#include "keywords.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"

namespace weightloom {

std::vector<std::string> keywords_of(const Json& schema) {
  constexpr std::size_t kMost = 64, kLongest = 64;
  const auto found = schema.find("keywords");
  if (found == schema.end()) return {};
  const bool fits = found->is_array() && found->size() <= kMost && std::ranges::all_of(*found, [](const Json& word) {
                      return word.is_string() && !word.get_ref<const std::string&>().empty() &&
                             word.get_ref<const std::string&>().size() <= kLongest;
                    });
  if (!fits)
    throw Error(ErrorCode::kPlugin, "plugin.contract", "'keywords' of the schema is not acceptable",
                "it is no list of at most 64 texts of 1 to 64 bytes");
  return *found;
}

}  // namespace weightloom
