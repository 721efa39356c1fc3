#pragma once
// A file that can be read as a stream holds the same that way.

#include <cstdlib>
#include <map>

#include "fuzz_target.hpp"
#include "weightloom/formats/weights_stream.hpp"

namespace weightloom::fuzz {

// `tensors`: what reading the whole file gave. Ends the process when its stream gives anything else.
inline void expect_same_stream(const std::filesystem::path& file, const TensorMap& tensors) {
  const auto stream = WeightsStream::open(file);
  if (!stream) return;
  TensorMap streamed;
  stream->read([&](const WeightsStream::Tensor& tensor, bool first, std::span<const std::byte> bytes) {
    if (first == streamed.contains(tensor.name)) std::abort();
    auto& own = streamed[tensor.name];
    own.dtype = tensor.dtype;
    own.shape = tensor.shape;
    own.bytes.insert(own.bytes.end(), bytes.begin(), bytes.end());
  });
  if (streamed.size() != tensors.size()) std::abort();
  for (const auto& [name, tensor] : tensors) {
    const auto own = streamed.find(name);
    if (own == streamed.end() || own->second.dtype != tensor.dtype || own->second.shape != tensor.shape ||
        own->second.bytes != tensor.bytes)
      std::abort();
  }
}

}  // namespace weightloom::fuzz
