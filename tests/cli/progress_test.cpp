#include <catch2/catch.hpp>

#include "cli/progress_renderer.hpp"

using namespace weightloom;
using namespace weightloom::cli;
using namespace std::chrono_literals;

TEST_CASE("the rate follows a change of speed within a few half-lives") {
  RateEstimate rate;
  RateEstimate::Clock::time_point now{};
  std::uint64_t done = 0;
  for (int i = 0; i < 20; ++i) rate.update(done += 100, now += 1s);
  CHECK(rate.per_second() == Approx(100));
  for (int i = 0; i < 30; ++i) rate.update(done += 10, now += 1s);
  CHECK(rate.per_second() == Approx(10).epsilon(0.2));
}

TEST_CASE("progress that resumes from the middle does not claim a speed at once") {
  RateEstimate rate;
  rate.update(5000, RateEstimate::Clock::time_point{});
  CHECK(rate.per_second() == 0);
}

TEST_CASE("a line shows count, rate and time left, and a false percentage never") {
  ProgressEvent event{.task = "grow", .done = 12, .total = 64, .unit = "networks", .detail = {{"loss", 0.4321}}};
  CHECK(progress_line(event, 4) == "grow  12/64 networks  4/s  13 s left  loss 0.4321");
  event.total = 0;
  CHECK(progress_line(event, 4) == "grow  12 networks  4/s  loss 0.4321");
}

TEST_CASE("bytes are shown as sizes") {
  const ProgressEvent event{.task = "import", .done = 1u << 20, .total = 1u << 21, .unit = "bytes"};
  CHECK(progress_line(event, 1u << 20) == "import  1.0 MiB/2.0 MiB  1.0 MiB/s  1.0 s left");
}

TEST_CASE("progress as JSON has raw numbers and null for what is unknown") {
  const ProgressEvent event{.task = "train", .done = 5, .total = 0, .unit = "steps"};
  const Json line = progress_json(event, "progress", 2.5, 2);
  CHECK(line["rate"] == 2.5);
  CHECK(line["total"].is_null());
  CHECK(line["eta_s"].is_null());
}

TEST_CASE("quiet silences automatic progress but not one that was asked for") {
  Settings settings;
  settings.quiet = true;
  CHECK(progress_mode(settings) == ProgressMode::kNone);
  settings.progress = "json";
  CHECK(progress_mode(settings) == ProgressMode::kJson);
}

TEST_CASE("names and figures in a progress line cannot steer the terminal") {
  const ProgressEvent event{
      .task = "import\x1b[A", .done = 1, .total = 0, .unit = "files\n", .detail = {{"file", "\u202ea\x9b"}}};
  CHECK(progress_line(event, 0) == "import\\x1b[A  1 files\\n  file \\u202ea\\x9b");
}
