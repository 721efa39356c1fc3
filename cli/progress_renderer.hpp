#pragma once
// Draws progress on stderr: a bar on a terminal, plain lines in a log file, JSON lines for machines, or nothing.

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "cli/settings.hpp"
#include "weightloom/base/progress.hpp"

namespace weightloom::cli {

enum class ProgressMode { kNone, kBar, kPlain, kJson };

// "auto" is a bar on a terminal, plain lines elsewhere, nothing with -q.
ProgressMode progress_mode(const Settings& settings);

// Units per second, exponentially weighted over the updates (half weight after about 5 s), so that the estimate follows
// a change of speed.
class RateEstimate {
 public:
  using Clock = std::chrono::steady_clock;
  void update(std::uint64_t done, Clock::time_point now);
  double per_second() const { return rate_; }

 private:
  bool started_ = false;
  std::uint64_t done_ = 0;
  Clock::time_point at_;
  double rate_ = 0;
};

// [any-thread]
class ProgressRenderer {
 public:
  explicit ProgressRenderer(ProgressMode mode) : mode_(mode) {}
  ~ProgressRenderer();
  ProgressRenderer(const ProgressRenderer&) = delete;
  ProgressRenderer& operator=(const ProgressRenderer&) = delete;

  void show(const ProgressEvent& event);
  // A line of `kind` ("note", "warning") that does not tear the bar.
  void message(std::string_view kind, std::string_view text);

 private:
  using Clock = RateEstimate::Clock;
  struct Task {
    RateEstimate rate;
    Clock::time_point start, shown;
  };
  void draw(const ProgressEvent& event, const Task& task);
  void take_bar_back();

  ProgressMode mode_;
  std::mutex mutex_;
  std::map<std::string, Task> tasks_;
  bool bar_drawn_ = false;
};

// "grow  12/64 networks  3.1/s  17 s left  loss 0.43".
std::string progress_line(const ProgressEvent& event, double rate);
// The event of `type` ("task_start", "progress", "task_end") as --progress=json writes it.
Json progress_json(const ProgressEvent& event, const char* type, double rate, double elapsed);

}  // namespace weightloom::cli
