#pragma once
// What every kind of source gives: labelled images, one after the other, and the hash of where they came from.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weightloom/base/hash.hpp"
#include "weightloom/data/image.hpp"

namespace weightloom {

enum class Part { kTrain, kTest };
using ImageSink = std::function<void(const Raster& image, std::int64_t label, Part part)>;

// Each reader feeds every image to `sink` in a fixed order and the bytes that it read to `hash`.
void read_idx_folder(const std::filesystem::path& folder, std::int64_t classes, const ImageSink& sink, Sha256& hash);
void read_cifar_folder(const std::filesystem::path& folder, const ImageSink& sink, Sha256& hash);
void read_image_folder(const std::filesystem::path& folder, std::uint64_t split_seed, const ImageSink& sink,
                       Sha256& hash);

// Names of the classes of an image folder, alphabetically. Throws kRefused "folder.*" when there are none.
std::vector<std::string> folder_classes(const std::filesystem::path& folder);

// A data set known by name.
struct KnownSource {
  std::string name;
  std::vector<std::string> classes;
  std::int64_t train, test;
  void (*read)(const std::filesystem::path& folder, const ImageSink& sink, Sha256& hash);
  bool (*present)(const std::filesystem::path& folder);
};
const std::vector<KnownSource>& known_sources();
// The first data folder that holds the source; empty when none does.
std::filesystem::path locate(const KnownSource& source);
std::string how_to_get(const KnownSource& source);

bool idx_folder_present(const std::filesystem::path& folder);
bool cifar_folder_present(const std::filesystem::path& folder);

}  // namespace weightloom
