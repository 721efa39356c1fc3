#include "axis_classes.hpp"

#include <utility>

namespace weightloom {

Axis AxisClasses::make(std::int64_t size) {
  if (size == 1) return {};
  const int id = static_cast<int>(factors_.size());
  factors_.push_back({size, id});
  return {id};
}

int AxisClasses::find(int id) const {
  while (at(id).parent != id) id = at(id).parent;
  return id;
}

void AxisClasses::expand_into(int id, std::vector<int>& out) const {
  const int root = find(id);
  if (at(root).outer < 0) {
    out.push_back(root);
    return;
  }
  expand_into(at(root).outer, out);
  expand_into(at(root).inner, out);
}

std::vector<int> AxisClasses::expand(const Axis& axis) const {
  std::vector<int> roots;
  for (int id : axis) expand_into(id, roots);
  return roots;
}

void AxisClasses::split(int root, std::int64_t outer) {
  const auto inner = at(root).size / outer;
  const bool is_fixed = at(root).fixed;
  const int first = make(outer).front(), second = make(inner).front();
  at(first).fixed = at(second).fixed = is_fixed;
  at(root).outer = first;
  at(root).inner = second;
}

void AxisClasses::merge(int a, int b) {
  if (at(a).members < at(b).members) std::swap(a, b);
  at(a).members += at(b).members;
  at(a).fixed |= at(b).fixed;
  at(b).parent = a;
}

void AxisClasses::fix(const Axis& axis) {
  for (int root : expand(axis)) at(root).fixed = true;
}

void AxisClasses::join(const Axis& a, const Axis& b) {
  // Both lists are consumed from the outside inwards; a split can change what is left, so both are expanded again.
  auto left = expand(a), right = expand(b);
  std::size_t i = 0, j = 0;
  while (i < left.size() && j < right.size()) {
    const int x = left[i], y = right[j];
    if (at(x).size == at(y).size) {
      if (x != y) merge(x, y);
      ++i, ++j;
    } else if (at(x).size % at(y).size == 0) {
      split(x, at(y).size);
    } else if (at(y).size % at(x).size == 0) {
      split(y, at(x).size);
    } else {
      break;
    }
    left = expand({left.begin() + static_cast<std::ptrdiff_t>(i), left.end()});
    right = expand({right.begin() + static_cast<std::ptrdiff_t>(j), right.end()});
    i = j = 0;
  }
  // The rest has no common cut: only the identity is sure to be a symmetry.
  fix({left.begin() + static_cast<std::ptrdiff_t>(i), left.end()});
  fix({right.begin() + static_cast<std::ptrdiff_t>(j), right.end()});
}

std::pair<Axis, Axis> AxisClasses::cut(const Axis& axis, std::int64_t outer) {
  std::int64_t length = 1;
  for (int root : expand(axis)) length *= size(root);
  auto first = make(outer), rest = make(length / outer);
  Axis both = first;
  both.insert(both.end(), rest.begin(), rest.end());
  join(axis, both);
  return {first, rest};
}

}  // namespace weightloom
