#include "weightloom/tokenizer/chunks.hpp"

#include <algorithm>
#include <vector>

#include "weightloom/compute/options.hpp"

namespace weightloom {
namespace {

// Where the columns of a row stand among the places of its chunks: [columns].
torch::Tensor places_of_columns(const SlotTensor& tensor, std::int64_t chunk, const torch::TensorOptions& indices) {
  std::vector<std::int64_t> places;
  for (std::int64_t part = 0; part < tensor.parts; ++part) {
    const auto begin = tensor.columns * part / tensor.parts, end = tensor.columns * (part + 1) / tensor.parts;
    for (std::int64_t i = begin; i < end; ++i) places.push_back(part * chunk + i - begin);
  }
  return torch::tensor(places, indices);
}

// Whole rows to a chunk: their values stand in a row already.
torch::Tensor cut_packed(const SlotTensor& tensor, const torch::Tensor& values, std::int64_t chunk, std::int64_t first,
                         std::int64_t count) {
  const auto size = tensor.packed * tensor.columns, begin = first * size;
  const auto end = std::min((first + count) * size, tensor.rows * tensor.columns);
  const auto part = torch::constant_pad_nd(values.narrow(1, begin, end - begin), {0, count * size - (end - begin)});
  return torch::constant_pad_nd(part.reshape({values.size(0), count, size}), {0, chunk - size});
}

// Several chunks to a row.
torch::Tensor cut_rows(const SlotTensor& tensor, const torch::Tensor& values, std::int64_t chunk, std::int64_t first,
                       std::int64_t count) {
  const auto begin = first / tensor.parts, end = (first + count + tensor.parts - 1) / tensor.parts;
  const auto rows = values.narrow(1, begin * tensor.columns, (end - begin) * tensor.columns)
                        .reshape({values.size(0), end - begin, tensor.columns});
  const auto places = places_of_columns(tensor, chunk, indices_like(values));
  return torch::zeros({values.size(0), end - begin, tensor.parts * chunk}, values.options())
      .index_copy(2, places, rows)
      .view({values.size(0), -1, chunk})
      .narrow(1, first - begin * tensor.parts, count);
}

}  // namespace

torch::Tensor cut_chunks(const SlotTensor& tensor, const torch::Tensor& values, std::int64_t chunk, std::int64_t first,
                         std::int64_t count) {
  const auto flat = values.reshape({values.size(0), tensor.rows * tensor.columns});
  return tensor.parts == 1 ? cut_packed(tensor, flat, chunk, first, count)
                           : cut_rows(tensor, flat, chunk, first, count);
}

torch::Tensor join_chunks(const SlotTensor& tensor, const torch::Tensor& chunks) {
  const auto population = chunks.size(0), chunk = chunks.size(2);
  if (tensor.parts == 1)
    return chunks.narrow(2, 0, tensor.packed * tensor.columns)
        .reshape({population, -1})
        .narrow(1, 0, tensor.rows * tensor.columns);
  return chunks.reshape({population, tensor.rows, tensor.parts * chunk})
      .index_select(2, places_of_columns(tensor, chunk, indices_like(chunks)))
      .view({population, -1});
}

torch::Tensor chunk_mask(const SlotTensor& tensor, std::int64_t chunk, std::int64_t first, std::int64_t count,
                         const torch::TensorOptions& floats) {
  const auto ones = torch::ones({1, 1}, floats).expand({1, tensor.rows * tensor.columns});
  return cut_chunks(tensor, ones, chunk, first, count).squeeze(0);
}

}  // namespace weightloom
