#pragma once
// Shell-style patterns. Private to the module.

#include <string_view>

namespace weightloom {

// `*` any text (also across `/`), `?` one character, `[abc]`, `[a-z]`, `[!a]`, `[^a]` one of a set. Linear space, no
// recursion.
bool glob_matches(std::string_view pattern, std::string_view text);
// The same of paths, folder by folder: `*` stays within a name, `**` stands for any folders, or none.
bool path_matches(std::string_view pattern, std::string_view path);
// Can something below this folder match?
bool may_match_below(std::string_view pattern, std::string_view folder);

}  // namespace weightloom
