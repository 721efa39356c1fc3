#pragma once
// A JSON value together with its path, so that every check can say where it failed.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/json.hpp"
#include "weightloom/base/tensor.hpp"

namespace weightloom {

// Throws kPlugin "description.<id>" for the place `path`.
[[noreturn]] void refuse(std::string_view id, const std::string& path, std::string why, std::string hint = {});

// "did you mean 'x'?", or nothing when no candidate is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

// Borrows the value: it must outlive the view.
class JsonView {
 public:
  JsonView(const Json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  const Json& json() const { return *value_; }
  const std::string& path() const { return path_; }

  // An object that has all `required` keys and no others but the `optional` ones.
  const JsonView& object(std::initializer_list<std::string_view> required,
                         std::initializer_list<std::string_view> optional = {}) const;
  const JsonView& any_object() const;
  bool has(std::string_view key) const;
  JsonView operator[](std::string_view key) const;

  // The elements of an array of at most `most` elements.
  std::vector<JsonView> items(std::size_t most) const;

  std::string text(std::size_t longest = 1024) const;
  // 1 to 256 characters of [A-Za-z0-9_.].
  std::string name() const;
  std::int64_t integer(std::int64_t least, std::int64_t most) const;
  double number() const;
  bool boolean() const;
  std::vector<std::int64_t> integers(std::size_t most_items, std::int64_t least, std::int64_t most) const;
  // Rank 1 to 8, dimensions from 1 to 2^31 - 1, at most 2^40 values.
  Shape shape() const;

  [[noreturn]] void expected(std::string_view what) const;

 private:
  const Json* value_;
  std::string path_;
};

// Parses untrusted text: at most `limit` bytes, nesting 32, 4096 keys an object, no duplicate keys.
Json parse_bounded_json(std::string_view text, std::size_t limit);

// Throws "description.shape" when `shape` is empty or larger than the limits of JsonView::shape.
void check_shape_limits(const Shape& shape, const std::string& path);

}  // namespace weightloom
