#include "weightloom/network/unit_alignment.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <span>
#include <utility>
#include <vector>

#include "weightloom/base/assignment.hpp"
#include "weightloom/base/element_values.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/progress.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/network/symmetry.hpp"

namespace weightloom {
namespace {

// Each round lowers the distance, so that few are needed. The least are one for each start, and one to find the second.
constexpr double kMostRounds = 20, kLeastRounds = 3;
constexpr double kLargest = 1e15;

using Values = std::vector<float>;
using Order = std::vector<std::int64_t>;

// One parameter as [before, size of the group, after].
struct Member {
  std::size_t parameter;
  std::size_t before, after;
};

struct Group {
  std::size_t size;
  std::vector<Member> members;
};

std::vector<Group> groups_of(const NetworkDescription& description) {
  std::vector<Group> groups;
  for (const auto& group : symmetry_groups(description)) {
    auto& out = groups.emplace_back(Group{static_cast<std::size_t>(group.size), {}});
    for (const auto& member : group.members) {
      const auto& shape = description.parameters[member.parameter].shape;
      const auto product = [](auto from, auto to) {
        return static_cast<std::size_t>(std::accumulate(from, to, std::int64_t{1}, std::multiplies<>()));
      };
      out.members.push_back(
          {member.parameter,
           product(shape.begin(), shape.begin() + member.axis) * static_cast<std::size_t>(member.outer),
           product(shape.begin() + member.axis + 1, shape.end()) * static_cast<std::size_t>(member.inner)});
    }
  }
  return groups;
}

// Multiply-adds of one round: the products of all pairs of units, and the assignments.
double work_of(const std::vector<Group>& groups) {
  double work = 0;
  for (const auto& group : groups) {
    const auto units = static_cast<double>(group.size);
    for (const auto& member : group.members) work += units * units * static_cast<double>(member.before * member.after);
    work += units * units * units;
  }
  return work;
}

Values values_of(const NetworkDescription& description, std::size_t parameter, const TensorMap& tensors) {
  const auto& spec = description.parameters[parameter];
  const auto found = tensors.find(spec.name);
  if (found == tensors.end() || found->second.shape != spec.shape || !has_values(found->second.dtype))
    throw Error(ErrorCode::kUsage, "alignment.tensors", "cannot align networks",
                "the parameter '" + spec.name + "' of " + description.label() +
                    " is missing, or has another shape or a type whose values cannot be read");
  std::vector<double> values(static_cast<std::size_t>(element_count(spec.shape)));
  read_values(found->second.dtype, found->second.bytes, values);
  // What is no number, or too large to be squared, cannot be near to anything.
  for (auto& value : values)
    if (!(std::abs(value) < kLargest)) value = 0;
  return {values.begin(), values.end()};
}

// Every tensor counts in units of its own spread, so that running variances do not drown weights; a constant tensor
// says nothing.
double tensor_weight(const Values& values) {
  const auto count = static_cast<double>(values.size());
  const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
  double variance = 0;
  for (const float value : values) variance += (value - mean) * (value - mean);
  variance /= count;
  return variance > 1e-12 ? 1 / variance : 0;  // below that, rounding
}

// [units, everything else], as one row a unit.
Values unit_rows(const Values& values, const Group& group, const Member& member) {
  Values rows(values.size());
  const auto length = member.before * member.after;
  for (std::size_t before = 0; before < member.before; ++before)
    for (std::size_t unit = 0; unit < group.size; ++unit)
      std::copy_n(values.begin() + static_cast<std::ptrdiff_t>((before * group.size + unit) * member.after),
                  member.after, rows.begin() + static_cast<std::ptrdiff_t>(unit * length + before * member.after));
  return rows;
}

void sort_rows(Values& rows, std::size_t length) {
  for (auto row = rows.begin(); row != rows.end(); row += static_cast<std::ptrdiff_t>(length))
    std::sort(row, row + static_cast<std::ptrdiff_t>(length));
}

// Of pieces that are short enough for single precision.
double dot(const float* a, const float* b, std::size_t length) {
  constexpr std::size_t kPiece = 512;
  double sum = 0;
  for (std::size_t from = 0; from < length; from += kPiece) {
    const auto to = std::min(length, from + kPiece);
    float piece = 0;
#pragma omp simd reduction(+ : piece)
    for (std::size_t i = from; i < to; ++i) piece += a[i] * b[i];
    sum += piece;
  }
  return sum;
}

template <class Item>
void reorder(Item* data, const Group& group, const Member& member, std::size_t item, const Order& order) {
  const auto run = member.after * item;
  std::vector<Item> old(group.size * run);
  for (std::size_t before = 0; before < member.before; ++before, data += old.size()) {
    std::copy_n(data, old.size(), old.begin());
    for (std::size_t unit = 0; unit < group.size; ++unit)
      std::copy_n(old.begin() + order[unit] * static_cast<std::ptrdiff_t>(run), run, data + unit * run);
  }
}

// The values of a network while its units move, and where each unit came from.
struct Candidate {
  std::vector<Values> values;
  std::vector<Order> orders;  // of each group
  double distance = 0;
};

class Aligner {
 public:
  // `rounds`: of each of the two descents.
  Aligner(const NetworkDescription& description, std::vector<Group> groups, const TensorMap& reference, int rounds)
      : groups_(std::move(groups)), rounds_(rounds) {
    for (std::size_t p = 0; p < description.parameters.size(); ++p) {
      reference_.push_back(values_of(description, p, reference));
      weights_.push_back(tensor_weight(reference_.back()));
    }
  }

