#pragma once
// Where results may be put. [any-thread]

#include <filesystem>

namespace weightloom {

// Throws kUsage "zoo.own_folder" when `path` is or lies in a folder that is a zoo's own (objects/, db/, ...):
// collecting garbage removes what it does not know there.
void expect_outside_zoos(const std::filesystem::path& path);

}  // namespace weightloom
