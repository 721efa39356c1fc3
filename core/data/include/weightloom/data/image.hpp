#pragma once
// Single images: decoding files and bringing them into the form that a network wants. No LibTorch.

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include "weightloom/data/dataset.hpp"

namespace weightloom {

// 8-bit pixels, [height, width, channels]; channels is 1 (grey) or 3 (red, green, blue).
struct Raster {
  std::int64_t channels = 0, height = 0, width = 0;
  std::vector<std::uint8_t> pixels;
};

// Decodes PNG, JPEG, binary PGM or PPM, told apart by their first bytes. Transparent pixels are put on black. Files
// above 256 MiB, images above 64 million pixels, CMYK and anything damaged are refused. Throws kNotFound, kRefused
// "image.<case>".
Raster read_image(const std::filesystem::path& path);

// Converts colour, stretches to [channels, size, size] and writes form.channels * size * size values of 0 .. 255 to
// `out`. REQUIRES out to have that length and the raster to be non-empty.
void resample(const Raster& image, const ImageForm& form, std::span<float> out);

}  // namespace weightloom
