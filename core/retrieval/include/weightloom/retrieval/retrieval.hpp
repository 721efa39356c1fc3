#pragma once
// The networks of a zoo that fit a request, the most promising first, judging by what is recorded of them. No LibTorch.

#include <cstdint>
#include <string>
#include <vector>

#include "weightloom/retrieval/wanted.hpp"

namespace weightloom {

struct Candidate {
  RecordSummary network;
  // Which of its outputs are the wanted classes, in their order; empty: all of them as they are.
  std::vector<std::int64_t> outputs;
  double predicted = 0;   // accuracy on the wanted classes, a fraction of 1
  bool measured = false;  // the network's record has an accuracy; else it is that of those beside it, less a little
  std::vector<std::string> reasons;
};

struct Retrieval {
  std::vector<Candidate> candidates;  // by predicted accuracy; of those alike, by name
  std::size_t considered = 0;         // networks of the same images
};

// A network fits when it was trained on the wanted images and classes, in any order and others besides, and is of the
// architecture, sizes and limit that are asked for. The accuracy is the one recorded for validation images, else any
// other ("accuracy", last "test_accuracy"); of a network that tells more classes apart, its errors are taken to be
// spread over all pairs: with k of n classes (k - 1) / (n - 1) of them remain. [any-thread] for readers of one zoo
// each.
Retrieval retrieve(const Zoo& zoo, const Wanted& wanted);

}  // namespace weightloom
