#pragma once
// The JSON value that configurations, records and reports are made of, and the ways to read it from text that may be
// hostile. A value's key order is the order of insertion; it is not thread-safe; its strings may hold any bytes, and
// dump() throws on those that are not UTF-8 unless told otherwise. The functions are [any-thread].

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace weightloom {

using Json = nlohmann::ordered_json;

// Levels that parsed text may nest: the library's copies, comparisons and dumps recurse once a level.
inline constexpr std::size_t kMostJsonNesting = 64;

// Throws kRefused "json.malformed" for text that is no JSON or nests too deeply. `what` is what messages say cannot be
// read: "the record of 'net'".
Json parse_json(std::string_view text, const std::string& what);
// The same of CBOR, whose strings may hold any bytes.
Json parse_cbor(std::string_view bytes, const std::string& what);
// A value, and nothing where parse_json() would throw.
std::optional<Json> try_parse_json(std::string_view text);

// A key that stands in one object of `text` twice, so that only one of its values counts. REQUIRES text that
// parse_json() takes.
std::optional<std::string> repeated_key(std::string_view text);

// The member `key` of the object `json`. T: std::string, bool, double, std::int64_t or std::uint64_t; the last two
// convert neither fractions nor what is out of range. Throws kRefused "json.malformed" when `json` is no object or
// holds no such value under `key`.
template <class T>
T member(const Json& json, const std::string& key, const std::string& what);

}  // namespace weightloom
