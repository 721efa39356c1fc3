#include "weightloom/data/grouping.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <string>

#include "../support/temporary_folder.hpp"
#include "error_id.hpp"
#include "image_files.hpp"
#include "weightloom/data/dataset.hpp"

using namespace weightloom;
using weightloom::testing::error_id;
using Labels = std::vector<std::int64_t>;

TEST_CASE("a grouping reads back as written", "[data]") {
  for (const char* text : {"mnist[7,rest]", "mnist[rest,7+1]", "./photos[0+2,1+3]"}) {
    INFO(text);
    const auto grouping = ClassGrouping::of(text);
    REQUIRE(grouping);
    CHECK(grouping->text() == text);
    CHECK(DataSpec::parse(text).source == text);
    CHECK(DataSpec::parse(text).classes.empty());
    CHECK(ungrouped(text) == grouping->source);
  }
  for (const char* text : {"mnist", "mnist[7,3]", "rest", "[rest]"}) CHECK(!ClassGrouping::of(text));
  const auto spec = DataSpec::parse("mnist[7,rest][1,0]@20");
  CHECK(spec.source == "mnist[7,rest]");
  CHECK(spec.classes == Labels{1, 0});
  CHECK(spec.text() == "mnist[7,rest][1,0]@20");
}

TEST_CASE("a malformed grouping is refused as wrong usage", "[data]") {
  for (const char* text :
       {"mnist[rest]", "mnist[rest,rest]", "mnist[1+1,rest]", "mnist[1,1+2]", "mnist[1+,rest]", "mnist[a+1,rest]",
        "mnist[,rest]", "mnist[1+2]", "mnist[-1,rest]", "[7,rest]", "mnist[1+2,rest][0+1,rest]"}) {
    INFO(text);
    CHECK(error_id([&] { DataSpec::parse(text); }) == "data.spec");
  }
  CHECK(error_id([] { ClassGrouping::of("a[7,rest]")->group_of_each(5); }) == "data.class");
  CHECK(error_id([] { ClassGrouping::of("a[0+1,rest]")->group_of_each(2); }) == "data.class");
}

TEST_CASE("classes have the group that names them, others the rest or none", "[data]") {
  CHECK(ClassGrouping::of("a[2,rest]")->group_of_each(4) == Labels{1, 1, 0, 1});
  CHECK(ClassGrouping::of("a[2+0,3]")->group_of_each(4) == Labels{0, -1, 0, 1});
  CHECK(ClassGrouping::of("a[2+0,rest]")->names({"x", "y", "z"}) == std::vector<std::string>{"z+x", "rest"});
  CHECK(source_class_names("mnist[7,rest]") == std::vector<std::string>{"seven", "rest"});
}

TEST_CASE("groups have equal shares, drawn from all of a group and fixed by the seed", "[data]") {
  const Labels labels{0, 1, 1, 1, 1, 0, 1, 1, 1, 1};
  const auto shares = equal_shares(labels, 2, 3);
  REQUIRE(shares.size() == 4);
  CHECK(std::ranges::is_sorted(shares));
  CHECK(std::ranges::count_if(shares, [&](auto i) { return labels[static_cast<std::size_t>(i)] == 0; }) == 2);
  CHECK(equal_shares(labels, 2, 3) == shares);
  CHECK(equal_shares({1, 1}, 2, 0).empty());
}

TEST_CASE("images of groups are as many of each, in every split", "[data]") {
  const test::TemporaryFolder folder;
  const auto write = [&](const std::string& prefix, std::uint32_t count) {
    std::string pixels, labels;
    for (std::uint32_t i = 0; i < count; ++i) {
      pixels.append(4, static_cast<char>(i % 10));
      labels += static_cast<char>(i % 10);
    }
    weightloom::testing::write_bytes(folder.path() / "mnist" / (prefix + "-images-idx3-ubyte"),
                                     weightloom::testing::idx_bytes({count, 2, 2}, pixels));
    weightloom::testing::write_bytes(folder.path() / "mnist" / (prefix + "-labels-idx1-ubyte"),
                                     weightloom::testing::idx_bytes({count}, labels));
  };
  write("train", 200);
  write("t10k", 60);
  ::setenv("WEIGHTLOOM_DATA", folder.path().c_str(), 1);
  const auto whole = load_images(DataSpec::parse("mnist"), {1, 2});
  const auto data = load_images(DataSpec::parse("mnist[7,rest]"), {1, 2});
  const auto turned = load_images(DataSpec::parse("mnist[7,rest][1,0]@5"), {1, 2});
  CHECK(error_id([] { load_images(DataSpec::parse("mnist[10,rest]"), {1, 2}); }) == "data.class");
  ::unsetenv("WEIGHTLOOM_DATA");
  CHECK(data.class_names == std::vector<std::string>{"seven", "rest"});
  CHECK(data.mean == whole.mean);
  CHECK(data.hash != whole.hash);
  for (const auto* split : {&data.train, &data.validation, &data.test}) {
    CHECK(2 * std::ranges::count(split->labels, 0) == split->count());
    for (std::size_t i = 0; i < split->labels.size(); ++i) {
      const auto value = std::lround(split->images[4 * i] * data.deviation[0] + data.mean[0]);
      CHECK((value == 7) == (split->labels[i] == 0));
    }
  }
  CHECK(data.test.count() == 12);
  CHECK(turned.class_names == std::vector<std::string>{"rest", "seven"});
  CHECK(turned.train.count() == 5);
  CHECK(turned.test.labels[0] == 1 - data.test.labels[0]);
}
