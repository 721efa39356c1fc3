#include "weightloom/runtime/dataset.hpp"

#include <catch2/catch.hpp>

#include "synthetic.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;
using namespace weightloom::testing;

TEST_CASE("a class subset is relabelled and named after its source", "[dataset]") {
  const auto data = synthetic_data(4, 6);
  const auto subset = subset_classes(data, {3, 1});
  CHECK(subset.name == "synthetic[3,1]");
  CHECK(subset.class_names == std::vector<std::string>{"c3", "c1"});
  CHECK(subset.train.labels.size(0) ==
        data.train.labels.eq(3).sum().item<std::int64_t>() + data.train.labels.eq(1).sum().item<std::int64_t>());
  const auto threes = data.train.images.index_select(0, torch::nonzero(data.train.labels.eq(3)).squeeze(1));
  CHECK(
      torch::equal(subset.train.images.index_select(0, torch::nonzero(subset.train.labels.eq(0)).squeeze(1)), threes));
  CHECK(subset_classes(subset, {1}).name == "synthetic[1]");
  CHECK_THROWS_AS(subset_classes(data, {4}), Error);
}

TEST_CASE("data sets become sources of one task with all their classes", "[dataset]") {
  const auto a = synthetic_data(2, 6), b = synthetic_data(3, 6);
  const auto sources = number_classes_on({a, b});
  CHECK(torch::equal(sources[0].train.labels, a.train.labels));
  CHECK(torch::equal(sources[1].train.labels, b.train.labels + 2));
  CHECK(torch::equal(sources[1].test.labels, b.test.labels + 2));
  CHECK(sources[1].train.images.is_alias_of(b.train.images));
  CHECK(training_images(sources) == std::vector<const LabelledImages*>{&sources[0].train, &sources[1].train});
}

TEST_CASE("draws repeat for a seed", "[dataset]") {
  const auto data = synthetic_data(3, 6);
  auto first = make_generator(4), second = make_generator(4), third = make_generator(5);
  const auto a = draw(data.train, 10, first), b = draw(data.train, 10, second), c = draw(data.train, 10, third);
  CHECK(torch::equal(a.images, b.images));
  CHECK(!torch::equal(a.images, c.images));
}
