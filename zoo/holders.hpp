#pragma once
// Which networks objects belong to. Private to the module.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "database.hpp"

namespace weightloom {

// The names of the networks that use one of these objects, or stand on one; "NAME (in the trash)" for those there. The
// id of a network whose record cannot be read.
std::vector<std::string> holders_of(const Database& database, const std::set<std::string>& objects);

// The objects that should be files below the folder and are not there, or have another size.
std::set<std::string> lost_files(const std::filesystem::path& store, const Database& database);

}  // namespace weightloom
