#pragma once
// The table of checks: a file for each tier.

#include <span>
#include <string_view>
#include <vector>

#include "subject.hpp"

namespace weightloom {

struct Check {
  const char* name;
  const char* sentence;
  // Names of checks that must have passed.
  std::vector<std::string_view> needs;
  void (*run)(Subject&);  // throws CheckFailure
};

std::span<const Check> library_checks();
std::span<const Check> config_checks();
std::span<const Check> layout_checks();
std::span<const Check> graph_checks();
std::span<const Check> dialect_checks();

// `needs`, and those that have found the default description valid.
std::vector<std::string_view> with_valid_description(std::vector<std::string_view> needs);
void dialects_valid(Subject& plugin);

}  // namespace weightloom
