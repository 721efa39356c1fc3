#pragma once
// An object as its difference from another one of the same size (docs/zoo_format.md, "Deltas"): numbers subtracted,
// bytes of like significance together, zstd. Private to the module.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "object_source.hpp"

namespace weightloom {

struct DeltaHeader {
  std::string base;         // the id of the object that it differs from
  std::uint64_t bytes = 0;  // of either object
  std::uint8_t width = 4;   // bytes of a number: 1, 2, 4 or 8
};
inline constexpr std::size_t kDeltaHeader = 56;

// nullopt when `beginning`, at least kDeltaHeader bytes, is not that of a delta.
std::optional<DeltaHeader> decode_delta_header(std::string_view beginning);

// Hands the delta of `object` to `write`, piece by piece. False, with part of it written, as soon as it is more than
// `most` bytes.
bool encode_delta(const DeltaHeader& header, ObjectSource& object, ObjectSource& base, std::uint64_t most,
                  const std::function<void(std::string_view)>& write);

// The object again, from a delta and what it differs from. Throws kDamaged for a delta that cannot be read.
std::unique_ptr<ObjectSource> decode_delta(const DeltaHeader& header, std::unique_ptr<ObjectSource> after_header,
                                           std::unique_ptr<ObjectSource> base);

}  // namespace weightloom
