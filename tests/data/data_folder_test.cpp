// Data sets that are named by a folder, in every form that such a folder may have.

#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>

#include "../support/temporary_folder.hpp"
#include "error_id.hpp"
#include "image_files.hpp"
#include "weightloom/data/dataset.hpp"

using namespace weightloom;
using namespace weightloom::test;
using namespace weightloom::testing;

namespace {

using Labels = std::vector<std::int64_t>;

// File names of a data set, in the order training images, training labels, test images, test labels.
using IdxNames = std::array<std::string, 4>;
const IdxNames kUsual{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                      "t10k-labels-idx1-ubyte"};

// 40 training and 20 test images of 2 x 2 pixels: image i shows i everywhere, its label is the i-th of `labels`,
// around and around.
void write_idx_folder(const std::filesystem::path& folder, const IdxNames& names, const std::string& labels) {
  for (std::size_t part = 0; part < 2; ++part) {
    const std::uint32_t count = part == 0 ? 40 : 20;
    std::string pixels, values;
    for (std::uint32_t i = 0; i < count; ++i) {
      pixels.append(4, static_cast<char>(i));
      values += labels[i % labels.size()];
    }
    const std::array<std::string, 2> files{idx_bytes({count, 2, 2}, pixels), idx_bytes({count}, values)};
    for (std::size_t k = 0; k < 2; ++k) {
      const auto& name = names[2 * part + k];
      write_bytes(folder / name, name.ends_with(".gz") ? gzip(folder.string() + ".scratch", files[k]) : files[k]);
    }
  }
}

// `count` records of the binary form of CIFAR: red 10, green 20 and blue 30 plus the number of the image.
std::string cifar_records(int count, const std::string& labels) {
  std::string bytes;
  for (int i = 0; i < count; ++i) {
    bytes += labels;
    for (int channel = 1; channel <= 3; ++channel) bytes.append(1024, static_cast<char>(10 * channel + i));
  }
  return bytes;
}

void write_cifar10_folder(const std::filesystem::path& folder) {
  for (char batch = '1'; batch <= '5'; ++batch)
    write_bytes(folder / (std::string("data_batch_") + batch + ".bin"), cifar_records(4, std::string(1, batch - '1')));
  write_bytes(folder / "test_batch.bin", cifar_records(3, "\2"));
  write_bytes(folder / "batches.meta.txt", "airplane\nautomobile\nbird\ncat\ndeer\n\n");
}

ImageData load(const std::filesystem::path& folder, const std::string& selection = "", ImageForm form = {1, 2}) {
  return load_images(DataSpec::parse(folder.string() + selection), form);
}

Error refusal(const std::filesystem::path& folder) {
  try {
    load(folder);
  } catch (const Error& error) {
    CHECK(error.path() == folder.string());
    return error;
  }
  FAIL("accepted");
  throw;
}

}  // namespace

TEST_CASE("a folder of IDX files is a data set in every usual spelling", "[data]") {
  const std::vector<IdxNames> spellings{
      kUsual,
      {"train-images.idx3-ubyte", "train-labels.idx1-ubyte", "t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"},
      {"train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "test-images-idx3-ubyte.gz",
       "test-labels-idx1-ubyte.gz"},
      {"emnist-letters-train-images-idx3-ubyte", "emnist-letters-train-labels-idx1-ubyte.gz",
       "emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte"}};
  for (const auto& names : spellings) {
    INFO(names[0]);
    const TemporaryFolder folder;
    write_idx_folder(folder / "set", names, {0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
    const auto data = load(folder / "set");
    CHECK(data.class_names.size() == 10);
    CHECK(data.class_names[7] == "7");
    CHECK(data.train.count() + data.validation.count() == 40);
    CHECK(data.test.labels[13] == 3);
    CHECK(data.mean == std::vector<float>{19.5f});
  }
}

TEST_CASE("the classes of an IDX folder are the labels that occur, in numerical order", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "letters", kUsual, {26, 1, '\xc8', 3});
  CHECK(source_class_names((folder / "letters").string()) == std::vector<std::string>{"1", "3", "26", "200"});
  CHECK(load(folder / "letters").test.labels == Labels{2, 0, 3, 1, 2, 0, 3, 1, 2, 0, 3, 1, 2, 0, 3, 1, 2, 0, 3, 1});

  const auto chosen = load(folder / "letters", "[2,0]@5");
  CHECK(chosen.class_names == std::vector<std::string>{"26", "1"});
  CHECK(chosen.train.count() == 5);
  CHECK(chosen.test.labels == Labels{0, 1, 0, 1, 0, 1, 0, 1, 0, 1});
  CHECK(error_id([&] { load(folder / "letters", "[4]"); }) == "data.class");
}

TEST_CASE("a test label that no training image has is refused", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "set", kUsual, {1, 3});
  write_bytes(folder / "set" / kUsual[3], idx_bytes({20}, std::string(19, '\1') + '\2'));
  CHECK(error_id([&] { load(folder / "set"); }) == "idx.label");
}

