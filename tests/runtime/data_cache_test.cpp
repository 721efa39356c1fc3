#include "weightloom/runtime/data_cache.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>
#include <vector>

#include "../support/temporary_folder.hpp"

using namespace weightloom;
namespace fs = std::filesystem;

namespace {

// Three classes of 40 images of 2 x 2 pixels.
void write_images(const fs::path& folder) {
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 40; ++i) {
      fs::create_directories(folder / ("c" + std::to_string(c)));
      std::ofstream file(folder / ("c" + std::to_string(c)) / (std::to_string(i) + ".pgm"), std::ios::binary);
      file << "P5 2 2 255\n";
      for (int k = 0; k < 4; ++k) file.put(static_cast<char>(10 * c + i + k));
    }
}

}  // namespace

TEST_CASE("a train limit counts the images of the chosen classes, however they are loaded", "[data_cache]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  const ImageForm form{1, 2};
  DataCache cache(form);
  const auto spec = DataSpec::parse(folder.path().string() + "[2,0]@20");
  const auto cached = cache.get(spec);
  const auto loaded = load_tensors(spec, form);
  CHECK(cached->name == loaded.name);
  CHECK(cached->train.labels.size(0) == 20);
  CHECK(torch::equal(cached->train.images, loaded.train.images));
  CHECK(torch::equal(cached->train.labels, loaded.train.labels));
  CHECK(torch::equal(cached->test.images, loaded.test.images));
  CHECK(cached->class_names == loaded.class_names);
}

TEST_CASE("groups of classes are the same images, however they are loaded", "[data_cache]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  DataCache cache({1, 2});
  const auto spec = DataSpec::parse(folder.path().string() + "[1,rest][1,0]@9");
  const auto cached = cache.get(spec);
  const auto loaded = load_tensors(spec, {1, 2});
  CHECK(cached->name == spec.text());
  CHECK(loaded.name == spec.text());
  CHECK(cached->class_names == std::vector<std::string>{"rest", "c1"});
  CHECK(loaded.class_names == cached->class_names);
  CHECK(torch::equal(cached->train.images, loaded.train.images));
  CHECK(torch::equal(cached->test.labels, loaded.test.labels));
  CHECK(torch::equal(cached->test.images, loaded.test.images));
  CHECK(2 * cached->test.labels.sum().item<std::int64_t>() == cached->test.labels.size(0));
}

TEST_CASE("a limit is a view of the source, a choice of classes a copy", "[data_cache]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  DataCache cache({1, 2});
  const auto name = folder.path().string();
  const auto whole = cache.get(name), limited = cache.get(name + "@5");
  CHECK(whole == cache.get(name));
  CHECK(limited->train.images.data_ptr() == whole->train.images.data_ptr());
  CHECK(cache.copied_bytes(DataSpec::parse(name + "@5")) == 0);
  CHECK(cache.copied_bytes(DataSpec::parse(name + "[1]")) == 120 * 4 * 4 / 3);
}

TEST_CASE("a choice of classes that leaves no training or test images is an error", "[data_cache]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  // One image of class 1 is left, so that two of the three splits have none of it.
  for (int i = 1; i < 40; ++i) fs::remove(folder.path() / "c1" / (std::to_string(i) + ".pgm"));
  DataCache cache(ImageForm{1, 2});
  CHECK_NOTHROW(cache.get(folder.path().string() + "[0,1]"));
  CHECK_THROWS_WITH(cache.get(folder.path().string() + "[1]"), Catch::Contains("images"));
}

TEST_CASE("threads that ask for one source at once share it", "[data_cache]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  DataCache cache({1, 2});
  std::vector<std::shared_ptr<const TensorData>> got(4);
  std::vector<std::thread> threads;
  for (auto& slot : got) threads.emplace_back([&] { slot = cache.get(folder.path().string()); });
  for (auto& thread : threads) thread.join();
  for (const auto& data : got) CHECK(data == got.front());
}
