#pragma once
// The process of one session.

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "session.hpp"
#include "worker_child.hpp"
#include "zygote.hpp"

namespace weightloom::host {

// A child that waits for a session, carries it out, and ends.
class Worker {
 public:
  // Starts it. REQUIRES a single-threaded caller.
  Worker();
  // Begun by a zygote, which outlives it, with the plugin loaded.
  explicit Worker(Zygote& zygote);
  // Ends it, whatever it does.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Its process is there. False where there was no starting it, and once it was seen to have ended.
  bool exists();
  // REQUIRES that it has begun no other, or was told to stay and has finished that.
  void begin(const SessionRequest& request);
  // Nothing that matters is to come any more.
  bool finished() const { return finished_; }
  // Everything was answered.
  bool complete() const { return complete_; }
  // The answers, as they came.
  const std::string& parts() const { return parts_text_; }
  int sessions() const { return sessions_; }
  // What to wait for, and for how long.
  void add_to(std::vector<pollfd>& waits) const;
  std::chrono::milliseconds time_left() const;
  // Reads what is there, and ends it when its time or its room is used up.
  void look();
  // Its transcript as a PluginProcess reads it.
  std::string packed() const;

 private:
  WorkerEnds open_pipes();
  void end(Transcript::End why);
  void bury();
  bool drain(int& pipe, std::string& kept, std::size_t limit, std::uint64_t& count);
  void take_stock();

  Zygote* zygote_ = nullptr;  // until it has said which process it is
  pid_t process_ = 0;
  int handle_ = -1, orders_ = -1, parts_ = -1, prints_ = -1;
  int sessions_ = 0;
  bool finished_ = false, observed_ = false, complete_ = false;
  std::chrono::steady_clock::time_point deadline_;
  Transcript::End end_ = Transcript::End::kExit;
  int number_ = 0;
  std::string parts_text_, printed_text_;
  std::uint64_t parts_bytes_ = 0, printed_bytes_ = 0;
  std::size_t parts_seen_ = 0;  // bytes of whole parts
};

}  // namespace weightloom::host
