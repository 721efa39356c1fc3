#include "json_view.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostNesting = 32;
constexpr std::size_t kMostKeys = 4096;
constexpr std::size_t kMostRank = 8;
constexpr std::int64_t kMostDimension = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostValues = std::int64_t{1} << 40;

// What was found, short enough for a message.
std::string excerpt(const Json& value) {
  if (value.is_object()) return "an object";
  if (value.is_array()) return "an array of " + std::to_string(value.size());
  auto text = value.dump(-1, ' ', true);
  if (text.size() > 80) text = text.substr(0, 77) + "...";
  return text;
}

std::string quote(std::string_view text) {
  return Json(std::string(text.substr(0, 80))).dump(-1, ' ', true, Json::error_handler_t::replace);
}

// Rejects, while parsing, what a later step would need much time or memory for.
class ParseGuard {
 public:
  bool operator()(int depth, Json::parse_event_t event, Json& parsed) {
    if (static_cast<std::size_t>(depth) > kMostNesting)
      refuse("nesting", "$", "expected at most " + std::to_string(kMostNesting) + " levels of nesting, found more");
    if (event == Json::parse_event_t::object_start) keys_.emplace_back();
    if (event == Json::parse_event_t::object_end) keys_.pop_back();
    if (event == Json::parse_event_t::key) add_key(parsed.get_ref<const std::string&>());
    return true;
  }

 private:
  void add_key(const std::string& key) {
    if (!keys_.back().insert(key).second)
      refuse("duplicate_key", "$", "the key " + quote(key) + " stands twice in one object");
    if (keys_.back().size() > kMostKeys)
      refuse("too_large", "$", "expected at most " + std::to_string(kMostKeys) + " keys in an object, found more");
  }
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

void refuse(std::string_view id, const std::string& path, std::string why, std::string hint) {
  throw Error(ErrorCode::kPlugin, "description." + std::string(id), "network description, " + path, std::move(why),
              std::move(hint));
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  // Edit distances of long names to very many candidates would take seconds.
  if (word.size() > 256 || candidates.size() > 10'000) return {};
  const auto near = nearest_name(word, candidates);
  return near.empty() ? std::string() : "did you mean '" + near + "'?";
}

void JsonView::expected(std::string_view what) const {
  refuse("type", path_, "expected " + std::string(what) + ", found " + excerpt(*value_));
}

const JsonView& JsonView::any_object() const {
  if (!value_->is_object()) expected("an object");
  return *this;
}

const JsonView& JsonView::object(std::initializer_list<std::string_view> required,
                                 std::initializer_list<std::string_view> optional) const {
  any_object();
  std::vector<std::string> known(required.begin(), required.end());
  known.insert(known.end(), optional.begin(), optional.end());
  for (const auto& [key, value] : value_->items())
    if (std::find(known.begin(), known.end(), key) == known.end())
      refuse("unknown_key", path_, "the key " + quote(key) + " is not known here", suggestion(key, known));
  for (auto key : required)
    if (!has(key)) refuse("missing_key", path_, "expected the key \"" + std::string(key) + "\", found none");
  return *this;
}

bool JsonView::has(std::string_view key) const {
  return value_->contains(key);
}

JsonView JsonView::operator[](std::string_view key) const {
  return {value_->at(std::string(key)), path_ + "." + std::string(key)};
}

std::vector<JsonView> JsonView::items(std::size_t most) const {
  if (!value_->is_array()) expected("an array");
  if (value_->size() > most)
    refuse("too_large", path_,
           "expected at most " + std::to_string(most) + " elements, found " + std::to_string(value_->size()));
  std::vector<JsonView> views;
  views.reserve(value_->size());
  for (std::size_t i = 0; i < value_->size(); ++i)
    views.emplace_back((*value_)[i], path_ + "[" + std::to_string(i) + "]");
  return views;
}

std::string JsonView::text(std::size_t longest) const {
  if (!value_->is_string()) expected("a string");
  const auto& text = value_->get_ref<const std::string&>();
  if (text.empty() || text.size() > longest) expected("a string of 1 to " + std::to_string(longest) + " bytes");
  return text;
}

std::string JsonView::name() const {
  const bool good = value_->is_string() && [&] {
    const auto& text = value_->get_ref<const std::string&>();
    return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [](unsigned char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
    });
  }();
  if (!good)
    refuse("name", path_, "expected a name of 1 to 256 characters of [A-Za-z0-9_.], found " + excerpt(*value_));
  return value_->get<std::string>();
}

std::int64_t JsonView::integer(std::int64_t least, std::int64_t most) const {
  const auto what = "an integer from " + std::to_string(least) + " to " + std::to_string(most);
  if (!value_->is_number_integer()) expected(what);
  if (value_->is_number_unsigned() &&
      value_->get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
    expected(what);
  const auto value = value_->get<std::int64_t>();
  if (value < least || value > most) expected(what);
  return value;
}

double JsonView::number() const {
  if (!value_->is_number() || !std::isfinite(value_->get<double>())) expected("a finite number");
  return value_->get<double>();
}

bool JsonView::boolean() const {
  if (!value_->is_boolean()) expected("true or false");
  return value_->get<bool>();
}

std::vector<std::int64_t> JsonView::integers(std::size_t most_items, std::int64_t least, std::int64_t most) const {
  std::vector<std::int64_t> values;
  for (const auto& item : items(most_items)) values.push_back(item.integer(least, most));
  return values;
}

Shape JsonView::shape() const {
  auto shape = integers(kMostRank, 1, kMostDimension);
  check_shape_limits(shape, path_);
  return shape;
}

void check_shape_limits(const Shape& shape, const std::string& path) {
  if (shape.empty() || shape.size() > kMostRank)
    refuse(
        "shape", path,
        "expected a shape of rank 1 to " + std::to_string(kMostRank) + ", found rank " + std::to_string(shape.size()));
  std::int64_t count = 1;
  for (auto dim : shape) {
    if (dim < 1 || dim > kMostDimension)
      refuse("shape", path,
             "expected dimensions from 1 to " + std::to_string(kMostDimension) + ", found " + to_string(shape));
    if (__builtin_mul_overflow(count, dim, &count) || count > kMostValues)
      refuse("shape", path, "expected at most 2^40 values, found shape " + to_string(shape));
  }
}

Json parse_bounded_json(std::string_view text, std::size_t limit) {
  if (text.size() > limit)
    refuse("too_large", "$",
           "expected at most " + std::to_string(limit) + " bytes, found " + std::to_string(text.size()));
  ParseGuard guard;
  try {
    return Json::parse(text.begin(), text.end(),
                       [&](int depth, Json::parse_event_t event, Json& parsed) { return guard(depth, event, parsed); });
  } catch (const Json::exception& error) {
    refuse("syntax", "$", std::string("expected JSON: ") + error.what());
  }
}

}  // namespace weightloom
