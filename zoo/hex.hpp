#pragma once
// Ids are lower-case hex digits outside and raw bytes in keys. Private to the module.

#include <string>
#include <string_view>

namespace weightloom {

bool is_hex(std::string_view text);
std::string raw_id(std::string_view hex);
std::string hex_id(std::string_view raw);

}  // namespace weightloom
