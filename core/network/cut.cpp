#include "weightloom/network/cut.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "weightloom/network/address.hpp"
#include "weightloom/network/operators.hpp"
#include "weightloom/network/symmetry.hpp"

namespace weightloom {
namespace {

// A factor of `size` places cut from one of `source` places.
AxisCut cut_units(std::int64_t size, std::int64_t source, bool input) {
  AxisCut cut;
  for (std::int64_t i = 0; i < size; ++i) {
    const auto unit = i % source;
    cut.from.push_back(unit);
    if (!input) continue;
    const auto copies = size / source + (unit < size % source ? 1 : 0);
    cut.scale.push_back(size < source ? std::sqrt(static_cast<double>(source) / static_cast<double>(size))
                                      : 1.0 / static_cast<double>(copies));
  }
  return cut;
}

AxisCut cut_places(std::int64_t size, std::int64_t source, bool input) {
  AxisCut cut;
  for (std::int64_t i = 0; i < size; ++i) cut.from.push_back((2 * i + 1) * source / (2 * size));
  // Neighbouring places say much the same: their sum is what has to be kept, not the sum of their squares.
  if (input) cut.scale.assign(cut.from.size(), static_cast<double>(source) / static_cast<double>(size));
  return cut;
}

AxisCut cut_kernel(std::int64_t size, std::int64_t source) {
  AxisCut cut;
  const auto shift = (source - size + (source < size ? -1 : 0)) / 2;  // rounded down
  for (std::int64_t i = 0; i < size; ++i) cut.from.push_back(i + shift >= 0 && i + shift < source ? i + shift : -1);
  return cut;
}

AxisCut cut_factor(const AxisFactor& target, const AxisFactor& source, bool input) {
  if (target.size == source.size) return {};
  return source.is_free ? cut_units(target.size, source.size, input) : cut_places(target.size, source.size, input);
}

// The cut of an axis from those of two factors, `outer` first.
AxisCut combine(AxisCut outer, std::int64_t outer_size, AxisCut inner, std::int64_t inner_size,
                std::int64_t inner_source) {
  if (outer.whole() && inner.whole()) return {};
  AxisCut cut;
  const bool scaled = !outer.scale.empty() || !inner.scale.empty();
  const auto place = [](const AxisCut& of, std::int64_t i) {
    return of.whole() ? i : of.from[static_cast<std::size_t>(i)];
  };
  const auto scale = [](const AxisCut& of, std::int64_t i) {
    return of.scale.empty() ? 1.0 : of.scale[static_cast<std::size_t>(i)];
  };
  for (std::int64_t a = 0; a < outer_size; ++a)
    for (std::int64_t b = 0; b < inner_size; ++b) {
      cut.from.push_back(place(outer, a) * inner_source + place(inner, b));
      if (scaled) cut.scale.push_back(scale(outer, a) * scale(inner, b));
    }
  return cut;
}

std::int64_t length(const std::vector<AxisFactor>& factors) {
  std::int64_t product = 1;
  for (const auto& factor : factors) product *= factor.size;
  return product;
}

// The same number of factors for both axes, units beside units and places beside places: a map of one pixel is no
// factor, so that one is put in where the other has more. False where that does not work out.
bool pair_up(std::vector<AxisFactor>& target, std::vector<AxisFactor>& source) {
  auto& shorter = target.size() < source.size() ? target : source;
  const auto& longer = target.size() < source.size() ? source : target;
  for (std::size_t f = 0; f < longer.size(); ++f) {
    const bool missing =
        shorter.size() < longer.size() && (f >= shorter.size() || shorter[f].is_free != longer[f].is_free);
    if (missing) shorter.insert(shorter.begin() + static_cast<std::ptrdiff_t>(f), {1, longer[f].is_free});
    if (shorter[f].is_free != longer[f].is_free) return false;
  }
  return true;
}

// Nothing where the two axes are not of the same kind: units here and places there have nothing to do with each other.
std::optional<AxisCut> cut_axis(std::vector<AxisFactor> target, std::vector<AxisFactor> source, bool input) {
  const auto equal = [](const AxisFactor& a, const AxisFactor& b) { return a.size == b.size; };
  if (std::ranges::equal(target, source, equal)) return AxisCut();
  if (!pair_up(target, source)) return length(target) == length(source) ? std::optional(AxisCut()) : std::nullopt;
  AxisCut cut;
  std::int64_t size = 1;
  for (std::size_t f = 0; f < target.size(); ++f) {
    cut = combine(std::move(cut), size, cut_factor(target[f], source[f], input), target[f].size, source[f].size);
    size *= target[f].size;
  }
  return cut;
}

// Names of the parameters whose last two axes are those of a kernel.
std::set<std::string> kernels(const NetworkDescription& description) {
  std::set<std::string> names;
  for (const auto& node : description.nodes)
    if (const auto* name = node.parameter("weight"); name && find_operator(node.op)->convolution) names.insert(*name);
  return names;
}

// Parameters of the last node of each residual branch: of what an `add` takes from a block while its other inputs come
// from before it. Where the way around has parameters of the block too, it is another sum.
std::set<std::string> residual_ends(const NetworkDescription& description) {
  std::map<std::string_view, const NodeSpec*> nodes;
  for (const auto& node : description.nodes) nodes.emplace(node.name, &node);
  std::map<std::string_view, std::string> blocks;  // of parameters that have one
  const auto places = addresses(description);
  for (std::size_t p = 0; p < places.size(); ++p)
    if (places[p].block >= 0)
      blocks.emplace(description.parameters[p].name, places[p].scope + "/" + std::to_string(places[p].block));
  const auto block_of = [&](const std::string& value) {
    const auto node = nodes.find(value);
    if (node == nodes.end() || node->second->parameters.empty()) return std::string();
    const auto found = blocks.find(node->second->parameters.front().second);
    return found == blocks.end() ? std::string() : found->second;
  };
  std::set<std::string> ends;
  for (const auto& sum : description.nodes) {
    if (sum.op != "add") continue;
    for (const auto& input : sum.inputs) {
      const auto block = block_of(input);
      if (block.empty() || std::ranges::count(sum.inputs, block, block_of) != 1) continue;
      for (const auto& [key, name] : nodes.at(input)->parameters) ends.insert(name);
    }
  }
  return ends;
}

}  // namespace

bool TensorCut::whole() const {
  return factor == 1 && std::ranges::all_of(axes, [](const AxisCut& axis) { return axis.whole(); });
}

std::vector<std::optional<TensorCut>> cut_network(const NetworkDescription& target, const NetworkDescription& source) {
  const auto target_factors = axis_factors(target), source_factors = axis_factors(source);
  const auto with_kernel = kernels(target);
  const auto ends = residual_ends(target);
  const auto outputs = output_axes(target);
  const auto matches = match_by_address(target, source);
  std::map<std::size_t, int> copies;
  for (const auto& match : matches)
    if (match) ++copies[*match];
  std::vector<std::optional<TensorCut>> cuts(matches.size());
  for (std::size_t p = 0; p < matches.size(); ++p) {
    if (!matches[p]) continue;
    const auto& parameter = target.parameters[p];
    const bool running = parameter.role == Role::kRunningMean || parameter.role == Role::kRunningVar;
    TensorCut cut{*matches[p], {}, !running && ends.contains(parameter.name) ? 1.0 / copies[*matches[p]] : 1.0};
    for (std::size_t axis = 0; axis < parameter.shape.size(); ++axis) {
      const auto size = parameter.shape[axis], from = source.parameters[cut.source].shape[axis];
      const bool kernel = axis >= 2 && with_kernel.contains(parameter.name);
      const bool input = static_cast<int>(axis) != outputs[p] && parameter.role == Role::kWeight;
      const std::optional<AxisCut> of_axis =
          kernel ? (size == from ? AxisCut() : cut_kernel(size, from))
                 : cut_axis(target_factors[p][axis], source_factors[cut.source][axis], input);
      if (!of_axis) break;
      cut.axes.push_back(*of_axis);
    }
    if (cut.axes.size() == parameter.shape.size()) cuts[p] = std::move(cut);
  }
  return cuts;
}

}  // namespace weightloom
