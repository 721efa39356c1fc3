#pragma once
// The state of a process that a plugin must leave alone.

#include <map>
#include <string>
#include <vector>

#include "session.hpp"

namespace weightloom {

class ProcessState {
 public:
  // That of the calling process, now.
  static ProcessState now();
  // What `later` has that this had not, or otherwise.
  std::vector<Trace> changes(const ProcessState& later) const;

 private:
  std::map<int, std::string> signals_;            // disposition by number
  std::map<std::string, std::string> variables_;  // of the environment
  std::map<std::string, std::string> descriptors_;
  std::string locale_, directory_;
  std::size_t threads_ = 0, children_ = 0;
};

}  // namespace weightloom
