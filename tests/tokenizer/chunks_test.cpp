#include "weightloom/tokenizer/chunks.hpp"

#include <catch2/catch.hpp>

#include "../support/small_networks.hpp"
#include "weightloom/network/graph.hpp"
#include "weightloom/runtime/weights.hpp"

namespace weightloom {
namespace {

constexpr std::int64_t kChunk = 8;

SlotLayout layout_of(const NetworkDescription& description) {
  return make_slots(description, analyse(description), kChunk, 4);
}

TEST_CASE("chunks hold what their slots say, padding is zero, and joining takes it away again") {
  bool packed = false, parted = false;
  // Rows of 16, and of 3 (packed) or 20 (cut unevenly).
  for (const int width : {3, 20}) {
    const auto description = test::small_mlp(2, width);
    const auto layout = layout_of(description);
    const Weights weights = initial_weights(description, 3, 1);
    for (const auto& tensor : layout.tensors) {
      const auto values = weights.tensors[tensor.parameter];
      const auto count = static_cast<std::int64_t>(tensor.slots) - 1;
      const auto chunks = cut_chunks(tensor, values, kChunk, 0, count);
      const auto mask = chunk_mask(tensor, kChunk, 0, count, values.options());
      CHECK(chunks.sizes() == torch::IntArrayRef({3, count, kChunk}));
      const auto matrix = values.reshape({3, tensor.rows, tensor.columns});
      for (std::int64_t c = 0; c < count; ++c) {
        const Slot& slot = layout.slots[tensor.first_slot + 1 + static_cast<std::size_t>(c)];
        const auto said = matrix.narrow(1, slot.row, slot.rows).narrow(2, slot.column, slot.columns).reshape({3, -1});
        const auto filled = said.size(1);
        CHECK(torch::equal(chunks.select(1, c).narrow(1, 0, filled), said));
        CHECK(chunks.select(1, c).narrow(1, filled, kChunk - filled).abs().sum().item<double>() == 0);
        CHECK(mask[c].sum().item<double>() == static_cast<double>(filled));
        CHECK(mask[c].narrow(0, 0, filled).eq(1).all().item<bool>());
      }
      CHECK(torch::equal(join_chunks(tensor, chunks), values.reshape({3, -1})));
      CHECK(torch::equal(join_chunks(tensor, chunks + (1 - mask)), values.reshape({3, -1})));
      packed = packed || tensor.packed > 1;
      parted = parted || tensor.parts > 1;
      for (std::int64_t first = 0; first < count; ++first)
        for (const std::int64_t some : {std::int64_t{0}, std::int64_t{1}, count - first}) {
          CHECK(torch::equal(cut_chunks(tensor, values, kChunk, first, some), chunks.narrow(1, first, some)));
          CHECK(torch::equal(chunk_mask(tensor, kChunk, first, some, values.options()), mask.narrow(0, first, some)));
        }
    }
  }
  CHECK(packed);
  CHECK(parted);
}

TEST_CASE("cutting and joining are differentiable") {
  const auto description = test::small_mlp(2, 20);
  const auto layout = layout_of(description);
  for (const auto& tensor : layout.tensors) {
    const auto values = torch::ones({2, tensor.rows * tensor.columns}).requires_grad_();
    const auto chunks = cut_chunks(tensor, values, kChunk, 0, static_cast<std::int64_t>(tensor.slots) - 1);
    (join_chunks(tensor, chunks) * 3).sum().backward();
    CHECK(torch::allclose(values.grad(), torch::full_like(values, 3)));
  }
}

}  // namespace
}  // namespace weightloom
