#include "cli/output_file.hpp"

#include <algorithm>
#include <array>
#include <regex>
#include <span>
#include <string>
#include <string_view>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weightloom/zoo/bundle.hpp"
#include "weightloom/zoo/place.hpp"

namespace weightloom::cli {
namespace {
namespace fs = std::filesystem;

bool is_drawing(const fs::path& path) {
  constexpr std::string_view kBeginning = "<svg";
  const FileReader file(path);
  if (file.size() < kBeginning.size()) return false;
  std::array<char, kBeginning.size()> beginning{};
  file.read(0, std::as_writable_bytes(std::span(beginning)));
  return std::string_view(beginning.data(), beginning.size()) == kBeginning;
}

// The index of a sharded set that names this file as one of its shards; empty: none does.
fs::path index_over(const fs::path& out) {
  static const std::regex kShard(R"(.*-\d+-of-\d+\.\w+)");
  constexpr std::string_view kIndex = ".json";
  const auto name = out.filename().string();
  if (!std::regex_match(name, kShard)) return {};
  std::error_code error;
  const fs::directory_iterator files(out.has_parent_path() ? out.parent_path() : ".", error), end;
  const auto found = std::find_if(files, end, [&](const fs::directory_entry& file) {
    return file.path().native().ends_with(kIndex) && file.is_regular_file(error) &&
           shard_names(file.path()).contains(name);
  });
  return found == end ? fs::path() : found->path();
}

void expect_ours(const fs::path& out, bool (*is_ours)(const fs::path&), const std::string& why) {
  expect_outside_zoos(out);
  std::error_code error;
  if (!fs::is_regular_file(out, error)) return;
  const auto refuse = [&](const std::string& because) {
    throw Error(ErrorCode::kUsage, "output.exists", "will not write over '" + out.string() + "'", because,
                "choose another file, or remove that one first")
        .at(out.string());
  };
  constexpr auto kWritable = fs::perms::owner_write | fs::perms::group_write | fs::perms::others_write;
  if ((fs::status(out, error).permissions() & kWritable) == fs::perms::none) refuse("it is write-protected");
  if (fs::file_size(out, error) > 0 && !is_ours(out)) refuse(why);
  if (const auto index = index_over(out); !index.empty())
    refuse("it is a shard of the network whose index is '" + index.string() + "'");
}

}  // namespace

void expect_replaceable(const fs::path& out) {
  expect_ours(out, begins_as_weights, "it is no weights file");
  expect_ours(
      out, [](const fs::path& file) { return !is_bundle(file); }, "it is a bundle of networks");
}

void expect_bundle_replaceable(const fs::path& out, const std::set<std::string>& ids) {
  expect_ours(out, is_bundle, "it is no bundle");
  const auto there = is_bundle(out) ? networks_in_bundle(out) : std::vector<ZooRecord>();
  const auto lost = std::ranges::find_if(there, [&](const ZooRecord& record) { return !ids.contains(record.id); });
  if (lost != there.end())
    throw Error(ErrorCode::kUsage, "output.exists", "will not write over '" + out.string() + "'",
                "it is a bundle that holds '" + lost->name + "', which the new one would not",
                "choose another file, or remove that one first")
        .at(out.string());
}

void expect_drawable(const fs::path& out) {
  expect_ours(out, is_drawing, "it is no drawing of ours");
}

}  // namespace weightloom::cli