TEST_CASE("class names are found without reading images", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "idx", kUsual, {5, 6});
  write_bytes(folder / "idx" / kUsual[0], "no image at all");
  CHECK(source_class_names((folder / "idx").string()) == std::vector<std::string>{"5", "6"});
  CHECK(error_id([&] { load(folder / "idx"); }) == "idx.truncated");
  write_cifar10_folder(folder / "cifar");
  write_bytes(folder / "cifar" / "data_batch_1.bin", "no image at all");
  CHECK(source_class_names((folder / "cifar").string()).size() == 5);
  CHECK(error_id([&] { load(folder / "cifar"); }) == "cifar.size");
}

TEST_CASE("a header that promises more than the file has is refused", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "set", kUsual, {0, 1});
  const auto names = [&] { source_class_names((folder / "set").string()); };
  write_bytes(folder / "set" / kUsual[1], idx_bytes({0x7fffffff}, "\1\1"));
  CHECK(error_id(names) == "idx.size");
  write_bytes(folder / "set" / kUsual[1], idx_bytes({0xffffffff}, "\1\1"));
  CHECK(error_id(names) == "idx.too_large");
  write_bytes(folder / "set" / kUsual[1], idx_bytes({1}, "\1\1"));
  CHECK(error_id(names) == "idx.size");
  write_bytes(folder / "set" / kUsual[1], idx_bytes({0}, ""));
  CHECK(error_id(names) == "idx.empty");
}

TEST_CASE("a set without images is refused, whatever size its header gives them", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "set", kUsual, {0, 1});
  const auto load_set = [&] { load(folder / "set"); };
  write_bytes(folder / "set" / kUsual[3], idx_bytes({0}, ""));
  for (const auto& sizes : {std::array{0u, 2u, 2u}, std::array{0u, 0xffffffffu, 0xffffffffu}}) {
    write_bytes(folder / "set" / kUsual[2], idx_bytes({sizes[0], sizes[1], sizes[2]}, ""));
    CHECK(error_id(load_set) == "idx.empty");
  }
}

TEST_CASE("an incomplete IDX folder names the files that are missing", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "set", kUsual, {0, 1});
  std::filesystem::remove(folder / "set" / kUsual[1]);
  std::filesystem::remove(folder / "set" / kUsual[2]);
  const auto error = refusal(folder / "set");
  CHECK(error.id() == "folder.incomplete");
  CHECK(error.why() ==
        "it has train-images-idx3-ubyte, t10k-labels-idx1-ubyte, but lacks train-labels-idx1-ubyte, "
        "t10k-images-idx3-ubyte");
}

TEST_CASE("an incomplete folder of a known data set names the files that are missing", "[data]") {
  const TemporaryFolder folder;
  write_idx_folder(folder / "mnist", kUsual, {0, 1});
  std::filesystem::remove(folder / "mnist" / kUsual[3]);
  ::setenv("WEIGHTLOOM_DATA", folder.path().c_str(), 1);
  try {
    load_images(DataSpec::parse("mnist"), {1, 2});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.id() == "folder.incomplete");
    CHECK(error.why().find("but lacks t10k-labels-idx1-ubyte") != std::string::npos);
    CHECK(error.hint().find("scripts/fetch_data.sh mnist") != std::string::npos);
  }
  ::unsetenv("WEIGHTLOOM_DATA");
}

TEST_CASE("a folder with the IDX files of several data sets is refused", "[data]") {
  const TemporaryFolder folder;
  for (const std::string prefix : {"emnist-letters-", "emnist-digits-"}) {
    auto names = kUsual;
    for (auto& name : names) name.insert(0, prefix);
    write_idx_folder(folder / "gzip", names, {0, 1});
  }
  const auto error = refusal(folder / "gzip");
  CHECK(error.id() == "idx.many_sets");
  CHECK(error.why().find("'emnist-digits-', 'emnist-letters-'") != std::string::npos);
}

TEST_CASE("a folder of no known form says which forms there are and what was found", "[data]") {
  const TemporaryFolder folder;
  CHECK(refusal(folder.path()).id() == "folder.unknown_form");
  for (char name = 'a'; name < 'm'; ++name) write_bytes(folder / (std::string(1, name) + ".csv"), "1,2\n");
  const auto error = refusal(folder.path());
  CHECK(error.id() == "folder.unknown_form");
  CHECK(error.why() ==
        "it has no sub-folders, only a.csv, b.csv, c.csv, d.csv, e.csv, f.csv, g.csv, h.csv, i.csv, j.csv and 2 more");
  for (const char* form : {"train-images-idx3-ubyte", "CIFAR", "sub-folder", "train/ and test/"})
    CHECK(error.hint().find(form) != std::string::npos);
}

