#pragma once
// Slots: what a generator must fill, in order. One slot is one chunk of one tensor, or the scale of a tensor; its
// features come from the description alone, so they exist for networks of any depth and for architectures registered a
// minute ago. Normative text: docs/token_format.md. Pure functions [any-thread]; slots point into the layout by index.
// No LibTorch.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "weightloom/network/description.hpp"
#include "weightloom/network/graph.hpp"

namespace weightloom {

struct Slot {
  enum class Kind { kScale, kChunk } kind = Kind::kChunk;
  std::size_t tensor = 0;  // index into SlotLayout::tensors
  // The block of the tensor, seen as a matrix [shape[0], everything else], or as one row when it is a vector.
  std::int64_t row = 0, rows = 1, column = 0, columns = 0;
  std::int64_t class_row = -1;  // the class that this row of the head weight belongs to, else -1
};

// One tokenised tensor: trainable parameters only (running statistics are re-estimated, never generated).
struct SlotTensor {
  std::size_t parameter = 0;              // index into NetworkDescription::parameters
  std::size_t first_slot = 0, slots = 0;  // its scale slot, followed by its chunks
  std::int64_t offset = 0;                // of its first value in the concatenation of all tokenised tensors
  // What the scale slot is relative to: initial_deviation(); where that is 0, 1 / sqrt(fan in) for matrices and 0.1 for
  // vectors.
  double reference_scale = 1;
};

struct SlotLayout {
  std::int64_t chunk = 0;           // values in a full chunk
  std::int64_t values = 0;          // of all tokenised tensors
  std::vector<SlotTensor> tensors;  // in order of first use
  std::vector<Slot> slots;          // tensor after tensor

  // For each place of every chunk slot (row by row, padded to `chunk`) the value that stands there, an offset into the
  // concatenation; -1 for padding. Size: number of chunk slots * chunk.
  std::vector<std::int64_t> gather() const;
};

// Rows are cut into equal parts of at most `chunk` values; short rows are packed several to a chunk, except in the head
// weight, where every class has chunks of its own; vectors are cut into parts of at most `vector_chunk`.
SlotLayout make_slots(const NetworkDescription& description, const GraphFacts& facts, std::int64_t chunk,
                      std::int64_t vector_chunk);

// [slots, kSlotFeatures], every value within about [-1, 1]: what a slot is (role, shape, place in its tensor), and
// where its tensor stands in the order, in the blocks that names number (address.hpp) and in the graph
// (surroundings.hpp).
inline constexpr std::int64_t kSlotFeatures = 160;
std::vector<float> slot_features(const NetworkDescription& description, const GraphFacts& facts,
                                 const SlotLayout& layout);

// A fixed-size summary of a whole architecture: operator counts (OperatorRule::feature), sizes, depth. Values within
// about [-1, 1].
inline constexpr std::int64_t kNetworkFeatures = 40;
std::vector<float> network_features(const NetworkDescription& description, const GraphFacts& facts);

}  // namespace weightloom
