#include <catch2/catch.hpp>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"

using namespace weightloom;

TEST_CASE("a data set text reads back as written", "[data]") {
  for (const char* text :
       {"mnist", "fashion-mnist[7,3,1,0]", "cifar10@5000", "./my photos", "mnist[3,1]@20", "/data@home/x"})
    CHECK(DataSpec::parse(text).text() == text);
  const auto spec = DataSpec::parse("mnist[3,1]@20");
  CHECK(spec.source == "mnist");
  CHECK(spec.classes == std::vector<std::int64_t>{3, 1});
  CHECK(spec.train_limit == 20);
}

TEST_CASE("a malformed data set text is refused as wrong usage", "[data]") {
  for (const char* text : {"", "[1]", "mnist]", "mnist[]", "mnist[1,]", "mnist[1,1]", "mnist[a]", "mnist[-1]", "mnist@",
                           "mnist@0", "mnist@1e3", "mnist@99999999999999999999", "@5"}) {
    INFO(text);
    try {
      DataSpec::parse(text);
      FAIL("accepted");
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kUsage);
      CHECK(!error.hint().empty());
    }
  }
}
