#pragma once
// Holds one plugin file against its contract. The plugin's code runs in processes of its own (hosting.hpp), so a crash
// is a result like any other.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/network/description.hpp"
#include "weightloom/plugin/hosting.hpp"

namespace weightloom {

struct CheckResult {
  // Warning: what works but should not stay so, and a failure that a waiver names. Skipped: `detail` says what for.
  enum class Outcome { kPassed, kFailed, kCrashed, kTimeout, kSkipped, kWarning };
  std::string name;      // stable, kebab-case: "canonicalise-idempotent"
  std::string tier;      // "library", "config", "layout", "graph", "dialect", "execution"
  std::string sentence;  // what is checked
  Outcome outcome = Outcome::kPassed;
  std::string detail;  // why not; when passed empty, or what was measured

  bool good() const {
    return outcome == Outcome::kPassed || outcome == Outcome::kWarning || outcome == Outcome::kSkipped;
  }
};
std::string_view outcome_name(CheckResult::Outcome outcome);  // "passed", "failed", "crashed", ...

// What a further check throws, also to pass with something to tell.
struct CheckFailure {
  std::string why;
  CheckResult::Outcome outcome = CheckResult::Outcome::kFailed;
};

// A check of the network that `config` of the options describes, or of small ones of many configurations, for whoever
// can execute them. It runs in a fork of the calling process and throws CheckFailure.
struct NetworkCheck {
  std::string name, tier, sentence;
  std::vector<std::string> needs;  // names of checks that must have passed
  std::function<void(const NetworkDescription&, std::uint64_t seed)> run;
  bool everywhere = false;  // of many configurations
};

struct CheckOptions {
  std::vector<std::string> tiers;              // empty: all
  std::vector<std::string> include, exclude;   // names, with * for any characters; include empty: all
  std::map<std::string, std::string> waivers;  // name -> reason
  std::uint64_t seed = 0;                      // of configurations and values that are drawn
  std::size_t configurations = 32;             // that are drawn
  int jobs = 1;                                // sessions at the same time
  PluginHosting hosting{.time_limit = std::chrono::seconds(10)};
  std::vector<NetworkCheck> further;
  Json config = Json::object();  // of the network that they are of
};

// What there is to check, in order, nothing of it done.
std::vector<CheckResult> list_checks(const CheckOptions& options = {});

// Those that the options choose, in a fixed order. A check that waits for one that did not pass is skipped, so that one
// cause is told once; what a chosen one waits for is carried out even where it is not shown. Throws kNotFound when
// there is no such file, kUsage "check.unknown" for a tier or a name that fits no check. With `further`, REQUIRES a
// single-threaded caller, which it forks.
std::vector<CheckResult> check_plugin(const std::filesystem::path& file, const CheckOptions& options = {});

// The waivers of the nearest weightloom-check.toml at or above `folder`: a table [waive] of names and reasons. Throws
// kUsage "config.*" for anything else in it.
std::map<std::string, std::string> find_waivers(const std::filesystem::path& folder);

}  // namespace weightloom
