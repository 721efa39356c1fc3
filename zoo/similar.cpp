#include "weightloom/zoo/similar.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

#include "query_syntax.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/zoo/diff.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostCompared = 1000;
constexpr std::size_t kFeatures = 6, kPlaces = 8;

using Features = std::array<double, kFeatures>;
// Matrices at places from first to last, and the mean of all vectors: biases, scales, running statistics.
using Sketch = std::array<Features, kPlaces + 1>;

Features features_of(const TensorStatistics& statistics) {
  constexpr double kLeastDeviation = 1e-12;
  const double deviation = std::max(statistics.deviation, kLeastDeviation);
  Features out{std::log10(deviation),
               std::clamp(statistics.mean / deviation, -3.0, 3.0),
               std::log10(1 + statistics.kurtosis),
               statistics.zero_share(),
               std::log10(1 + statistics.greatest_magnitude() / deviation),
               std::log10(static_cast<double>(statistics.values))};
  // Sums of the largest numbers that there are leave them.
  for (auto& feature : out)
    if (!std::isfinite(feature)) feature = 0;
  return out;
}

Features between(const Features& a, const Features& b, double share) {
  Features out{};
  for (std::size_t i = 0; i < kFeatures; ++i) out[i] = a[i] + share * (b[i] - a[i]);
  return out;
}

// nullopt when no tensor has numbers. Throws kDamaged.
std::optional<Sketch> sketch_of(const Zoo& zoo, const ZooRecord& record) {
  auto tensors = record.tensors;
  std::ranges::stable_sort(tensors,
                           [](const TensorRecord& a, const TensorRecord& b) { return natural_less(a.name, b.name); });
  std::vector<Features> matrices;
  Features vectors{};
  double seen = 0;
  for (const auto& tensor : tensors) {
    const auto statistics = tensor.shape.empty() ? std::nullopt : zoo.statistics(tensor);
    if (!statistics || statistics->finite() == 0) continue;
    if (tensor.shape.size() > 1)
      matrices.push_back(features_of(*statistics));
    else
      vectors = between(vectors, features_of(*statistics), 1 / ++seen);
  }
  if (matrices.empty() && seen == 0) return std::nullopt;
  Sketch sketch{};
  sketch.back() = vectors;
  for (std::size_t place = 0; place < kPlaces && !matrices.empty(); ++place) {
    const double at = static_cast<double>(place * (matrices.size() - 1)) / (kPlaces - 1);
    const auto before = static_cast<std::size_t>(at);
    const auto after = std::min(before + 1, matrices.size() - 1);
    sketch[place] = between(matrices[before], matrices[after], at - static_cast<double>(before));
  }
  return sketch;
}

// Of the network that is asked about.
std::optional<Sketch> own_sketch(const Zoo& zoo, const ZooRecord& record) try {
  return sketch_of(zoo, record);
} catch (const Error& error) {
  if (error.code() != ErrorCode::kDamaged) throw;
  throw Error(ErrorCode::kDamaged, error.id(), "cannot compare '" + record.name + "' with others", error.what(),
              error.hint())
      .at(error.path());
}

// Of another one; what is damaged is left out.
std::optional<Sketch> sketch_of(const Zoo& zoo, const ZooRecord& record, Neighbour& one) try {
  return sketch_of(zoo, record);
} catch (const Error& error) {
  if (error.code() != ErrorCode::kDamaged) throw;
  one.damaged = true;
  return std::nullopt;
}

double distance_of(const Sketch& a, const Sketch& b) {
  double squares = 0;
  for (std::size_t place = 0; place < a.size(); ++place)
    for (std::size_t i = 0; i < kFeatures; ++i) squares += std::pow(a[place][i] - b[place][i], 2);
  return std::sqrt(squares / static_cast<double>(a.size() * kFeatures));
}

