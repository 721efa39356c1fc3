#pragma once
// Networks that are like another one, or the same. Not thread-safe, as the Zoo that is read.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct Neighbour {
  std::string id, name, architecture;
  // Of the weights, where names and shapes of all tensors are the same: ValueDistance::relative() and cosine().
  std::optional<double> distance, cosine;
  // Of what the statistics of the tensors say, whatever the sizes: root mean square over a sketch of fixed length, in
  // which 0.3 is about a factor of two in the spread of every layer. nullopt where there are none.
  std::optional<double> statistics;
  // Of the metrics that both have, where their data set is the same: root mean square of relative differences. How long
  // something took (`..._seconds`) is no behaviour.
  std::optional<double> behaviour;
  bool damaged = false;  // its weights could not be read
};

enum class SimilarBy {
  kWeights,   // those of the same layout by distance, then the others by statistics
  kBehaviour  // those with a behaviour alone
};

// The nearest first, at most `limit` (0: all). Weights are read of the 1,000 networks of the same layout that are
// nearest by statistics. Those whose weights are damaged have neither distance nor statistics. Throws kDamaged when the
// network's own weights are needed and damaged.
std::vector<Neighbour> similar_networks(const Zoo& zoo, const ZooRecord& record, SimilarBy by, std::size_t limit,
                                        const ProgressSink& progress = {});

struct EqualNetworks {
  std::vector<std::string> names;  // two or more, in name order
  std::int64_t bytes = 0;          // of one of them
};

struct SharedTensors {
  std::string first, second;  // names; each of networks that are the same stands for all
  std::int64_t bytes = 0;     // of the tensors that both have, under whatever names
  double share = 0;           // of the smaller one's
};

struct Duplicates {
  std::vector<EqualNetworks> equal;   // the same weights under the same names
  std::vector<SharedTensors> shared;  // half of the smaller one's bytes and more, the largest share first
};

// Reads records, no weights. Tensors that more than 64 different networks have, such as a common backbone or biases of
// zeros, count for pairs of the first of those with each other one alone.
Duplicates find_duplicates(const Zoo& zoo);

}  // namespace weightloom
