#pragma once
// What the fuzz targets share. Each is one function, which libFuzzer calls with bytes of its making: they are read or
// refused, and anything else (another error, a sanitizer's finding, too much memory or time) is one.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string_view>

#include "weightloom/base/error.hpp"
#include "weightloom/base/tensor.hpp"

namespace weightloom::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A file in memory with this content, the only one of the process.
std::filesystem::path memory_file(const std::uint8_t* data, std::size_t size);

// Ends the process when a tensor's bytes do not fill its shape.
void expect_whole(const TensorMap& tensors);

// 0, as libFuzzer wants it.
template <class Parse>
int expect_read_or_refused(const Parse& parse, ErrorCode refusal = ErrorCode::kRefused) {
  try {
    parse();
  } catch (const Error& error) {
    if (error.code() != refusal) throw;
  }
  return 0;
}

}  // namespace weightloom::fuzz
