#pragma once
// The checks that the identity record and the entry table share.

#include <string>
#include <string_view>

#include "mismatches.hpp"

namespace weightloom {

// "org.example.name": two names or more, joined by dots, each a lower-case letter and then such letters, digits and
// underscores.
bool is_plugin_id(std::string_view id);

void check_abi(int major, int minor, Mismatches& mismatches);
void check_id(std::string_view id, Mismatches& mismatches);
// Present, and is_printable().
void check_text(const char* what, std::string_view text, Mismatches& mismatches);

}  // namespace weightloom
