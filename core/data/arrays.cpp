#include "weightloom/data/arrays.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "source_reader.hpp"
#include "weightloom/base/element_values.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/npy.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;

constexpr double kMostClasses = 1e6;

[[noreturn]] void refuse(const fs::path& file, const std::string& id, const std::string& why) {
  throw Error(ErrorCode::kRefused, "arrays." + id, "cannot use '" + file.string() + "'", why).at(file.string());
}

bool is_floating(DType dtype) {
  return dtype == DType::kF16 || dtype == DType::kBF16 || dtype == DType::kF32 || dtype == DType::kF64;
}

// The least and the largest value, or 0. Every one must be finite.
std::pair<double, double> checked_range(const fs::path& file, const HostTensor& array) {
  if (!has_values(array.dtype)) refuse(file, "dtype", "its values are not plain numbers");
  constexpr std::size_t kPiece = 1 << 16;
  const auto width = dtype_bytes(array.dtype);
  const auto count = array.bytes.size() / width;
  std::vector<double> values;
  double least = 0, most = 0;
  for (std::size_t at = 0; at < count; at += kPiece) {
    values.resize(std::min(kPiece, count - at));
    read_values(array.dtype, std::span(array.bytes).subspan(at * width, values.size() * width), values);
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!std::isfinite(values[i])) refuse(file, "finite", "value " + std::to_string(at + i) + " is not finite");
      most = std::max(most, values[i]);
      least = std::min(least, values[i]);
    }
  }
  return {least, most};
}

HostTensor read_array(const fs::path& file) {
  auto array = read_npy(file);
  if (array.shape.empty() || array.shape[0] == 0) refuse(file, "empty", "it holds no samples");
  return array;
}

struct Files {
  fs::path inputs, targets;
};

Files files_of(const fs::path& folder, const std::string& split) {
  return {folder / (split + "_inputs.npy"), folder / (split + "_targets.npy")};
}

ArraySplit read_split(const Files& files) {
  ArraySplit split{read_array(files.inputs), read_array(files.targets)};
  if (split.inputs.shape[0] != split.targets.shape[0])
    refuse(files.targets, "samples",
           "it has " + std::to_string(split.targets.shape[0]) + " samples, the inputs have " +
               std::to_string(split.inputs.shape[0]));
  if (split.inputs.shape.size() < 2) refuse(files.inputs, "shape", "expected [samples, ...]");
  if (!split.has_classes() && split.targets.shape.size() != 2)
    refuse(files.targets, "shape", "expected values [samples, values], found " + to_string(split.targets.shape));
  return split;
}

bool same_form(const HostTensor& a, const HostTensor& b) {
  return std::equal(a.shape.begin() + 1, a.shape.end(), b.shape.begin() + 1, b.shape.end());
}

std::vector<std::string> class_names(const fs::path& folder, std::int64_t classes) {
  std::vector<std::string> names;
  std::error_code none;
  if (fs::exists(folder / kClassNamesFile, none)) {
    std::istringstream lines(read_file(folder / kClassNamesFile));
    for (std::string line; std::getline(lines, line);) names.push_back(line.substr(0, line.find('\r')));
    if (static_cast<std::int64_t>(names.size()) < classes)
      refuse(folder / kClassNamesFile, "classes",
             "it names " + std::to_string(names.size()) + " classes, the targets hold " + std::to_string(classes));
  }
  for (auto c = static_cast<std::int64_t>(names.size()); c < classes; ++c) names.push_back(std::to_string(c));
  return names;
}

}  // namespace

bool ArraySplit::has_classes() const {
  return !is_floating(targets.dtype);
}

bool is_array_folder(const fs::path& folder) {
  std::error_code none;
  return fs::is_regular_file(files_of(folder, "train").inputs, none);
}

ArrayFolder read_array_folder(const fs::path& folder) {
  const auto train = files_of(folder, "train"), test = files_of(folder, "test");
  ArrayFolder out{{}, read_split(train), read_split(test)};
  if (out.train.inputs.shape[0] < 2) refuse(train.inputs, "samples", "expected two samples or more");
  if (out.train.has_classes() != out.test.has_classes())
    refuse(test.targets, "dtype", "the targets of one split are whole numbers, those of the other are not");
  if (!same_form(out.train.inputs, out.test.inputs) || !same_form(out.train.targets, out.test.targets))
    refuse(test.inputs, "shape", "its samples have another form than those to train on");
  checked_range(train.inputs, out.train.inputs);
  checked_range(test.inputs, out.test.inputs);
  std::int64_t classes = 0;
  for (const auto& [file, array] :
       {std::pair(&train.targets, &out.train.targets), {&test.targets, &out.test.targets}}) {
    const auto [least, most] = checked_range(*file, *array);
    if (is_floating(array->dtype)) continue;
    if (least < 0 || most >= kMostClasses) refuse(*file, "classes", "expected classes from 0 to 999,999");
    classes = std::max(classes, static_cast<std::int64_t>(most) + 1);
  }
  if (classes > 0) out.class_names = class_names(folder, classes);
  return out;
}

}  // namespace weightloom
