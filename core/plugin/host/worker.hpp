#pragma once
// The process of one session.

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "session.hpp"

namespace weightloom::host {

// A child that waits for a session, carries it out, and ends.
class Worker {
 public:
  // Starts it. REQUIRES a single-threaded caller.
  explicit Worker(int server_socket);
  // Ends it, whatever it does.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  void begin(SessionRequest request, Place place);
  // Nothing that matters is to come any more.
  bool finished() const { return finished_; }
  // What to wait for, and for how long.
  void add_to(std::vector<pollfd>& waits) const;
  std::chrono::milliseconds time_left() const;
  // Reads what is there, and ends it when its time or its room is used up.
  void look();
  // Its transcript as a PluginProcess reads it.
  std::string packed() const;

 private:
  void end(Transcript::End why);
  void bury();
  bool drain(int& pipe, std::string& kept, std::size_t limit, std::uint64_t& count);

  pid_t process_ = 0;
  int handle_ = -1, orders_ = -1, parts_ = -1, prints_ = -1;
  bool finished_ = false, observed_ = false;
  std::chrono::steady_clock::time_point deadline_;
  Transcript::End end_ = Transcript::End::kExit;
  int number_ = 0;
  std::string parts_text_, printed_text_;
  std::uint64_t parts_bytes_ = 0, printed_bytes_ = 0;
};

}  // namespace weightloom::host
