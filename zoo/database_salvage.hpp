#pragma once
// What can still be read of a database whose tables are damaged. Private to the module.

#include <cstddef>
#include <filesystem>
#include <string>

#include "database.hpp"

namespace weightloom {

// Makes a new database at `path` of what `from` says of each key that its tables still tell. Not in it is what a
// damaged block says last; what has been written over or erased since stays so. Returns the keys that could not be
// copied, as far as any table tells them. Throws kDamaged where it is not told any more what zoo it is, and what
// writing throws.
std::size_t salvage(const Database& from, const std::filesystem::path& path);
// That this was done with `which`, for people.
std::string told_of_salvage(const std::string& which, std::size_t lost);

}  // namespace weightloom
