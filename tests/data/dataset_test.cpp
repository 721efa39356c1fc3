#include "weightloom/data/dataset.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <set>

#include "../support/temporary_folder.hpp"
#include "error_id.hpp"
#include "image_files.hpp"

using namespace weightloom;
using namespace weightloom::test;
using namespace weightloom::testing;

namespace {

// A data folder in which "mnist" has 40 training and 20 test images of 2 x 2 pixels: image i shows i everywhere and has
// label i % 10.
struct SmallMnist {
  TemporaryFolder folder;
  SmallMnist() {
    write("train", 40);
    write("t10k", 20);
    ::setenv("WEIGHTLOOM_DATA", folder.path().c_str(), 1);
  }
  ~SmallMnist() { ::unsetenv("WEIGHTLOOM_DATA"); }
  std::filesystem::path file(const std::string& name) const { return folder.path() / "mnist" / name; }
  void write(const std::string& prefix, std::uint32_t count) const {
    std::string pixels, labels;
    for (std::uint32_t i = 0; i < count; ++i) {
      pixels.append(4, static_cast<char>(i));
      labels += static_cast<char>(i % 10);
    }
    write_bytes(file(prefix + "-images-idx3-ubyte"), idx_bytes({count, 2, 2}, pixels));
    write_bytes(file(prefix + "-labels-idx1-ubyte"), idx_bytes({count}, labels));
  }
};

std::vector<float> pixel_values(const ImageData& data, const ImageSet& split) {
  const auto stride = static_cast<std::size_t>(data.form.channels * data.form.size * data.form.size);
  std::vector<float> out;
  for (std::size_t i = 0; i < split.images.size(); i += stride)
    out.push_back(std::round(split.images[i] * data.deviation[0] + data.mean[0]));
  return out;
}

}  // namespace

TEST_CASE("splits are disjoint, complete and fixed by the seed", "[data]") {
  const SmallMnist mnist;
  const auto data = load_images(DataSpec::parse("mnist"), {1, 2});
  CHECK(data.train.count() == 36);
  CHECK(data.validation.count() == 4);
  CHECK(data.test.count() == 20);
  CHECK(data.class_names.size() == 10);
  CHECK(data.class_names[3] == "three");
  auto all = pixel_values(data, data.train);
  const auto validation = pixel_values(data, data.validation);
  all.insert(all.end(), validation.begin(), validation.end());
  CHECK(std::set<float>(all.begin(), all.end()).size() == 40);
  for (std::size_t i = 0; i < data.train.labels.size(); ++i)
    CHECK(data.train.labels[i] == static_cast<std::int64_t>(all[i]) % 10);

  const auto again = load_images(DataSpec::parse("mnist"), {1, 2});
  CHECK(again.train.images == data.train.images);
  CHECK(again.hash == data.hash);
  CHECK(load_images(DataSpec::parse("mnist"), {1, 2}, 1).train.images != data.train.images);
}

TEST_CASE("images are standardised over the training images", "[data]") {
  const SmallMnist mnist;
  const auto data = load_images(DataSpec::parse("mnist"), {3, 4});
  CHECK(data.mean == std::vector<float>(3, 19.5f));
  double sum = 0, squares = 0;
  for (const auto* split : {&data.train, &data.validation})
    for (float value : split->images) sum += value, squares += static_cast<double>(value) * value;
  const double count = 40 * 3 * 16;
  CHECK(sum / count == Approx(0).margin(1e-5));
  CHECK(squares / count == Approx(1).epsilon(1e-4));
}

TEST_CASE("a class subset is relabelled in the order given", "[data]") {
  const SmallMnist mnist;
  const auto data = load_images(DataSpec::parse("mnist[7,2]"), {1, 2});
  CHECK(data.class_names == std::vector<std::string>{"seven", "two"});
  CHECK(data.test.labels == std::vector<std::int64_t>{1, 0, 1, 0});
  for (float value : pixel_values(data, data.train))
    CHECK((static_cast<int>(value) % 10 == 7 || static_cast<int>(value) % 10 == 2));
}

TEST_CASE("a train limit takes the first of the shuffled training images", "[data]") {
  const SmallMnist mnist;
  const auto all = load_images(DataSpec::parse("mnist"), {1, 2});
  const auto few = load_images(DataSpec::parse("mnist@5"), {1, 2});
  CHECK(few.train.count() == 5);
  CHECK(std::equal(few.train.images.begin(), few.train.images.end(), all.train.images.begin()));
  CHECK(few.validation.images == all.validation.images);
  CHECK(few.test.images == all.test.images);
  CHECK(few.hash != all.hash);
}

