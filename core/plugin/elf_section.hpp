#pragma once
// Reads one section of a shared object without loading it. The file may be hostile.

#include <optional>
#include <string>
#include <string_view>

#include "weightloom/base/file.hpp"

namespace weightloom {

// The bytes of the first section called `name`, nullopt when there is none. Throws kRefused "elf.*" when the file is
// not a 64-bit little-endian shared object for this machine, its tables leave the file, or the section is larger than
// `limit` bytes.
std::optional<std::string> read_elf_section(const FileReader& file, std::string_view name, std::uint64_t limit);

}  // namespace weightloom
