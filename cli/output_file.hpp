#pragma once
// Files that commands write.

#include <filesystem>
#include <set>
#include <string>

namespace weightloom::cli {

// Throws kUsage "output.exists" when something is there that is neither weights nor an array, or a bundle: a slip of
// the hand must not cost another file; and kUsage "zoo.own_folder" in a zoo's own folders.
void expect_replaceable(const std::filesystem::path& out);
// For a bundle of the networks with these ids: throws the same where something else is there, or a bundle that holds
// more than these.
void expect_bundle_replaceable(const std::filesystem::path& out, const std::set<std::string>& ids);
// The same for anything but a drawing.
void expect_drawable(const std::filesystem::path& out);

}  // namespace weightloom::cli
