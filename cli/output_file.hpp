#pragma once
// Files that commands write.

#include <filesystem>

namespace weightloom::cli {

// Throws kUsage "output.exists" when something is there that is neither weights nor an array: a slip of the hand must
// not cost another file; and kUsage "zoo.own_folder" in a zoo's own folders.
void expect_replaceable(const std::filesystem::path& out);
// The same for anything but a drawing.
void expect_drawable(const std::filesystem::path& out);

}  // namespace weightloom::cli
