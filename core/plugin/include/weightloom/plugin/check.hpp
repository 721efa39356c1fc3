#pragma once
// Holds one plugin file against its contract. Every check runs in a child process, so a crash is a result like any
// other.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom {

struct CheckResult {
  enum class Outcome { kPassed, kFailed, kCrashed, kTimeout };
  std::string name;      // stable, kebab-case: "canonicalise-idempotent"
  std::string sentence;  // what is checked
  Outcome outcome = Outcome::kPassed;
  std::string detail;  // why not, empty when passed
};
std::string_view outcome_name(CheckResult::Outcome outcome);  // "passed", "failed", "crashed", "timeout"

// All checks, in a fixed order. The calling process loads nothing and must have a single thread, since it forks. Throws
// kNotFound when there is no such file.
std::vector<CheckResult> check_plugin(const std::filesystem::path& file);

}  // namespace weightloom
