#pragma once
// Anchors: the point of weight space that a family's codes are relative to (docs/adr/0004-anchors.md).

#include <string>
#include <vector>

#include "weightloom/compute/options.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/runtime/weights.hpp"

namespace weightloom {

// The common ancestor of a family, or the aligned mean of its members.
struct Anchor {
  std::string family;
  NetworkDescription description;  // the largest network that the anchor was made for
  Weights weights;                 // population 1
  // True: an aligned mean of networks from independent initialisations of one task. Members are aligned to it before
  // coding, and it covers the head. False: an ancestor that its members were fine-tuned from; they need no alignment,
  // and each task has a head of its own.
  bool independent = false;
  // What an ancestor was trained to serve: `config` with settings drawn from `ranges` (ConfigRanges as written), beside
  // channels, size and classes. Without ranges: its own configuration alone.
  Json config = Json::object(), ranges = Json::object();
};

// The anchor's weights for `target`, a network of the same architecture and any width and depth: every tensor as a cut
// (network/cut.hpp); where there is none, and for the head of an ancestor, the mean of the initialiser (ones for scales
// and running variances, else zeros). `anchor` may be null: no anchor at all. Population 1.
Weights map_anchor(const Anchor* anchor, const NetworkDescription& target, const ComputeOptions& compute = {});

// The mean of `members` (population P of one description) after aligning each to the first; also returns the aligned
// members.
struct AlignedMean {
  Weights mean;     // population 1
  Weights members;  // population P
};
AlignedMean aligned_mean(const NetworkDescription& description, const Weights& members);

}  // namespace weightloom
