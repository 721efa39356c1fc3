#include "weightloom/tokenizer/training.hpp"

#include <catch2/catch.hpp>

#include "../support/small_networks.hpp"
#include "../support/small_tokenizer.hpp"
#include "../support/temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/runtime/evaluation.hpp"

using namespace weightloom;

namespace {

// Four classes of 4 x 4 images, of 40, 60, 80 and 100 images: no two choices of three have splits of one size.
void write_classes(const std::filesystem::path& folder) {
  for (int k = 0; k < 4; ++k) {
    const auto place = folder / ("row" + std::to_string(k));
    std::filesystem::create_directories(place);
    for (int i = 0; i < 40 + 20 * k; ++i) {
      std::string pixels(16, '\0');
      for (int x = 0; x < 4; ++x) pixels[static_cast<std::size_t>(4 * k + x)] = static_cast<char>(100 + i);
      test::write_quickly(place / (std::to_string(i) + ".pgm"), "P5 4 4 255\n" + pixels);
    }
  }
}

ZooRecord on(const std::string& dataset) {
  ZooRecord record;
  record.dataset = dataset;
  return record;
}

}  // namespace

TEST_CASE("the rate is the mean over networks, whatever the sizes of their test splits", "[rate]") {
  const test::TemporaryFolder folder;
  write_classes(folder.path());
  const std::string source = folder.path().string();
  DataCache data(ImageForm{1, 4});
  const auto description = test::small_mlp(2);
  const Tokenizer tokenizer(test::small_tokenizer_config(), {}, data.get(source)->train.images.slice(0, 0, 16).clone());
  const auto plan = tokenizer.plan(description);
  const MemberGroup group{
      plan, {on(source + "[0,1,2]"), on(source + "[3,2,1]")}, initial_weights(description, 2, 1), {}};
  REQUIRE(data.get(group.records[0].dataset)->test.labels.size(0) !=
          data.get(group.records[1].dataset)->test.labels.size(0));

  const auto rows = rate_report(tokenizer, {group}, data, 10);
  REQUIRE(rows.size() == 2);
  double accuracy = 0;
  for (std::int64_t m = 0; m < 2; ++m)
    accuracy += evaluate(plan->executor(), group.weights.member(m),
                         {&data.get(group.records[static_cast<std::size_t>(m)].dataset)->test})
                    .accuracy[0];
  CHECK(rows[0].original_accuracy == Approx(accuracy / 2));
  CHECK(rows[1].stages == 2);
  CHECK(rows[1].networks == 2);
  CHECK(rows[1].bits_per_weight > rows[0].bits_per_weight);

  // A network that is its own anchor has no deviation to lose.
  const MemberGroup still{plan, {group.records[0]}, plan->anchor(), {}};
  CHECK(std::isfinite(rate_report(tokenizer, {still}, data, 10)[0].relative_error));
}

TEST_CASE("a zoo without data sets has nothing to draw reference images from", "[rate]") {
  DataCache data(ImageForm{1, 4});
  CHECK_THROWS_WITH(draw_reference_images(data, {}, 0), Catch::Contains("nothing to train the tokenizer on"));
}
