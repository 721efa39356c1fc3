#include "weightloom/base/json.hpp"

#include <concepts>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

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

namespace {

// Builds values of any size in linear time: the library's own builder looks for every key among all those before it. Of
// equal keys the last value counts.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(const std::string& what) : what_(what) {}

  Json take() { return std::move(root_); }

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t& value) override { return put(Json::binary(std::move(value))); }
  bool start_object(std::size_t) override { return open(Json::object()); }
  bool start_array(std::size_t) override { return open(Json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    auto& object = level.value->get_ref<Json::object_t&>();
    const auto [at, first] = level.keys.emplace(name, object.size());
    target_ = first ? &object.emplace_back(name, nullptr).second
                    : &(object.begin() + static_cast<std::ptrdiff_t>(at->second))->second;
    return true;
  }

  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    refuse(what_, error.what());
  }

 private:
  struct Level {
    Json* value;
    std::unordered_map<std::string, std::size_t> keys;  // where their members are
  };

  Json* place(Json&& value) {
    if (levels_.empty()) return &(root_ = std::move(value));
    Json& parent = *levels_.back().value;
    if (parent.is_array()) return &parent.get_ref<Json::array_t&>().emplace_back(std::move(value));
    return &(*target_ = std::move(value));
  }
  bool put(Json value) {
    place(std::move(value));
    return true;
  }
  bool open(Json value) {
    if (levels_.size() >= kMostJsonNesting)
      refuse(what_, "it nests deeper than " + std::to_string(kMostJsonNesting) + " levels");
    levels_.push_back({place(std::move(value)), {}});
    return true;
  }
  bool close() {
    levels_.pop_back();
    return true;
  }

  const std::string& what_;
  Json root_;
  std::vector<Level> levels_;
  Json* target_ = nullptr;  // where the value of the last key goes
};

}  // namespace

Json parse_json(std::string_view text, const std::string& what) {
  Builder builder(what);
  Json::sax_parse(text.begin(), text.end(), &builder);
  return builder.take();
}

Json parse_cbor(std::string_view bytes, const std::string& what) {
  Builder builder(what);
  Json::sax_parse(bytes.begin(), bytes.end(), &builder, Json::input_format_t::cbor);
  return builder.take();
}

std::optional<Json> try_parse_json(std::string_view text) {
  try {
    return parse_json(text, {});
  } catch (const Error&) {
    return std::nullopt;
  }
}

std::optional<std::string> repeated_key(std::string_view text) {
  std::vector<std::unordered_set<std::string>> seen;  // of the objects that are open, by their depth
  std::optional<std::string> repeated;
  const auto look = [&](int depth, Json::parse_event_t event, Json& parsed) {
    const auto at = static_cast<std::size_t>(depth);
    if (event == Json::parse_event_t::object_start) {
      seen.resize(at);  // the ends of objects that are not kept are not told
      seen.emplace_back();
    }
    const bool key = event == Json::parse_event_t::key;
    if (key && !seen[at - 1].insert(parsed.get<std::string>()).second && !repeated)
      repeated = parsed.get<std::string>();
    return !key;  // no member is kept
  };
  [[maybe_unused]] const auto nothing = Json::parse(text, look);
  return repeated;
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
