#pragma once
// JSON of facts whose objects name a key twice, of which only one value would count. Private to the module.

#include <filesystem>
#include <string_view>

namespace weightloom {

// `text` is the JSON, which is known to be well-formed, of `file`. Throws kRefused "facts.value".
void expect_unique_keys(std::string_view text, const std::filesystem::path& file);

}  // namespace weightloom
