#pragma once
// Which axes of a network must be permuted together. An axis is a product of factors, outermost first: flattening
// [C, H, W] makes one axis of the factors C, H and W. Factors that must move together form a class (union-find); a
// class that two places cut differently is split into smaller factors, a class that nothing may move is fixed.

#include <cstdint>
#include <utility>
#include <vector>

namespace weightloom {

using Axis = std::vector<int>;  // ids of factors, outermost first; empty for an axis of length 1

class AxisClasses {
 public:
  // A new axis of one factor that is free to move.
  Axis make(std::int64_t size);
  // States that `a` and `b` are the same axis. REQUIRES equal lengths.
  void join(const Axis& a, const Axis& b);
  void fix(const Axis& axis);
  // Cuts an axis into [outer, rest] and returns both. REQUIRES that outer divides its length.
  std::pair<Axis, Axis> cut(const Axis& axis, std::int64_t outer);

  // The classes of the factors of `axis`, all splits applied.
  std::vector<int> expand(const Axis& axis) const;
  std::int64_t size(int root) const { return factors_[static_cast<std::size_t>(root)].size; }
  bool fixed(int root) const { return factors_[static_cast<std::size_t>(root)].fixed; }

 private:
  struct Factor {
    std::int64_t size;
    int parent;  // itself: a root
    bool fixed = false;
    int members = 1;             // union by size keeps find() short
    int outer = -1, inner = -1;  // the two factors that a root was split into
  };
  Factor& at(int id) { return factors_[static_cast<std::size_t>(id)]; }
  const Factor& at(int id) const { return factors_[static_cast<std::size_t>(id)]; }
  int find(int id) const;
  void merge(int a, int b);
  void split(int root, std::int64_t outer);
  void expand_into(int id, std::vector<int>& out) const;
  std::vector<Factor> factors_;
};

}  // namespace weightloom
