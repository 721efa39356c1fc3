#pragma once
// The JSON value that configurations, records and reports are made of. Key order is the order of insertion. Not
// thread-safe; its strings may hold any bytes, and dump() throws on those that are not UTF-8 unless told otherwise.

#include <nlohmann/json.hpp>

namespace weightloom {

using Json = nlohmann::ordered_json;

}  // namespace weightloom