TEST_CASE("sub-folders of images stay a data set beside a stray file of another form", "[data]") {
  const TemporaryFolder folder;
  for (const char* name : {"a/1.png", "a/2.png", "a/3.png", "a/4.png", "a/5.png"})
    write_png(folder / name, 1, 1, 1, {5});
  write_bytes(folder / "train.bin", "a model");
  CHECK(source_class_names(folder.path().string()) == std::vector<std::string>{"a"});
  CHECK(load(folder.path()).test.count() == 1);
}

TEST_CASE("a folder with the binary files of CIFAR-10 is a data set", "[data]") {
  const TemporaryFolder folder;
  write_cifar10_folder(folder / "set");
  const auto data = load(folder / "set", "", {3, 32});
  CHECK(data.class_names == std::vector<std::string>{"airplane", "automobile", "bird", "cat", "deer"});
  CHECK(data.train.count() == 18);
  CHECK(data.validation.count() == 2);
  CHECK(data.test.labels == Labels{2, 2, 2});
  CHECK(data.mean == std::vector<float>{11.5f, 21.5f, 31.5f});
  CHECK(std::round(data.test.images[1024] * data.deviation[1] + data.mean[1]) == 20);
  CHECK(load(folder / "set", "[2,1]@3", {3, 32}).train.count() == 3);
}

TEST_CASE("damaged binary files of CIFAR are refused with path and reason", "[data]") {
  const TemporaryFolder folder;
  const auto load_set = [&] { load(folder / "set"); };
  write_cifar10_folder(folder / "set");
  write_bytes(folder / "set" / "test_batch.bin", cifar_records(2, "\2").substr(1));
  CHECK(error_id(load_set) == "cifar.size");
  write_bytes(folder / "set" / "test_batch.bin", "");
  CHECK(error_id(load_set) == "cifar.size");
  write_bytes(folder / "set" / "test_batch.bin", cifar_records(2, "\5"));
  CHECK(error_id(load_set) == "cifar.labels");
  std::filesystem::resize_file(folder / "set" / "test_batch.bin", std::uintmax_t{3} << 30);
  CHECK(error_id(load_set) == "cifar.too_large");
  write_bytes(folder / "set" / "batches.meta.txt", "air\x1b[31mplane\n");
  CHECK(error_id(load_set) == "cifar.names");
  write_bytes(folder / "set" / "batches.meta.txt", "\n\n");
  CHECK(error_id(load_set) == "cifar.names");
  std::filesystem::remove(folder / "set" / "data_batch_3.bin");
  const auto error = refusal(folder / "set");
  CHECK(error.id() == "folder.incomplete");
  CHECK(error.why().ends_with("but lacks data_batch_3.bin"));
}

TEST_CASE("a folder with the binary files of CIFAR-100 has the fine labels as classes", "[data]") {
  const TemporaryFolder folder;
  write_bytes(folder / "set" / "train.bin", cifar_records(6, {9, 0}) + cifar_records(6, {9, 1}));
  write_bytes(folder / "set" / "test.bin", cifar_records(2, {9, 1}));
  write_bytes(folder / "set" / "fine_label_names.txt", "apple\r\naquarium_fish\r\n");
  const auto data = load(folder / "set", "", {3, 32});
  CHECK(data.class_names == std::vector<std::string>{"apple", "aquarium_fish"});
  CHECK(data.train.count() + data.validation.count() == 12);
  CHECK(data.test.labels == Labels{1, 1});
}

TEST_CASE("a folder with the PNG files of CIFAR-10 has its class names", "[data]") {
  const TemporaryFolder folder;
  for (const char* name : {"data_batch_1.png", "data_batch_2.png", "data_batch_3.png", "data_batch_4.png",
                           "data_batch_5.png", "test_batch.png"})
    write_png(folder / name, 3, 1024, 1, std::vector<std::uint8_t>(3072, 7));
  write_bytes(folder / "train_lables.json", "[0,1,2,3,4]");
  write_bytes(folder / "test_lables.json", "[9]");
  const auto data = load(folder.path());
  CHECK(data.class_names.size() == 10);
  CHECK(data.class_names[9] == "truck");
  CHECK(data.test.labels == Labels{9});
  for (const auto& labels : {std::string("{}"), std::string("[10]"), std::string("[1.5]"), std::string(100'000, '['),
                             std::string(100'000, '[') + std::string(100'000, ']')}) {
    write_bytes(folder / "test_lables.json", labels);
    CHECK(error_id([&] { load(folder.path()); }) == "cifar.labels");
  }
}
