#include "weightloom/base/log.hpp"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>

#include "temporary_folder.hpp"
#include "thrown.hpp"
#include "weightloom/base/file.hpp"

using namespace weightloom;

namespace {

// What `function` writes on standard error.
template <class Function>
std::string messages(const Function& function) {
  const test::TemporaryFolder folder;
  const auto file = folder / "stderr";
  std::fflush(stderr);
  const int before = ::dup(STDERR_FILENO);
  std::FILE* capture = std::fopen(file.c_str(), "w");
  ::dup2(::fileno(capture), STDERR_FILENO);
  std::fclose(capture);
  function();
  std::fflush(stderr);
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  return read_file(file);
}

}  // namespace

TEST_CASE("the level decides what is said") {
  set_log_level("info");
  CHECK(messages([] {
          log().debug("silent");
          log().info("heard");
        }) == "info: heard\n");
  set_log_level("off");
  CHECK(messages([] { log().critical("silent"); }).empty());
  set_log_level("warn");
}

TEST_CASE("a level that does not exist is refused, and the level stays") {
  const auto level = GENERATE("", "loud", "WARN", "warn ");
  CAPTURE(level);
  const auto before = log().level();
  const auto error = test::thrown([&] { set_log_level(level); });
  CHECK(error.code() == ErrorCode::kUsage);
  CHECK(error.id() == "log.level");
  CHECK(log().level() == before);
}

TEST_CASE("a logged name cannot steer the terminal or pass for a message of its own") {
  CHECK(messages([] { log().warn("plugin {} refused", "\x1b[2K\u202e\nerror: x\xff"); }) ==
        "warning: plugin \\x1b[2K\\u202e\\nerror: x\\xff refused\n");
}
