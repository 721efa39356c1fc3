#include "weightloom/generator/tasks.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <set>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;
namespace fs = std::filesystem;

namespace {

// Three classes of 30 images of one pixel, every image of another brightness.
void write_images(const fs::path& folder) {
  for (int c = 0; c < 3; ++c)
    for (int i = 0; i < 30; ++i) {
      fs::create_directories(folder / ("c" + std::to_string(c)));
      std::ofstream file(folder / ("c" + std::to_string(c)) / (std::to_string(i) + ".pgm"), std::ios::binary);
      file << "P5 1 1 255\n" << static_cast<char>(c * 60 + i);
    }
}

std::set<float> values(const torch::Tensor& images) {
  const auto flat = images.contiguous().flatten();
  return {flat.data_ptr<float>(), flat.data_ptr<float>() + flat.numel()};
}

}  // namespace

TEST_CASE("examples and batches come from the images that a train limit leaves", "[tasks]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  const auto name = folder.path().string();
  DataCache data({1, 1});
  const TaskImages images(data, {name});
  for (const auto* form : {"[2,0]@15", "@15", "[1]@3"}) {
    const auto task = task_of(data, name + form);
    auto generator = make_generator(0);
    const auto rows = images.draw_rows({task}, 400, generator);
    const auto drawn = values(images.images().index_select(0, rows.flatten()));
    const auto batch = values(images.batch({task}, 1000, generator).images);
    const auto allowed = values(data.get(name + form)->train.images);
    CHECK(drawn == allowed);
    CHECK(batch == allowed);
  }
}

TEST_CASE("a batch's labels are places in the task, not classes of the source", "[tasks]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  const auto name = folder.path().string();
  DataCache data({1, 1});
  const TaskImages images(data, {name});
  auto generator = make_generator(0);
  const auto batch = images.batch({task_of(data, name + "[2,0]")}, 200, generator);
  const auto bright = batch.images.flatten() > 0;  // class 2, standardised
  CHECK(torch::equal(bright, batch.labels.flatten() == 0));
}

TEST_CASE("a limit that leaves a class without images is an error that names it", "[tasks]") {
  const test::TemporaryFolder folder;
  write_images(folder.path());
  const auto name = folder.path().string();
  DataCache data({1, 1});
  const TaskImages images(data, {name});
  auto generator = make_generator(0);
  CHECK_THROWS_AS(images.draw_rows({task_of(data, name + "@1")}, 2, generator), Error);
}

TEST_CASE("tasks have one class set in any order and under any limit", "[tasks]") {
  CHECK(class_set(DataSpec::parse("a[3,1]@9")) == class_set(DataSpec::parse("a[1,3]")));
  CHECK(class_set(DataSpec::parse("a[3,1]")) != class_set(DataSpec::parse("a[3,2]")));
  CHECK(class_set(DataSpec::parse("a[3,1]")) != class_set(DataSpec::parse("b[3,1]")));
}
