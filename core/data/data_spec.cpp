#include <algorithm>
#include <charconv>

#include "weightloom/base/error.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/data/grouping.hpp"

namespace weightloom {
namespace {

[[noreturn]] void refuse(std::string_view text, const std::string& why) {
  throw Error(ErrorCode::kUsage, "data.spec", "cannot use data set '" + std::string(text) + "'", why,
              "the form is source[classes][@train_limit], for example fashion-mnist[7,3,1]@5000");
}

std::int64_t number(std::string_view text, std::string_view digits, const char* what) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size() || value < 0)
    refuse(text, std::string(what) + " '" + std::string(digits) + "' is not a number");
  return value;
}

}  // namespace

DataSpec DataSpec::parse(std::string_view text) {
  DataSpec spec;
  std::string_view rest = text;
  const auto last_slash = rest.rfind('/');
  if (const auto at = rest.rfind('@'); at != rest.npos && (last_slash == rest.npos || at > last_slash)) {
    spec.train_limit = number(text, rest.substr(at + 1), "the train limit");
    if (spec.train_limit == 0) refuse(text, "the train limit must be positive");
    rest = rest.substr(0, at);
  }
  if (rest.ends_with(']') && !ClassGrouping::of(rest)) {
    const auto open = rest.rfind('[');
    if (open == rest.npos) refuse(text, "']' without '['");
    auto list = rest.substr(open + 1, rest.size() - open - 2);
    for (bool more = true; more;) {
      const auto comma = list.find(',');
      more = comma != list.npos;
      const auto value = number(text, list.substr(0, comma), "the class");
      if (std::ranges::find(spec.classes, value) != spec.classes.end())
        refuse(text, "class " + std::to_string(value) + " stands there twice");
      spec.classes.push_back(value);
      list = more ? list.substr(comma + 1) : list;
    }
    rest = rest.substr(0, open);
  }
  if (rest.empty()) refuse(text, "the source is empty");
  ClassGrouping::of(rest);  // what it cannot be is refused here
  spec.source = rest;
  return spec;
}

std::string DataSpec::text() const {
  std::string out = source;
  for (std::size_t i = 0; i < classes.size(); ++i) out += (i ? "," : "[") + std::to_string(classes[i]);
  if (!classes.empty()) out += "]";
  if (train_limit > 0) out += "@" + std::to_string(train_limit);
  return out;
}

}  // namespace weightloom
