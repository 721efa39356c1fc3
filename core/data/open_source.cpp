// Which form a named data set has, and what to say when it has none.

#include <algorithm>

#include "source_reader.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/data/grouping.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

std::string join(const std::vector<std::string>& names, std::size_t most = 10) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i ? ", " : "") + names[i];
  return text + (names.size() > most ? " and " + std::to_string(names.size() - most) + " more" : "");
}

[[noreturn]] void refuse_incomplete(const fs::path& folder, const FormFiles& files, const std::string& hint) {
  throw Error(ErrorCode::kRefused, "folder.incomplete", "cannot use '" + folder.string() + "' as a data set",
              "it has " + join(files.found) + ", but lacks " + join(files.missing), hint)
      .at(folder.string());
}

[[noreturn]] void refuse_form(const fs::path& folder) {
  const auto names = file_names(folder);
  throw Error(ErrorCode::kRefused, "folder.unknown_form", "cannot use '" + folder.string() + "' as a data set",
              names.empty() ? "it has neither files nor sub-folders" : "it has no sub-folders, only " + join(names),
              "a data folder holds IDX files (train-images-idx3-ubyte, ..., also .gz), the binary files of CIFAR, one "
              "sub-folder of images for each class, or train/ and test/ with such sub-folders; for other tasks than "
              "classification arrays: train_inputs.npy, train_targets.npy, test_inputs.npy and test_targets.npy")
      .at(folder.string());
}

Source open_known(const KnownSource& known) {
  const auto folder = locate(known);
  if (!folder.empty())
    return {known.classes, [folder, &known](const ImageSink& sink, Sha256& hash) {
              known.read(folder, static_cast<std::int64_t>(known.classes.size()), sink, hash);
            }};
  for (const auto& part : possible_folders(known))
    if (const auto files = known.files(part); !files.found.empty())
      refuse_incomplete(part, files, "remove the folder and fetch it again: " + how_to_get(known));
  throw Error(ErrorCode::kNotFound, "data.not_found", "cannot find data set '" + known.name + "'",
              "no data folder has its files", "fetch it: " + how_to_get(known));
}

void expect_folder(const std::string& name) {
  if (fs::is_directory(name)) return;
  std::vector<std::string> names;
  for (const auto& known : known_sources()) names.push_back(known.name);
  const auto near = nearest_name(name, names);
  throw Error(ErrorCode::kNotFound, "data.not_found", "cannot find data set '" + name + "'",
              "it is neither a known data set nor a folder",
              near.empty() ? "weightloom data list shows what there is" : "did you mean '" + near + "'?");
}

Source open_idx_folder(const fs::path& folder) {
  const auto labels = idx_labels(folder);
  return {idx_class_names(folder, labels),
          [=](const ImageSink& sink, Sha256& hash) { read_idx_folder(folder, labels, sink, hash); }};
}

Source open_cifar_folder(const fs::path& folder) {
  const auto names = cifar_class_names(folder);
  return {names, [folder, classes = static_cast<std::int64_t>(names.size())](const ImageSink& sink, Sha256& hash) {
            read_cifar_folder(folder, classes, sink, hash);
          }};
}

Source open_folder(const fs::path& folder, std::uint64_t split_seed) {
  const auto idx = idx_files(folder), cifar = cifar_files(folder);
  if (idx.complete()) return open_idx_folder(folder);
  if (cifar.complete()) return open_cifar_folder(folder);
  if (const auto names = image_folder_classes(folder); !names.empty())
    return {names, [=](const ImageSink& sink, Sha256& hash) { read_image_folder(folder, split_seed, sink, hash); }};
  for (const auto& files : {idx, cifar})
    if (!files.found.empty()) refuse_incomplete(folder, files, "put the missing files beside the others");
  refuse_form(folder);
}

}  // namespace

Source open_source(const std::string& name, std::uint64_t split_seed) {
  if (const auto* known = find_known(name)) return open_known(*known);
  expect_folder(name);
  return open_folder(name, split_seed);
}

std::vector<std::string> source_class_names(const std::string& source) {
  if (const auto* known = find_known(source)) return known->classes;
  if (const auto grouping = ClassGrouping::of(source)) return grouping->names(source_class_names(grouping->source));
  return open_source(source, 0).class_names;
}

std::vector<std::string> file_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->is_regular_file(error)) names.push_back(at->path().filename().string());
  std::ranges::sort(names);
  return names;
}

}  // namespace weightloom
