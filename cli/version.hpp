#pragma once
// What `weightloom --version` says.

#include <string>

#include "weightloom/base/json.hpp"

namespace weightloom::cli {

// Schema weightloom.version/1: version, compiler, build type, libraries by name.
Json version_json();
std::string version_text();

}  // namespace weightloom::cli
