#include "weightloom/zoo/diff.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <set>

#include "query_syntax.hpp"
#include "weightloom/base/element_values.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kChunk = 2048;  // values that are converted at a time

// Squares of the largest numbers that there are leave them.
std::optional<double> if_finite(double value) {
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

// Holds every number of every type.
using Wide = long double;
static_assert(std::numeric_limits<Wide>::digits >= 64);

template <class Integer>
void read_integers(std::span<const std::byte> bytes, std::span<Wide> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    Integer value = 0;
    std::memcpy(&value, bytes.data() + i * sizeof value, sizeof value);
    values[i] = static_cast<Wide>(value);
  }
}

void read(DType dtype, std::span<const std::byte> bytes, std::span<double> values) {
  read_values(dtype, bytes, values);
}

void read(DType dtype, std::span<const std::byte> bytes, std::span<Wide> values) {
  if (dtype == DType::kI64) return read_integers<std::int64_t>(bytes, values);
  if (dtype == DType::kU64) return read_integers<std::uint64_t>(bytes, values);
  std::array<double, kChunk> narrow{};
  read_values(dtype, bytes, std::span(narrow).first(values.size()));
  std::copy_n(narrow.begin(), values.size(), values.begin());
}

template <class Value>
void read(const HostTensor& tensor, std::size_t at, std::span<Value> values) {
  const auto width = dtype_bytes(tensor.dtype);
  read(tensor.dtype, std::span(tensor.bytes).subspan(at * width, values.size() * width), values);
}

template <class Value>
ValueDistance distance_in(const HostTensor& first, const HostTensor& second) {
  ValueDistance out;
  out.values = element_count(first.shape);
  std::array<Value, kChunk> a{}, b{};
  for (std::size_t at = 0; at < static_cast<std::size_t>(out.values); at += kChunk) {
    const auto count = std::min(kChunk, static_cast<std::size_t>(out.values) - at);
    read(first, at, std::span(a).first(count));
    read(second, at, std::span(b).first(count));
    for (std::size_t i = 0; i < count; ++i) {
      const auto difference = static_cast<double>(b[i] - a[i]);
      out.changed += a[i] == b[i] || (std::isnan(a[i]) && std::isnan(b[i])) ? 0 : 1;
      const auto x = static_cast<double>(a[i]), y = static_cast<double>(b[i]);
      if (!std::isfinite(x) || !std::isfinite(y)) {
        ++out.not_finite;
        continue;
      }
      out.difference_squares += difference * difference;
      out.first_squares += x * x;
      out.second_squares += y * y;
      out.product += x * y;
      out.largest = std::max(out.largest, std::abs(difference));
    }
  }
  return out;
}

// Integers that doubles do not tell apart.
bool has_long_integers(const HostTensor& tensor) {
  return tensor.dtype == DType::kI64 || tensor.dtype == DType::kU64;
}

// REQUIRES equal shapes of types that has_values() knows.
ValueDistance distance_of(const HostTensor& first, const HostTensor& second) {
  return has_long_integers(first) || has_long_integers(second) ? distance_in<Wide>(first, second)
                                                               : distance_in<double>(first, second);
}

TensorDifference compare(const std::string& name, const HostTensor& first, const HostTensor& second) {
  using Kind = TensorDifference::Kind;
  TensorDifference out{
      name, Kind::kChanged, TensorForm{first.dtype, first.shape}, TensorForm{second.dtype, second.shape}, {}};
  const bool readable = has_values(first.dtype) && has_values(second.dtype);
  if (out.first == out.second && first.bytes == second.bytes)
    out.kind = Kind::kSame;
  else if (first.shape != second.shape)
    out.kind = Kind::kOtherShape;
  else if (!readable)
    out.kind = Kind::kNotCompared;
  if (readable && first.shape == second.shape) out.distance = distance_of(first, second);
  return out;
}

using Facts = std::map<std::string, Json>;

// Objects by their members; a list is one fact.
void flatten(const std::string& path, const Json& value, Facts& out) {
  if (!value.is_object()) {
    if (!value.is_null() && value != "" && !(value.is_array() && value.empty())) out[path] = value;
    return;
  }
  for (const auto& [key, item] : value.items()) flatten(path.empty() ? key : path + "." + key, item, out);
}

Facts facts_of(const ZooRecord& record) {
  auto json = to_json(record);
  for (const char* own : {"id", "name", "created", "source", "tensors", "weights_hash", "parameters", "bytes"})
    json.erase(own);
  Facts facts;
  flatten("", json, facts);
  return facts;
}

}  // namespace

std::optional<double> ValueDistance::relative() const {
  const bool none_finite = not_finite == values, others_alone = changed > 0 && largest == 0;
  if (none_finite || others_alone) return std::nullopt;
  if (difference_squares == 0) return 0.0;
  return if_finite(std::sqrt(difference_squares / first_squares));
}

std::optional<double> ValueDistance::cosine() const {
  const auto cosine = if_finite(product / (std::sqrt(first_squares) * std::sqrt(second_squares)));
  return cosine ? std::optional(std::clamp(*cosine, -1.0, 1.0)) : std::nullopt;
}

void ValueDistance::join(const ValueDistance& other) {
  values += other.values;
  changed += other.changed;
  not_finite += other.not_finite;
  difference_squares += other.difference_squares;
  first_squares += other.first_squares;
  second_squares += other.second_squares;
  product += other.product;
  largest = std::max(largest, other.largest);
}

std::string_view kind_name(TensorDifference::Kind kind) {
  constexpr std::array<std::string_view, 6> kNames{"same",        "changed",     "only first",
                                                   "only second", "other shape", "not compared"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::vector<TensorDifference> compare_tensors(const TensorMap& first, const TensorMap& second) {
  using Kind = TensorDifference::Kind;
  std::vector<TensorDifference> out;
  for (const auto& [name, tensor] : first) {
    const auto found = second.find(name);
    if (found != second.end())
      out.push_back(compare(name, tensor, found->second));
    else
      out.push_back({name, Kind::kOnlyFirst, TensorForm{tensor.dtype, tensor.shape}, std::nullopt, {}});
  }
  for (const auto& [name, tensor] : second)
    if (!first.contains(name))
      out.push_back({name, Kind::kOnlySecond, std::nullopt, TensorForm{tensor.dtype, tensor.shape}, {}});
  std::ranges::stable_sort(
      out, [](const TensorDifference& a, const TensorDifference& b) { return natural_less(a.name, b.name); });
  return out;
}

ValueDistance total_distance(const std::vector<TensorDifference>& differences) {
  ValueDistance total;
  for (const auto& difference : differences) total.join(difference.distance);
  return total;
}

std::vector<FactDifference> compare_facts(const ZooRecord& first, const ZooRecord& second) {
  const auto a = facts_of(first), b = facts_of(second);
  std::set<std::string> names;
  for (const auto* facts : {&a, &b})
    for (const auto& [name, value] : *facts) names.insert(name);
  const auto value = [](const Facts& facts, const std::string& name) {
    const auto found = facts.find(name);
    return found == facts.end() ? Json() : found->second;
  };
  std::vector<FactDifference> out;
  for (const auto& name : names)
    if (value(a, name) != value(b, name)) out.push_back({name, value(a, name), value(b, name)});
  return out;
}

}  // namespace weightloom
