#pragma once
// The statistics of tensors that a store keeps: a cache, which nothing depends on. Private to the module.

#include <optional>
#include <string>
#include <string_view>

#include "weightloom/zoo/statistics.hpp"

namespace weightloom {

std::string encode(const TensorStatistics& statistics);
// nullopt for bytes that encode() did not write.
std::optional<TensorStatistics> decode_statistics(std::string_view bytes);
// Is what a store keeps under `key` what follows from the bytes of its object, but for rounding?
bool agrees(std::string_view key, std::string_view kept, std::span<const std::byte> object);

}  // namespace weightloom
