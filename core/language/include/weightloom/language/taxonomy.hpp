#pragma once
// What nouns are kinds of: a terrier is a dog, a dog an animal. No LibTorch.

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace weightloom {

// Nodes are meanings, numbered from 0; kNone stands where there is none. Empty where nothing is known of kinds. What
// asks it needs tables that fit. [any-thread] while nobody changes it.
struct Taxonomy {
  using Node = std::int32_t;
  static constexpr Node kNone = -1;
  static constexpr std::size_t kSenses = 2, kBroader = 2;

  std::vector<Node> senses;   // [terms, kSenses]: what a term means as a noun, the commonest meaning first
  std::vector<Node> broader;  // [nodes, kBroader]: what a node is a kind of

  // Whether both tables are whole, `senses` of so many terms or of none, and no node lies outside.
  bool fits(std::size_t terms) const;
  // What a term means as a noun, kSenses at most; nothing for a term beyond the table.
  std::vector<Node> senses_of(std::size_t term) const;
  // A node of the table and all that it is a kind of, with the steps to each, the nearest first; circles end.
  std::vector<std::pair<Node, std::size_t>> kinds_of(Node node) const;
  // The fewest steps from a node to one that is a kind of nothing.
  std::size_t depth(Node node) const;
};

}  // namespace weightloom
