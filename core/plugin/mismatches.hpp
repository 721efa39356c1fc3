#pragma once
// Everything that is wrong with one plugin, gathered before it is refused, so that its author sees all of it at once.

#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/error.hpp"

namespace weightloom {

class Mismatches {
 public:
  void add(std::string problem, const std::string& remedy) {
    problems_ += (problems_.empty() ? "" : "; ") + std::move(problem);
    if (remedies_.find(remedy) == std::string::npos) remedies_ += (remedies_.empty() ? "" : "; ") + remedy;
  }
  void throw_if_any(const std::filesystem::path& path) const {
    if (problems_.empty()) return;
    throw Error(ErrorCode::kPlugin, "plugin.refused", "cannot load plugin " + path.string(), problems_, remedies_)
        .at(path.string());
  }

 private:
  std::string problems_, remedies_;
};

}  // namespace weightloom
