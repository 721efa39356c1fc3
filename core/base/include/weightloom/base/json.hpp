#pragma once
// The JSON value that configurations, records and reports are made of. Key order is the order of insertion.

#include <nlohmann/json.hpp>

namespace weightloom {

using Json = nlohmann::ordered_json;

}  // namespace weightloom
