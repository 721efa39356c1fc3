#pragma once
// The page of an assessment (docs/assessment.md), drawn from its results file alone.

#include <string>

#include "weightloom/base/json.hpp"

namespace weightloom {

// `results`: schema weightloom.quickstart/1. Throws kRefused "results.schema" on anything else.
std::string render_results_page(const Json& results);

}  // namespace weightloom
