#include <cstdlib>

#include "source_reader.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

void read_ten_class_idx(const fs::path& folder, const ImageSink& sink, Sha256& hash) {
  read_idx_folder(folder, 10, sink, hash);
}

std::vector<fs::path> data_folders() {
  std::vector<fs::path> out;
  if (const char* chosen = std::getenv("WEIGHTLOOM_DATA"); chosen && *chosen) out.emplace_back(chosen);
  out.emplace_back("data");
  if (const char* home = std::getenv("HOME"); home && *home) out.push_back(fs::path(home) / ".cache/weightloom/data");
  out.emplace_back("/usr/share/datasets");
  return out;
}

}  // namespace

const std::vector<KnownSource>& known_sources() {
  static const std::vector<KnownSource> sources{
      {"mnist",
       {"zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"},
       60'000,
       10'000,
       read_ten_class_idx,
       idx_folder_present},
      {"fashion-mnist",
       {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"},
       60'000,
       10'000,
       read_ten_class_idx,
       idx_folder_present},
      {"cifar10",
       {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
       50'000,
       10'000,
       read_cifar_folder,
       cifar_folder_present}};
  return sources;
}

fs::path locate(const KnownSource& source) {
  for (const auto& folder : data_folders())
    if (source.present(folder / source.name)) return folder / source.name;
  return {};
}

std::string how_to_get(const KnownSource& source) {
  return "scripts/fetch_data.sh " + source.name;
}

std::vector<DataSource> list_data_sources() {
  std::vector<DataSource> out;
  for (const auto& source : known_sources()) {
    const auto location = locate(source);
    out.push_back({source.name, !location.empty(), location, static_cast<std::int64_t>(source.classes.size()),
                   source.train, source.test, how_to_get(source)});
  }
  return out;
}

}  // namespace weightloom
