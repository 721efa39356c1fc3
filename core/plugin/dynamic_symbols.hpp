#pragma once
// What a shared object exports and needs, read from the file.

#include <string>
#include <vector>

#include "weightloom/base/file.hpp"

namespace weightloom {

// Names of defined dynamic symbols. Throws kRefused "elf.*" like read_elf_section().
std::vector<std::string> exported_symbols(const FileReader& file);
// Names of the libraries that the dynamic loader will look for.
std::vector<std::string> needed_libraries(const FileReader& file);

}  // namespace weightloom
