#pragma once
// Names and settings as people spell them, led back to one word.

#include <functional>
#include <string>
#include <string_view>

namespace weightloom {

// With names that are spelled out, or cut by a hyphen or a blank, as one word: "m-n-i-s-t", "C.I.F.A.R. ten", "v i t",
// "shuffle-net", "efficient net". `is_name` is asked of words in lower case, and of two with a blank between them,
// which stay as they are where both are a name: "dense net".
std::string with_names_joined(std::string_view text, const std::function<bool(const std::string&)>& is_name);

// With what is set in forms as depth and width: "d=4", "w: 64", "layers: 5", "units per layer: 64".
std::string with_settings_in_full(std::string_view text);

}  // namespace weightloom
