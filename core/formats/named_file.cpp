#include "named_file.hpp"

#include <algorithm>
#include <system_error>

namespace weightloom {
namespace {
namespace fs = std::filesystem;

bool is_below(const fs::path& folder, const fs::path& file) {
  const auto [end, at] = std::ranges::mismatch(folder, file);
  return end == folder.end() && at != file.end();
}

}  // namespace

bool lies_with(const fs::path& index, const fs::path& file) {
  std::error_code error;
  const auto target = fs::canonical(file, error);
  if (error) return false;
  const auto folder = fs::canonical(index.has_parent_path() ? index.parent_path() : fs::path("."), error);
  if (is_below(folder, target) || is_below(fs::canonical(index, error).parent_path(), target)) return true;
  for (auto at = folder; at.has_relative_path(); at = at.parent_path())
    if (at.filename() == "snapshots") return target.parent_path() == at.parent_path() / "blobs";
  return false;
}

}  // namespace weightloom
