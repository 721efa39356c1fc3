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
  // Its matrix, and how that is cut: each chunk holds `packed` rows, or each row is cut into `parts` chunks, part k
  // from column columns * k / parts on. One of the two is 1.
  std::int64_t rows = 1, columns = 1, packed = 1, parts = 1;
  // What the scale slot is relative to: initial_deviation(); where that is 0, 1 / sqrt(fan in) for matrices and 0.1 for
  // vectors.
  double reference_scale = 1;
};

struct SlotLayout {
  std::int64_t chunk = 0;           // values in a full chunk
  std::int64_t values = 0;          // of all tokenised tensors
  std::vector<SlotTensor> tensors;  // in order of first use
  std::vector<Slot> slots;          // tensor after tensor
};

// Slots in a row: those of whole tensors, or a part of one tensor's. A tensor's scale slot comes before its chunks, so
// that the chunks of a range stand in a row too.
struct SlotRange {
  std::int64_t tensor = 0, tensors = 0;  // the first, and how many
  std::int64_t slot = 0, slots = 0;
  std::int64_t chunk = 0, chunks = 0;  // the first, counted among all chunks, and how many
  // Scale slots in it: as many as tensors, but for a later part of a tensor, which has none.
  std::int64_t scales() const { return slots - chunks; }
};
// Of whole tensors.
SlotRange slot_range(const SlotLayout& layout, std::int64_t tensor, std::int64_t tensors);
// The slots of one tensor in parts of at most `most`.
std::vector<SlotRange> slot_parts(const SlotLayout& layout, std::int64_t tensor, std::int64_t most);

// Rows are cut into equal parts of at most `chunk` values; short rows are packed several to a chunk, except in the head
// weight, where every class has chunks of its own; vectors are cut into parts of at most `vector_chunk`.
SlotLayout make_slots(const NetworkDescription& description, const GraphFacts& facts, std::int64_t chunk,
                      std::int64_t vector_chunk);

// What a slot is (role, shape, place in its tensor), and where its tensor stands in the order, in the blocks that names
// number (address.hpp) and in the graph (surroundings.hpp). Every value is within about [-1, 1].
inline constexpr std::int64_t kSlotFeatures = 160;
class SlotFeatures {
 public:
  SlotFeatures(const NetworkDescription& description, const GraphFacts& facts, const SlotLayout& layout);
  // [range.slots, kSlotFeatures]. `layout` as it was.
  std::vector<float> of(const SlotLayout& layout, const SlotRange& range) const;

 private:
  // What all slots of a tensor share: it stands before, between and behind what tells them apart.
  struct Shared {
    std::vector<float> before, between, behind;
  };
  std::vector<Shared> tensors_;
};

// A fixed-size summary of a whole architecture: operator counts (OperatorRule::feature), sizes, depth. Values within
// about [-1, 1].
inline constexpr std::int64_t kNetworkFeatures = 40;
std::vector<float> network_features(const NetworkDescription& description, const GraphFacts& facts);

}  // namespace weightloom
