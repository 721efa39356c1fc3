#include <algorithm>
#include <cmath>

#include "weightloom/base/error.hpp"
#include "weightloom/data/image.hpp"

namespace weightloom {
namespace {

// Output place i is the weighted sum of inputs first .. first + weights.size() - 1.
struct Tap {
  std::int64_t first;
  std::vector<float> weights;
};

// Area average when the axis shrinks, linear interpolation between pixel centres when it grows.
std::vector<Tap> make_taps(std::int64_t from, std::int64_t to) {
  std::vector<Tap> taps(static_cast<std::size_t>(to));
  const double step = static_cast<double>(from) / static_cast<double>(to);
  for (std::int64_t i = 0; i < to; ++i) {
    auto& tap = taps[static_cast<std::size_t>(i)];
    if (step >= 1) {
      const double begin = static_cast<double>(i) * step, end = begin + step;
      tap.first = static_cast<std::int64_t>(begin);
      for (auto j = tap.first; j < from && static_cast<double>(j) < end - 1e-9; ++j) {
        const double overlap = std::min(end, static_cast<double>(j + 1)) - std::max(begin, static_cast<double>(j));
        tap.weights.push_back(static_cast<float>(overlap / step));
      }
    } else {
      const double centre = std::clamp((static_cast<double>(i) + 0.5) * step - 0.5, 0.0, static_cast<double>(from - 1));
      tap.first = std::min(static_cast<std::int64_t>(centre), std::max<std::int64_t>(from - 2, 0));
      const auto share = static_cast<float>(centre - static_cast<double>(tap.first));
      tap.weights = from > 1 ? std::vector<float>{1 - share, share} : std::vector<float>{1};
    }
  }
  return taps;
}

const std::vector<Tap>& taps_for(std::int64_t from, std::int64_t to) {
  struct Entry {
    std::int64_t from = 0, to = 0;
    std::vector<Tap> taps;
  };
  // Images of one source nearly always have one size; two entries serve its two axes.
  thread_local Entry cache[2];
  for (auto& entry : cache)
    if (entry.from == from && entry.to == to) return entry.taps;
  std::swap(cache[0], cache[1]);
  cache[0] = {from, to, make_taps(from, to)};
  return cache[0].taps;
}

// One plane of 0 .. 255 values per channel of the form, at the raster's own size.
std::vector<float> planes(const Raster& image, std::int64_t channels) {
  const auto area = static_cast<std::size_t>(image.height * image.width);
  std::vector<float> out(area * static_cast<std::size_t>(channels));
  for (std::size_t i = 0; i < area; ++i) {
    const auto* pixel = image.pixels.data() + i * static_cast<std::size_t>(image.channels);
    for (std::int64_t c = 0; c < channels; ++c)
      out[static_cast<std::size_t>(c) * area + i] = image.channels == channels ? static_cast<float>(pixel[c])
                                                    : image.channels == 1
                                                        ? static_cast<float>(pixel[0])
                                                        : 0.299f * pixel[0] + 0.587f * pixel[1] + 0.114f * pixel[2];
  }
  return out;
}

}  // namespace

void resample(const Raster& image, const ImageForm& form, std::span<float> out) {
  auto plane = planes(image, form.channels);
  if (image.height == form.size && image.width == form.size) {
    std::ranges::copy(plane, out.begin());
    return;
  }
  const auto across = taps_for(image.width, form.size), down = taps_for(image.height, form.size);
  std::vector<float> narrow(static_cast<std::size_t>(image.height * form.size));
  for (std::int64_t c = 0; c < form.channels; ++c) {
    const float* source = plane.data() + c * image.height * image.width;
    for (std::int64_t y = 0; y < image.height; ++y)
      for (std::int64_t x = 0; x < form.size; ++x) {
        const auto& tap = across[static_cast<std::size_t>(x)];
        float sum = 0;
        for (std::size_t k = 0; k < tap.weights.size(); ++k)
          sum += tap.weights[k] * source[y * image.width + tap.first + static_cast<std::int64_t>(k)];
        narrow[static_cast<std::size_t>(y * form.size + x)] = sum;
      }
    float* target = out.data() + c * form.size * form.size;
    for (std::int64_t y = 0; y < form.size; ++y)
      for (std::int64_t x = 0; x < form.size; ++x) {
        const auto& tap = down[static_cast<std::size_t>(y)];
        float sum = 0;
        for (std::size_t k = 0; k < tap.weights.size(); ++k)
          sum += tap.weights[k] *
                 narrow[static_cast<std::size_t>((tap.first + static_cast<std::int64_t>(k)) * form.size + x)];
        target[y * form.size + x] = sum;
      }
  }
}

}  // namespace weightloom
