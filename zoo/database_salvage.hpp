#pragma once
// What can still be read of a database whose tables are damaged. Private to the module.

#include <cstddef>

#include "database.hpp"

namespace weightloom {

// Copies into an empty database what `from` says of each key that its tables still tell. Not copied is what a damaged
// block says last; what has been written over or erased since stays so. Returns the keys that could not be copied, as
// far as any table tells them. Throws what writing throws.
std::size_t salvage(const Database& from, Database& to);

}  // namespace weightloom
