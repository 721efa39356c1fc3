#include <algorithm>
#include <cctype>

#include "source_reader.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;
constexpr std::size_t kMostClasses = 100'000;

bool has_image_suffix(const fs::path& path) {
  auto suffix = path.extension().string();
  std::ranges::transform(suffix, suffix.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  static const std::vector<std::string> known{".png", ".jpg", ".jpeg", ".pgm", ".ppm"};
  return std::ranges::find(known, suffix) != known.end();
}

bool is_divided(const fs::path& folder) {
  return fs::is_directory(folder / "train") && fs::is_directory(folder / "test");
}

std::vector<fs::path> sorted_entries(const fs::path& folder, bool (*keep)(const fs::path&)) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(folder))
    if (keep(entry.path())) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

bool is_class_folder(const fs::path& path) {
  return fs::is_directory(path) && !path.filename().string().starts_with(".");
}
bool is_image_file(const fs::path& path) {
  return fs::is_regular_file(path) && has_image_suffix(path);
}

[[noreturn]] void refuse(const fs::path& path, const char* id, const std::string& why) {
  throw Error(ErrorCode::kRefused, id, "cannot use '" + path.string() + "' as a data set", why,
              "a data folder has one sub-folder of images for each class, or train/ and test/ with such sub-folders")
      .at(path.string());
}

void read_class(const fs::path& root, const fs::path& folder, std::int64_t label, double test_share,
                std::uint64_t split_seed, Part part, const ImageSink& sink, Sha256& hash) {
  const auto files = sorted_entries(folder, is_image_file);
  if (files.empty()) refuse(folder, "folder.empty_class", "it holds no image files");
  const auto test_count = static_cast<std::size_t>(test_share * static_cast<double>(files.size()));
  const auto order =
      Random(derive_seed(split_seed, folder.filename().string())).permutation(static_cast<std::int64_t>(files.size()));
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto image = read_image(files[i]);
    hash.update(fs::relative(files[i], root).string()).update(image.pixels.data(), image.pixels.size());
    sink(image, label, static_cast<std::size_t>(order[i]) < test_count ? Part::kTest : part);
  }
}

void read_classes(const fs::path& root, const fs::path& folder, const std::vector<std::string>& classes,
                  double test_share, std::uint64_t split_seed, Part part, const ImageSink& sink, Sha256& hash) {
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (!fs::is_directory(folder / classes[c]))
      refuse(folder, "folder.missing_class", "class '" + classes[c] + "' is missing");
    read_class(root, folder / classes[c], static_cast<std::int64_t>(c), test_share, split_seed, part, sink, hash);
  }
}

}  // namespace

std::vector<std::string> image_folder_classes(const fs::path& folder) {
  std::vector<std::string> names;
  for (const auto& path : sorted_entries(is_divided(folder) ? folder / "train" : folder, is_class_folder))
    names.push_back(path.filename().string());
  if (names.empty() && is_divided(folder)) refuse(folder / "train", "folder.no_classes", "it has no sub-folders");
  if (names.size() > kMostClasses) refuse(folder, "folder.too_many_classes", std::to_string(names.size()) + " classes");
  return names;
}

void read_image_folder(const fs::path& folder, std::uint64_t split_seed, const ImageSink& sink, Sha256& hash) {
  const auto classes = image_folder_classes(folder);
  if (!is_divided(folder)) return read_classes(folder, folder, classes, 0.2, split_seed, Part::kTrain, sink, hash);
  read_classes(folder, folder / "train", classes, 0, split_seed, Part::kTrain, sink, hash);
  read_classes(folder, folder / "test", classes, 0, split_seed, Part::kTest, sink, hash);
}

}  // namespace weightloom
