#include "weightloom/base/json.hpp"

#include <concepts>
#include <cstdint>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& why) {
  throw Error(ErrorCode::kRefused, "json.malformed", "cannot read " + what, why);
}

template <class T>
bool holds(const Json& value) {
  if constexpr (std::same_as<T, std::string>) return value.is_string();
  if constexpr (std::same_as<T, bool>) return value.is_boolean();
  if constexpr (std::same_as<T, double>) return value.is_number();
  if constexpr (std::same_as<T, std::int64_t>)
    return value.is_number_integer() && (!value.is_number_unsigned() || value.get<std::uint64_t>() <= INT64_MAX);
  if constexpr (std::same_as<T, std::uint64_t>)
    return value.is_number_unsigned() || (value.is_number_integer() && value.get<std::int64_t>() >= 0);
}

template <class T>
constexpr const char* kind() {
  if constexpr (std::same_as<T, std::string>) return "a text";
  if constexpr (std::same_as<T, bool>) return "true or false";
  if constexpr (std::same_as<T, double>) return "a number";
  if constexpr (std::same_as<T, std::int64_t>) return "a whole number of 64 bits";
  if constexpr (std::same_as<T, std::uint64_t>) return "a whole number of 64 bits that is not negative";
}

}  // namespace

Json parse_json(std::string_view text, const std::string& what) {
  try {
    return Json::parse(text.begin(), text.end(), [&](int depth, Json::parse_event_t event, Json&) {
      const bool begins = event == Json::parse_event_t::object_start || event == Json::parse_event_t::array_start;
      if (begins && static_cast<std::size_t>(depth) >= kMostJsonNesting)
        refuse(what, "it nests deeper than " + std::to_string(kMostJsonNesting) + " levels");
      return true;
    });
  } catch (const Json::exception& error) {
    refuse(what, error.what());
  }
}

std::optional<Json> try_parse_json(std::string_view text) {
  try {
    return parse_json(text, {});
  } catch (const Error&) {
    return std::nullopt;
  }
}

template <class T>
T member(const Json& json, const std::string& key, const std::string& what) {
  if (!json.is_object()) refuse(what, "it is no JSON object");
  const auto found = json.find(key);
  if (found == json.end()) refuse(what, "'" + key + "' is missing");
  if (!holds<T>(*found)) refuse(what, "'" + key + "' is not " + kind<T>());
  return found->get<T>();
}

template std::string member(const Json&, const std::string&, const std::string&);
template bool member(const Json&, const std::string&, const std::string&);
template double member(const Json&, const std::string&, const std::string&);
template std::int64_t member(const Json&, const std::string&, const std::string&);
template std::uint64_t member(const Json&, const std::string&, const std::string&);

}  // namespace weightloom
