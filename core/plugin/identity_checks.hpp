#pragma once
// The checks that the identity record and the entry table share.

#include <string>
#include <string_view>

#include "mismatches.hpp"

namespace weightloom {

// Bytes of a file as text for a message: what is not printable ASCII is escaped.
std::string printable(std::string_view bytes);

void check_abi(int major, int minor, Mismatches& mismatches);
void check_id(std::string_view id, Mismatches& mismatches);
// Present and valid UTF-8 without control characters.
void check_text(const char* what, std::string_view text, Mismatches& mismatches);

}  // namespace weightloom
