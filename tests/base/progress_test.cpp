#include "weightloom/base/progress.hpp"

#include <catch2/catch.hpp>
#include <csignal>

#include "thrown.hpp"

using namespace weightloom;

// A request is never taken back: this is the only test of the process that makes one.
TEST_CASE("nothing is interrupted before it is asked for, and everything afterwards") {
  CHECK_FALSE(interrupt_requested());
  throw_if_interrupted();

  const auto before = std::signal(SIGUSR1, [](int) { request_interrupt(); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);

  CHECK(interrupt_requested());
  for (int i = 0; i < 2; ++i) {
    const auto error = test::thrown(throw_if_interrupted);
    CHECK(error.code() == ErrorCode::kInterrupted);
    CHECK(error.id() == "interrupted");
  }
}