  // Coordinate descent stops in the nearest minimum, so it starts twice: as the network is, and with units matched by
  // their sorted values, which finds a mere permutation at once.
  Candidate best(std::vector<Values> values) const {
    Candidate plain{std::move(values), {}, 0};
    for (const auto& group : groups_) {
      plain.orders.emplace_back(group.size);
      std::iota(plain.orders.back().begin(), plain.orders.back().end(), 0);
    }
    plain.distance = distance(plain.values);
    auto sorted = plain;
    for (std::size_t g = 0; g < groups_.size(); ++g) move(sorted, g, match_sorted_units(groups_[g], sorted.values));
    sorted.distance = distance(sorted.values);
    sorted = descend(std::move(sorted));
    if (sorted.distance == 0) return sorted;
    plain = descend(std::move(plain));
    return sorted.distance < plain.distance ? sorted : plain;
  }

 private:
  void move(Candidate& candidate, std::size_t g, const Order& order) const {
    for (const auto& member : groups_[g].members)
      reorder(candidate.values[member.parameter].data(), groups_[g], member, 1, order);
    auto& known = candidate.orders[g];
    Order next;
    for (const auto unit : order) next.push_back(known[static_cast<std::size_t>(unit)]);
    known = std::move(next);
  }

  double distance(const std::vector<Values>& values) const {
    double sum = 0;
    for (std::size_t p = 0; p < values.size(); ++p) {
      double squares = 0;
      for (std::size_t i = 0; i < values[p].size(); ++i) {
        const double difference = static_cast<double>(values[p][i]) - reference_[p][i];
        squares += difference * difference;
      }
      sum += weights_[p] * squares;
    }
    return sum;
  }

  // Adds what it costs to put unit j of a network at place i, for each member.
  template <class PairCost>
  Order match(const Group& group, const std::vector<Values>& values, bool sorted, PairCost pair_cost) const {
    std::vector<double> cost(group.size * group.size, 0);
    for (const auto& member : group.members) {
      const double weight = weights_[member.parameter];
      if (weight == 0) continue;
      const auto length = member.before * member.after;
      auto target = unit_rows(reference_[member.parameter], group, member);
      auto rows = unit_rows(values[member.parameter], group, member);
      if (sorted) {
        sort_rows(target, length);
        sort_rows(rows, length);
      }
      for (std::size_t i = 0; i < group.size; ++i) {
        throw_if_interrupted();
        for (std::size_t j = 0; j < group.size; ++j)
          cost[i * group.size + j] += weight * pair_cost(&target[i * length], &rows[j * length], length);
      }
    }
    return assign(cost, static_cast<std::int64_t>(group.size), static_cast<std::int64_t>(group.size));
  }

  Order match_units(const Group& group, const std::vector<Values>& values) const {
    return match(group, values, false,
                 [](const float* a, const float* b, std::size_t length) { return -dot(a, b, length); });
  }

  // Sorted values do not depend on the order of any other group.
  Order match_sorted_units(const Group& group, const std::vector<Values>& values) const {
    return match(group, values, true, [](const float* a, const float* b, std::size_t length) {
      return dot(a, a, length) + dot(b, b, length) - 2 * dot(a, b, length);
    });
  }

  Candidate descend(Candidate best) const {
    Random random(0);
    for (int round = 0; round < rounds_ && best.distance > 0; ++round) {
      auto next = best;
      for (const auto g : random.permutation(static_cast<std::int64_t>(groups_.size()))) {
        const auto group = static_cast<std::size_t>(g);
        move(next, group, match_units(groups_[group], next.values));
      }
      next.distance = distance(next.values);
      if (next.distance >= best.distance) break;
      best = std::move(next);
    }
    return best;
  }

  std::vector<Group> groups_;
  std::vector<Values> reference_;
  std::vector<double> weights_;
  int rounds_;
};

std::int64_t moved_units(const Order& order) {
  std::int64_t moved = 0;
  for (std::size_t i = 0; i < order.size(); ++i) moved += order[i] != static_cast<std::int64_t>(i) ? 1 : 0;
  return moved;
}

}  // namespace

std::optional<AlignedTensors> align_units(const NetworkDescription& description, TensorMap tensors,
                                          const TensorMap& reference, double work) {
  const auto groups = groups_of(description);
  std::vector<Values> values;
  for (std::size_t p = 0; p < description.parameters.size(); ++p) values.push_back(values_of(description, p, tensors));
  const double rounds = groups.empty() ? kMostRounds : work / work_of(groups);
  const Aligner aligner(description, groups, reference,
                        static_cast<int>(std::clamp((rounds - 1) / 2, 1.0, kMostRounds)));
  if (rounds < kLeastRounds) return std::nullopt;
  const auto found = aligner.best(std::move(values));
  AlignedTensors out{std::move(tensors)};
  for (std::size_t g = 0; g < groups.size(); ++g) {
    out.units += static_cast<std::int64_t>(groups[g].size);
    out.moved += moved_units(found.orders[g]);
    for (const auto& member : groups[g].members) {
      auto& tensor = out.tensors.at(description.parameters[member.parameter].name);
      reorder(tensor.bytes.data(), groups[g], member, dtype_bytes(tensor.dtype), found.orders[g]);
    }
  }
  return out;
}

}  // namespace weightloom
