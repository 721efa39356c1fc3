#include "weightloom/base/error.hpp"

#include <catch2/catch.hpp>

using namespace weightloom;

TEST_CASE("what() joins what failed and why, and leaves out what is missing") {
  CHECK(std::string(Error(ErrorCode::kFailure, "x.y", "cannot read", "it is gone", "look again").what()) ==
        "cannot read: it is gone");
  CHECK(std::string(Error(ErrorCode::kFailure, "x.y", "cannot read").what()) == "cannot read");
}

TEST_CASE("an error keeps its parts and has no place until it is given one") {
  const Error error(ErrorCode::kRefused, "file.truncated", "cannot read", "it ends early", "get it again");
  CHECK(error.code() == ErrorCode::kRefused);
  CHECK(error.id() == "file.truncated");
  CHECK(error.summary() == "cannot read");
  CHECK(error.why() == "it ends early");
  CHECK(error.hint() == "get it again");
  CHECK(error.path().empty());
  CHECK_FALSE(error.offset().has_value());
}

TEST_CASE("the place of an error survives being thrown, byte 0 too") {
  try {
    throw Error(ErrorCode::kRefused, "x.y", "cannot read").at("a.safetensors", 0);
  } catch (const Error& error) {
    CHECK(error.path() == "a.safetensors");
    CHECK(error.offset() == 0);
  }
}

TEST_CASE("a new place replaces the old one whole") {
  Error error(ErrorCode::kRefused, "x.y", "cannot read");
  error.at("a", 17).at("b");
  CHECK(error.path() == "b");
  CHECK_FALSE(error.offset().has_value());
}

// Scripts depend on these.
TEST_CASE("kinds of failure have their documented exit codes") {
  CHECK(static_cast<int>(ErrorCode::kFailure) == 1);
  CHECK(static_cast<int>(ErrorCode::kUsage) == 2);
  CHECK(static_cast<int>(ErrorCode::kDamaged) == 3);
  CHECK(static_cast<int>(ErrorCode::kNotFound) == 4);
  CHECK(static_cast<int>(ErrorCode::kAmbiguous) == 5);
  CHECK(static_cast<int>(ErrorCode::kRefused) == 6);
  CHECK(static_cast<int>(ErrorCode::kPlugin) == 7);
  CHECK(static_cast<int>(ErrorCode::kNoStore) == 10);
  CHECK(static_cast<int>(ErrorCode::kLocked) == 11);
  CHECK(static_cast<int>(ErrorCode::kOverQuota) == 12);
  CHECK(static_cast<int>(ErrorCode::kInterrupted) == 130);
}
