#pragma once
// The page of an assessment (docs/assessment.md), drawn from its results alone.

#include <string>

#include "weightloom/report/results.hpp"

namespace weightloom {

// One self-contained HTML page (html.hpp). Rows named in no RowDefinition throw kRefused "results.schema"; results that
// were read from a file have none. [any-thread]
std::string render_results_page(const Results& results);

}  // namespace weightloom
