#include "weightloom/data/arrays.hpp"

#include <catch2/catch.hpp>
#include <cstring>
#include <functional>
#include <limits>

#include "../support/temporary_folder.hpp"
#include "error_id.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/npy.hpp"

using namespace weightloom;
using namespace weightloom::testing;
using weightloom::test::TemporaryFolder;

namespace {

namespace fs = std::filesystem;

HostTensor integers(Shape shape, const std::vector<std::int32_t>& values) {
  HostTensor tensor{DType::kI32, std::move(shape), {}};
  tensor.bytes.resize(values.size() * sizeof(std::int32_t));
  std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

std::vector<std::int32_t> values_of(const HostTensor& tensor) {
  std::vector<std::int32_t> values(tensor.bytes.size() / sizeof(std::int32_t));
  std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
  return values;
}

// Three samples of two numbers, with a class each.
void write_good(const fs::path& folder) {
  fs::create_directories(folder);
  for (const std::string split : {"train", "test"}) {
    write_npy(folder / (split + "_inputs.npy"), HostTensor::from_f32({3, 2}, std::vector<float>{0, 1, 2, 3, 4, 5}));
    write_npy(folder / (split + "_targets.npy"), integers({3}, {0, 2, 1}));
  }
}

}  // namespace

TEST_CASE("arrays are read with the names of their classes", "[arrays]") {
  TemporaryFolder folder;
  CHECK_FALSE(is_array_folder(folder / "a"));
  write_good(folder / "a");
  CHECK(is_array_folder(folder / "a"));
  CHECK(read_array_folder(folder / "a").class_names == std::vector<std::string>{"0", "1", "2"});
  write_file(folder / "a" / "classes.txt", "cat\r\ndog\nbird\nfish\n");
  const auto read = read_array_folder(folder / "a");
  CHECK(read.class_names == std::vector<std::string>{"cat", "dog", "bird", "fish"});
  CHECK(read.train.has_classes());
  CHECK(values_of(read.test.targets) == std::vector<std::int32_t>{0, 2, 1});
}

TEST_CASE("arrays that do not fit together are refused by name", "[arrays]") {
  const auto f32 = [](Shape shape, float value) {
    return HostTensor::from_f32(shape, std::vector<float>(static_cast<std::size_t>(element_count(shape)), value));
  };
  struct Case {
    const char* id;
    const char* file;
    HostTensor array;
  };
  const std::vector<Case> cases{
      {"arrays.samples", "train_targets.npy", integers({2}, {0, 1})},
      {"arrays.classes", "train_targets.npy", integers({3}, {0, -1, 1})},
      {"arrays.classes", "test_targets.npy", integers({3}, {0, 2000000, 1})},
      {"arrays.dtype", "test_targets.npy", f32({3, 1}, 0)},
      {"arrays.shape", "test_targets.npy", integers({3, 1}, {0, 0, 0})},
      {"arrays.shape", "train_targets.npy", f32({3}, 0)},
      {"arrays.shape", "test_inputs.npy", f32({3, 3}, 0)},
      {"arrays.shape", "train_inputs.npy", f32({3}, 0)},
      {"arrays.empty", "test_inputs.npy", f32({0, 2}, 0)},
      {"arrays.finite", "train_inputs.npy", f32({3, 2}, std::numeric_limits<float>::infinity())}};
  for (const auto& wrong : cases) {
    INFO(wrong.id << " " << wrong.file);
    TemporaryFolder folder;
    write_good(folder / "a");
    write_npy(folder / "a" / wrong.file, wrong.array);
    CHECK(error_id([&] { read_array_folder(folder / "a"); }) == wrong.id);
  }
  TemporaryFolder folder;
  write_good(folder / "a");
  write_file(folder / "a" / "classes.txt", "cat\ndog\n");
  CHECK(error_id([&] { read_array_folder(folder / "a"); }) == "arrays.classes");
  fs::remove(folder / "a" / "test_targets.npy");
  CHECK_THROWS_AS(read_array_folder(folder / "a"), Error);
}

TEST_CASE("text becomes pieces of numbered characters, each with those that follow", "[text_arrays]") {
  TemporaryFolder folder;
  std::string text;
  for (int i = 0; i < 30; ++i) text += "ab \n\xC3\xA9";  // five characters, the last of two bytes
  write_file(folder / "text", text);
  const auto set = write_text_arrays({{folder / "text"}, 7}, folder / "out");
  CHECK(set.characters == 5);
  CHECK(set.train == 19);  // 135 characters to train on: the last piece needs one more
  CHECK(set.test == 2);
  const auto read = read_array_folder(folder / "out");
  CHECK(read.class_names == std::vector<std::string>{"bytes 0a", "bytes 20", "a", "b", "\xC3\xA9"});
  const auto inputs = values_of(read.train.inputs), targets = values_of(read.train.targets);
  CHECK(std::vector<std::int32_t>(inputs.begin(), inputs.begin() + 8) ==
        std::vector<std::int32_t>{2, 3, 1, 0, 4, 2, 3, 1});
  for (std::size_t i = 0; i + 1 < inputs.size(); ++i) CHECK(targets[i] == inputs[i + 1]);
}

TEST_CASE("text that cannot be cut is refused, and nothing remains", "[text_arrays]") {
  TemporaryFolder folder;
  write_file(folder / "short", "too short");
  write_file(folder / "bytes", "\xff\xfe");
  CHECK(error_id([&] { write_text_arrays({{folder / "short"}, 64}, folder / "out"); }) == "text.short");
  CHECK(error_id([&] { write_text_arrays({{folder / "bytes"}, 1}, folder / "out"); }) == "text.utf8");
  CHECK(error_id([&] { write_text_arrays({{folder / "short"}, 0}, folder / "out"); }) == "text.length");
  CHECK_FALSE(fs::exists(folder / "out"));
  fs::create_directory(folder / "out");
  CHECK(error_id([&] { write_text_arrays({{folder / "short"}, 1}, folder / "out"); }) == "text.exists");
}