TEST_CASE("a train limit counts the images of the chosen classes", "[data]") {
  const SmallMnist mnist;
  const auto all = load_images(DataSpec::parse("mnist[7,2]"), {1, 2});
  const auto few = load_images(DataSpec::parse("mnist[7,2]@5"), {1, 2});
  REQUIRE(all.train.count() > 5);
  CHECK(few.train.count() == 5);
  CHECK(std::equal(few.train.labels.begin(), few.train.labels.end(), all.train.labels.begin()));
  CHECK(std::equal(few.train.images.begin(), few.train.images.end(), all.train.images.begin()));
}

TEST_CASE("gzip-compressed files give the same data", "[data]") {
  const SmallMnist mnist;
  const auto plain = load_images(DataSpec::parse("mnist"), {1, 2});
  for (const char* name : {"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"}) {
    std::ifstream in(mnist.file(name), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    write_bytes(mnist.file(std::string(name) + ".gz"), gzip(mnist.folder.path() / "scratch", bytes));
    std::filesystem::remove(mnist.file(name));
  }
  const auto packed = load_images(DataSpec::parse("mnist"), {1, 2});
  CHECK(packed.hash == plain.hash);
  CHECK(packed.train.images == plain.train.images);
}

TEST_CASE("damaged IDX files are refused with path and reason", "[data]") {
  const SmallMnist mnist;
  const auto images = mnist.file("train-images-idx3-ubyte"), labels = mnist.file("train-labels-idx1-ubyte");
  const auto load = [] { load_images(DataSpec::parse("mnist"), {1, 2}); };
  const std::string pixels(160, 'x'), forty(40, '\1');
  write_bytes(images, "");
  CHECK(error_id(load) == "idx.truncated");
  write_bytes(images, idx_bytes({160}, pixels));
  CHECK(error_id(load) == "idx.magic");
  write_bytes(images, idx_bytes({40, 2, 2}, pixels.substr(1)));
  CHECK(error_id(load) == "idx.size");
  write_bytes(images, idx_bytes({0xffffffff, 0xffffffff, 0xffffffff}, pixels));
  CHECK(error_id(load) == "idx.too_large");
  write_bytes(images, idx_bytes({20, 4, 2}, pixels));
  CHECK(error_id(load) == "idx.count");
  write_bytes(images, idx_bytes({40, 2, 2}, pixels));
  write_bytes(labels, idx_bytes({40}, forty.substr(1) + "\x0b"));
  CHECK(error_id(load) == "idx.label");
  std::filesystem::remove(labels);
  write_bytes(labels.string() + ".gz", gzip(mnist.folder.path() / "scratch", idx_bytes({40}, forty)).substr(0, 30));
  CHECK(error_id(load) == "idx.gzip");
}

TEST_CASE("CIFAR-10 rows become images", "[data]") {
  const SmallMnist data_folder;
  const auto folder = data_folder.folder.path() / "cifar10";
  std::vector<std::uint8_t> row(3 * 1024 * 2);
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = static_cast<std::uint8_t>(i % 3 * 10 + i / 3072);
  for (const char* name : {"data_batch_1.png", "data_batch_2.png", "data_batch_3.png", "data_batch_4.png",
                           "data_batch_5.png", "test_batch.png"})
    write_png(folder / name, 3, 1024, 2, row);
  write_bytes(folder / "train_lables.json", "[0,1,2,3,4,5,6,7,8,9]");
  write_bytes(folder / "test_lables.json", "[3,4]");
  const auto load = [] { return load_images(DataSpec::parse("cifar10"), {3, 32}); };
  const auto data = load();
  CHECK(data.train.count() == 9);
  CHECK(data.test.labels == std::vector<std::int64_t>{3, 4});
  CHECK(data.mean == std::vector<float>{0.5f, 10.5f, 20.5f});
  CHECK(data.test.images[0] == Approx(-1));

  write_bytes(folder / "test_lables.json", "[3]");
  CHECK(error_id(load) == "cifar.count");
  write_bytes(folder / "test_lables.json", "[3,10]");
  CHECK(error_id(load) == "cifar.labels");
  write_bytes(folder / "test_lables.json", "[3,4");
  CHECK(error_id(load) == "cifar.labels");
}

TEST_CASE("a folder of images is a data set", "[data]") {
  const TemporaryFolder folder;
  for (int i = 0; i < 20; ++i) {
    const auto value = static_cast<std::uint8_t>(i);
    write_png(folder.path() / "cats" / (std::to_string(i) + ".png"), 1, 3, 2, std::vector<std::uint8_t>(6, value));
    write_jpeg(folder.path() / "dogs" / (std::to_string(i) + ".JPG"), 8, 8, std::vector<std::uint8_t>(64, value));
  }
  write_bytes(folder.path() / "cats" / "notes.txt", "not an image");
  const auto data = load_images(DataSpec::parse(folder.path().string()), {1, 4});
  CHECK(data.class_names == std::vector<std::string>{"cats", "dogs"});
  CHECK(data.test.count() == 8);
  CHECK(data.train.count() + data.validation.count() == 32);

  write_bytes(folder.path() / "cats" / "broken.png", "\x89PNG and then nothing");
  CHECK(error_id([&] { load_images(DataSpec::parse(folder.path().string()), {1, 4}); }) == "image.png");
}

TEST_CASE("train and test folders are taken as they are", "[data]") {
  const TemporaryFolder folder;
  for (const char* name : {"train/a/1.png", "train/a/2.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"})
    write_png(folder.path() / name, 1, 1, 1, {5});
  const auto data = load_images(DataSpec::parse(folder.path().string()), {1, 1});
  CHECK(data.train.count() == 3);
  CHECK(data.test.count() == 2);
  std::filesystem::remove_all(folder.path() / "test/b");
  CHECK(error_id([&] { load_images(DataSpec::parse(folder.path().string()), {1, 1}); }) == "folder.missing_class");
}

TEST_CASE("what cannot be found or made says what to do", "[data]") {
  const SmallMnist mnist;
  CHECK(error_id([] { load_images(DataSpec::parse("cifar10"), {1, 2}); }) == "data.not_found");
  try {
    load_images(DataSpec::parse("mnits"), {1, 2});
    FAIL("accepted");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kNotFound);
    CHECK(error.hint() == "did you mean 'mnist'?");
  }
  CHECK(error_id([] { load_images(DataSpec::parse("mnist[10]"), {1, 2}); }) == "data.class");
  CHECK(error_id([] { load_images(DataSpec::parse("mnist"), {2, 2}); }) == "data.form");
  CHECK(error_id([] { load_images(DataSpec::parse("mnist"), {1, 0}); }) == "data.form");
}

