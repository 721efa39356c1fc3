#include "weightloom/base/memory.hpp"

#include <catch2/catch.hpp>
#include <vector>

#include "weightloom/base/error.hpp"

using namespace weightloom;

TEST_CASE("what is left of memory is known, and what takes more is refused with both sizes", "[memory]") {
  const auto available = available_memory();
  REQUIRE(available);
  CHECK(*available > 0);
  CHECK_NOTHROW(expect_memory(0, "nothing", "nothing"));
  try {
    expect_memory(std::uint64_t{1} << 62, "'a network'", "ask for less");
    FAIL("4 EiB were promised");
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kFailure);
    CHECK(error.id() == "memory.short");
    CHECK(error.what() != std::string());
    CHECK(error.hint() == "ask for less");
    CHECK(error.why().find("are left") != std::string::npos);
  }
}

TEST_CASE("the peak of memory follows what is held, and can be started anew", "[memory]") {
  constexpr std::size_t kSize = std::size_t{64} << 20;
  reset_peak_memory();
  const auto before = peak_memory();
  CHECK(before > 0);
  CHECK(std::vector<char>(kSize, 'x').back() == 'x');
  CHECK(peak_memory() >= before + kSize / 2);
  reset_peak_memory();
  CHECK(peak_memory() < before + kSize / 2);
}