bool same_layout(const ZooRecord& a, const ZooRecord& b) {
  return std::ranges::equal(a.tensors, b.tensors, [](const TensorRecord& x, const TensorRecord& y) {
    return x.name == y.name && x.shape == y.shape;
  });
}

std::optional<double> behaviour_distance(const ZooRecord& a, const ZooRecord& b) {
  if (a.dataset.empty() || a.dataset != b.dataset) return std::nullopt;
  double squares = 0, count = 0;
  for (const auto& [name, value] : a.metrics) {
    const auto other = b.metrics.find(name);
    if (name.ends_with("_seconds") || other == b.metrics.end()) continue;
    if (!std::isfinite(value) || !std::isfinite(other->second)) continue;
    const double scale = std::max(std::abs(value), std::abs(other->second));
    squares += scale > 0 ? std::pow((value - other->second) / scale, 2) : 0;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return std::sqrt(squares / count);
}

// Missing figures last.
std::pair<bool, double> rank(const std::optional<double>& figure) {
  return {!figure.has_value(), figure.value_or(0)};
}

void sort_by_statistics(std::vector<Neighbour>& neighbours) {
  std::ranges::stable_sort(neighbours, {},
                           [](const Neighbour& one) { return std::tuple(rank(one.distance), rank(one.statistics)); });
}

void compare_weights(const Zoo& zoo, const ZooRecord& record, std::vector<Neighbour*> alike,
                     const ProgressSink& progress) {
  std::ranges::stable_sort(alike, {}, [](const Neighbour* one) { return rank(one->statistics); });
  if (alike.size() > kMostCompared) alike.resize(kMostCompared);
  if (alike.empty()) return;
  const auto own = zoo.weights(record);
  for (std::size_t i = 0; i < alike.size(); ++i) {
    throw_if_interrupted();
    try {
      const auto total = total_distance(compare_tensors(own, zoo.weights(zoo.get(alike[i]->id))));
      alike[i]->distance = total.relative();
      alike[i]->cosine = total.cosine();
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kDamaged) throw;
      alike[i]->damaged = true;
    }
    if (progress)
      progress({.task = "compare",
                .done = i + 1,
                .total = alike.size(),
                .unit = "networks",
                .detail = nullptr,
                .finished = i + 1 == alike.size()});
  }
}

}  // namespace

std::vector<Neighbour> similar_networks(const Zoo& zoo, const ZooRecord& record, SimilarBy by, std::size_t limit,
                                        const ProgressSink& progress) {
  Neighbour itself;
  const auto sketch = by == SimilarBy::kWeights ? own_sketch(zoo, record) : sketch_of(zoo, record, itself);
  std::vector<Neighbour> out;
  std::set<std::string> alike;
  for (const auto& summary : zoo.summaries()) {
    throw_if_interrupted();
    if (summary.id == record.id) continue;
    const auto other = zoo.get(summary.id);
    Neighbour one{.id = other.id, .name = other.name, .architecture = other.architecture};
    one.behaviour = behaviour_distance(record, other);
    if (by == SimilarBy::kBehaviour && !one.behaviour) continue;
    const auto its = sketch ? sketch_of(zoo, other, one) : std::nullopt;
    if (its) one.statistics = distance_of(*sketch, *its);
    if (its && same_layout(record, other)) alike.insert(other.id);
    out.push_back(std::move(one));
  }
  if (by == SimilarBy::kBehaviour) {
    std::ranges::stable_sort(out, {}, [](const Neighbour& one) { return rank(one.behaviour); });
    if (limit > 0 && out.size() > limit) out.resize(limit);
  }
  std::vector<Neighbour*> to_compare;
  for (auto& one : out)
    if (alike.contains(one.id)) to_compare.push_back(&one);
  compare_weights(zoo, record, std::move(to_compare), progress);
  if (by == SimilarBy::kWeights) sort_by_statistics(out);
  if (limit > 0 && out.size() > limit) out.resize(limit);
  return out;
}

}  // namespace weightloom
