#pragma once
// Files that another file names: the shards of an index or a manifest. Private to the module.

#include <filesystem>

namespace weightloom {

// Does `file`, which `index` names, lie in the folder of the index, or below? A link may lead to such a file, to one
// beside the file that the index is a link to, and from a snapshot of the Hugging Face hub's cache
// (models--a--b/snapshots/REVISION/...) into the blobs that it is made of.
bool lies_with(const std::filesystem::path& index, const std::filesystem::path& file);

}  // namespace weightloom