TEST_CASE("the list of sources says where a data set is or how to get it", "[data]") {
  const SmallMnist mnist;
  for (const auto& source : list_data_sources()) {
    CHECK(source.how_to_get == "scripts/fetch_data.sh " + source.name);
    if (source.name == "mnist") {
      CHECK(source.available);
      CHECK(source.location == mnist.folder.path() / "mnist");
    }
  }
}

TEST_CASE("under limits images keep their size, and a sample of each class is kept", "[data]") {
  const SmallMnist mnist;
  const auto spec = DataSpec::parse("mnist");
  const auto small = load_images(spec, {3, 224}, 0, {false, 0});
  CHECK(small.form.channels == 1);
  CHECK(small.form.size == 2);
  CHECK(small.train.images == load_images(spec, {1, 2}).train.images);
  // Smaller than they lie there: resampled as ever.
  CHECK(load_images(spec, {1, 1}, 0, {false, 0}).form.size == 1);

  // Room for two training images of each class and one test image.
  const auto sampled = load_images(spec, {1, 2}, 0, {true, 4 * 4 * 10});
  CHECK(sampled.train.count() + sampled.validation.count() == 30);
  CHECK(sampled.test.count() == 10);
  CHECK(std::set(sampled.test.labels.begin(), sampled.test.labels.end()).size() == 10);
  const auto values = pixel_values(sampled, sampled.train);
  CHECK(std::set(values.begin(), values.end()).size() == values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    CHECK(static_cast<std::int64_t>(values[i]) % 10 == sampled.train.labels[i]);
  CHECK(load_images(spec, {1, 2}, 0, {true, 4 * 4 * 10}).train.images == sampled.train.images);
  // However little there is room for, no class is lost.
  CHECK(load_images(spec, {1, 2}, 0, {true, 1}).test.count() == 10);
}
