#include <catch2/catch.hpp>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/compute/module_io.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/runtime/dataset.hpp"

using namespace weightloom;
using weightloom::test::TemporaryFolder;

namespace {

void write_arrays(const std::filesystem::path& folder, const torch::Tensor& inputs, const torch::Tensor& targets) {
  std::filesystem::create_directories(folder);
  for (const std::string split : {"train", "test"}) {
    write_npy(folder / (split + "_inputs.npy"), to_host(inputs));
    write_npy(folder / (split + "_targets.npy"), to_host(targets));
  }
}

}  // namespace

TEST_CASE("a folder of arrays is a data set: a tenth held out, the rest in an order of its own", "[array_data]") {
  TemporaryFolder folder;
  const auto inputs = torch::arange(40).to(torch::kFloat).view({20, 2});
  write_arrays(folder / "values", inputs, inputs * 2);
  const auto data = load_tensors(DataSpec::parse((folder / "values").string()), {});
  CHECK(data.train.images.sizes() == torch::IntArrayRef{18, 2});
  CHECK(data.validation.images.sizes() == torch::IntArrayRef{2, 2});
  CHECK(torch::equal(data.test.images, inputs));
  CHECK(torch::equal(data.train.labels, data.train.images * 2));
  CHECK(data.classes() == 0);
  const auto all = std::get<0>(torch::cat({data.train.images, data.validation.images}).select(1, 0).sort());
  CHECK(torch::equal(all, inputs.select(1, 0)));

  const auto some = load_tensors(DataSpec::parse((folder / "values").string() + "@5"), {});
  CHECK(torch::equal(some.train.images, data.train.images.narrow(0, 0, 5)));
}

TEST_CASE("classes of arrays can be chosen where each sample has one", "[array_data]") {
  TemporaryFolder folder;
  const auto inputs = torch::arange(30).to(torch::kFloat).view({30, 1});
  const auto classes = torch::arange(30).remainder(3);
  write_arrays(folder / "classes", inputs, classes);
  const auto data = load_tensors(DataSpec::parse((folder / "classes").string() + "[2,0]"), {});
  CHECK(data.class_names == std::vector<std::string>{"2", "0"});
  CHECK(torch::equal(data.test.labels,
                     1 - (data.test.images.squeeze(1).to(torch::kInt64).remainder(3) / 2).floor().to(torch::kInt64)));
  write_arrays(folder / "places", inputs, classes.view({30, 1}).expand({30, 2}).contiguous());
  CHECK_THROWS_WITH(load_tensors(DataSpec::parse((folder / "places").string() + "[2,0]"), {}),
                    Catch::Contains("do not have one class each"));
}
