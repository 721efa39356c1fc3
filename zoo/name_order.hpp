#pragma once
// The names of a zoo in natural order, read from its index of names. Private to the module.

#include <cstddef>
#include <string>
#include <vector>

#include "database.hpp"

namespace weightloom {

struct NamedId {
  std::string name, raw;  // the bytes of the id
};
// The first `limit` names of networks in natural order (natural_less(), then by id). Reads about what comes before them
// and the numbers that stand side by side, not all names.
std::vector<NamedId> first_names(const Database& database, std::size_t limit);

}  // namespace weightloom
