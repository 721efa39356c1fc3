#include <cstdlib>
#include <numeric>

#include "source_reader.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

void read_numbered_idx(const fs::path& folder, std::int64_t classes, const ImageSink& sink, Sha256& hash) {
  std::vector<std::int64_t> labels(static_cast<std::size_t>(classes));
  std::iota(labels.begin(), labels.end(), 0);
  read_idx_folder(folder, labels, sink, hash);
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
       idx_files,
       read_numbered_idx},
      {"fashion-mnist",
       {"t-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot"},
       60'000,
       10'000,
       idx_files,
       read_numbered_idx},
      {"cifar10",
       {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"},
       50'000,
       10'000,
       cifar_files,
       read_cifar_folder}};
  return sources;
}

const KnownSource* find_known(const std::string& name) {
  for (const auto& known : known_sources())
    if (known.name == name) return &known;
  return nullptr;
}

std::vector<fs::path> possible_folders(const KnownSource& source) {
  auto folders = data_folders();
  for (auto& folder : folders) folder /= source.name;
  return folders;
}

fs::path locate(const KnownSource& source) {
  for (const auto& folder : possible_folders(source))
    if (source.files(folder).complete()) return folder;
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
