#pragma once
// Where results may be put. [any-thread]

#include <filesystem>

namespace weightloom {

// Throws kUsage "zoo.own_folder" when `path` is or lies in a folder that is a zoo's own, or that of backups (objects/,
// db/, ...): collecting garbage, and the next backup, remove what they do not know there.
void expect_outside_zoos(const std::filesystem::path& path);

}  // namespace weightloom
