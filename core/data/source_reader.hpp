#pragma once
// What every kind of source gives: labelled images, one after the other, and the hash of where they came from.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weightloom/base/hash.hpp"
#include "weightloom/data/image.hpp"

namespace weightloom {

enum class Part { kTrain, kTest };
// `label` counts the classes from 0.
using ImageSink = std::function<void(const Raster& image, std::int64_t label, Part part)>;

// A data set that is there. `read` feeds every image to `sink` in a fixed order and the bytes that it read to `hash`.
struct Source {
  std::vector<std::string> class_names;
  std::function<void(const ImageSink& sink, Sha256& hash)> read;
};
// `name` is that of a known source or of a folder. Reads no images. Throws kNotFound "data.not_found", kRefused.
Source open_source(const std::string& name, std::uint64_t split_seed);

// The files of one form that a folder has and lacks. A folder of another form has none.
struct FormFiles {
  std::vector<std::string> found, missing;
  bool complete() const { return missing.empty(); }
};

// A data set known by name.
struct KnownSource {
  std::string name;
  std::vector<std::string> classes;
  std::int64_t train, test;
  FormFiles (*files)(const std::filesystem::path& folder);
  void (*read)(const std::filesystem::path& folder, std::int64_t classes, const ImageSink& sink, Sha256& hash);
};
const std::vector<KnownSource>& known_sources();
// Null when there is none of that name.
const KnownSource* find_known(const std::string& name);
// Where it may lie, in the order of search.
std::vector<std::filesystem::path> possible_folders(const KnownSource& source);
// The first of them that holds all its files; empty when none does.
std::filesystem::path locate(const KnownSource& source);
std::string how_to_get(const KnownSource& source);

// The regular files of a folder, in alphabetical order; empty when it cannot be read.
std::vector<std::string> file_names(const std::filesystem::path& folder);

// IDX files, as MNIST is published. Class c is label labels[c]; any other label is refused.
FormFiles idx_files(const std::filesystem::path& folder);
// The labels that the training images have, in order.
std::vector<std::int64_t> idx_labels(const std::filesystem::path& folder);
// Their names: the lines of kClassNamesFile where the folder has it, else the labels themselves.
inline constexpr const char* kClassNamesFile = "classes.txt";
std::vector<std::string> idx_class_names(const std::filesystem::path& folder, const std::vector<std::int64_t>& labels);
void read_idx_folder(const std::filesystem::path& folder, const std::vector<std::int64_t>& labels,
                     const ImageSink& sink, Sha256& hash);

// CIFAR-10 and CIFAR-100. Labels are below `classes`; any other is refused.
FormFiles cifar_files(const std::filesystem::path& folder);
std::vector<std::string> cifar_class_names(const std::filesystem::path& folder);
void read_cifar_folder(const std::filesystem::path& folder, std::int64_t classes, const ImageSink& sink, Sha256& hash);

// Sub-folders of images. The classes are in alphabetical order; none: the folder is of another form.
std::vector<std::string> image_folder_classes(const std::filesystem::path& folder);
void read_image_folder(const std::filesystem::path& folder, std::uint64_t split_seed, const ImageSink& sink,
                       Sha256& hash);

}  // namespace weightloom
