#include "depthwise.hpp"

#include <ATen/Parallel.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <vector>

// One build for every machine, and a copy of each loop for those that have wider registers.
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define WEIGHTLOOM_DISPATCH __attribute__((target_clones("arch=haswell", "default")))
#else
#define WEIGHTLOOM_DISPATCH
#endif

namespace weightloom {
namespace {

using Pair = std::array<std::int64_t, 2>;
using torch::autograd::AutogradContext;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// ---- loops ----

// Rows of a few numbers: a call of memmove takes longer than they do.
inline void copy(float* out, const float* in, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = in[i];
}

WEIGHTLOOM_DISPATCH void add_scaled(float* out, const float* in, float factor, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) out[i] += factor * in[i];
}

// Three neighbouring taps at once: half of the work of one is reading and writing sums.
WEIGHTLOOM_DISPATCH void add_three(float* out, const float* in, const float* factors, std::int64_t n) {
  const float first = factors[0], second = factors[1], third = factors[2];
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) out[i] += first * in[i] + second * in[i + 1] + third * in[i + 2];
}

WEIGHTLOOM_DISPATCH void add_three_products(float* sums, const float* a, const float* b, std::int64_t n) {
  float first = 0, second = 0, third = 0;
#pragma omp simd reduction(+ : first, second, third)
  for (std::int64_t i = 0; i < n; ++i) {
    first += a[i] * b[i];
    second += a[i] * b[i + 1];
    third += a[i] * b[i + 2];
  }
  sums[0] += first;
  sums[1] += second;
  sums[2] += third;
}

WEIGHTLOOM_DISPATCH float product(const float* a, const float* b, std::int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * b[i];
  return sum;
}

WEIGHTLOOM_DISPATCH float total(const float* a, std::int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += a[i];
  return sum;
}

WEIGHTLOOM_DISPATCH float squares_about(const float* a, float middle, std::int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += (a[i] - middle) * (a[i] - middle);
  return sum;
}

WEIGHTLOOM_DISPATCH float product_about(const float* a, const float* b, float middle, std::int64_t n) {
  float sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) sum += a[i] * (b[i] - middle);
  return sum;
}

// out = a * factor + offset
WEIGHTLOOM_DISPATCH void affine(float* out, const float* a, float factor, float offset, std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] * factor + offset;
}

// out = a * of_a + b * of_b + offset
WEIGHTLOOM_DISPATCH void combine(float* out, const float* a, float of_a, const float* b, float of_b, float offset,
                                 std::int64_t n) {
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] * of_a + b[i] * of_b + offset;
}

// ---- depthwise convolution ----

// A map with zeros around it, as one row of numbers: a filter's taps are then constant distances, and a sum over all
// places is one loop. What such a loop makes between the rows is not read.
class PaddedMap {
 public:
  PaddedMap(std::int64_t height, std::int64_t width, Pair padding)
      : height_(height), width_(width), padding_(padding), row_(width + 2 * padding[1]) {
    values_.assign(static_cast<std::size_t>((height + 2 * padding[0]) * row_), 0.0f);
  }
  void fill(const float* map) {
    for (std::int64_t y = 0; y < height_; ++y)
      copy(values_.data() + (y + padding_[0]) * row_ + padding_[1], map + y * width_, width_);
  }
  std::int64_t row() const { return row_; }
  const float* tap(std::int64_t y, std::int64_t x) const { return values_.data() + y * row_ + x; }

 private:
  std::int64_t height_, width_;
  Pair padding_;
  std::int64_t row_;
  std::vector<float> values_;
};

struct Geometry {
  std::int64_t batch, channels, height, width, filter_height, filter_width;
  Pair padding;
  std::int64_t out_height() const { return height + 2 * padding[0] - filter_height + 1; }
  std::int64_t out_width() const { return width + 2 * padding[1] - filter_width + 1; }
};

Geometry geometry(const torch::Tensor& input, const torch::Tensor& weight, Pair padding) {
  return {input.size(0), input.size(1), input.size(2), input.size(3), weight.size(2), weight.size(3), padding};
}

template <typename Work>
void for_channels(std::int64_t channels, const Work& work) {
  at::parallel_for(0, channels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (auto channel = begin; channel < end; ++channel) work(channel);
  });
}

// The taps of a filter's row, three at a time while there are three.
template <typename Three, typename One>
void for_taps(std::int64_t width, const Three& three, const One& one) {
  std::int64_t x = 0;
  for (; x + 3 <= width; x += 3) three(x);
  for (; x < width; ++x) one(x);
}

torch::Tensor correlate(const torch::Tensor& input, const torch::Tensor& weight, Pair padding) {
  const auto g = geometry(input, weight, padding);
  auto out = torch::empty({g.batch, g.channels, g.out_height(), g.out_width()}, input.options());
  const auto *from = input.data_ptr<float>(), *filters = weight.data_ptr<float>();
  auto* to = out.data_ptr<float>();
  for_channels(g.channels, [&](std::int64_t c) {
    PaddedMap map(g.height, g.width, padding);
    const auto places = (g.out_height() - 1) * map.row() + g.out_width();
    std::vector<float> sums(static_cast<std::size_t>(places));
    const auto* filter = filters + c * g.filter_height * g.filter_width;
    const auto row_of = [&](const float* of, std::int64_t y) { return of + y * g.filter_width; };
    for (std::int64_t b = 0; b < g.batch; ++b) {
      map.fill(from + (b * g.channels + c) * g.height * g.width);
      std::ranges::fill(sums, 0.0f);
      for (std::int64_t y = 0; y < g.filter_height; ++y)
        for_taps(
            g.filter_width,
            [&](std::int64_t x) { add_three(sums.data(), map.tap(y, x), row_of(filter, y) + x, places); },
            [&](std::int64_t x) { add_scaled(sums.data(), map.tap(y, x), row_of(filter, y)[x], places); });
      auto* plane = to + (b * g.channels + c) * g.out_height() * g.out_width();
      for (std::int64_t y = 0; y < g.out_height(); ++y)
        copy(plane + y * g.out_width(), sums.data() + y * map.row(), g.out_width());
    }
  });
  return out;
}

torch::Tensor filter_gradient(const torch::Tensor& input, const torch::Tensor& weight, const torch::Tensor& gradient,
                              Pair padding) {
  const auto g = geometry(input, weight, padding);
  auto out = torch::zeros_like(weight);
  const auto *from = input.data_ptr<float>(), *back = gradient.data_ptr<float>();
  auto* to = out.data_ptr<float>();
  for_channels(g.channels, [&](std::int64_t c) {
    PaddedMap map(g.height, g.width, padding);
    const auto places = (g.out_height() - 1) * map.row() + g.out_width();
    std::vector<float> spaced(static_cast<std::size_t>(places), 0.0f);  // the gradient, with zeros between the rows
    auto* filter = to + c * g.filter_height * g.filter_width;
    const auto row_of = [&](float* of, std::int64_t y) { return of + y * g.filter_width; };
    for (std::int64_t b = 0; b < g.batch; ++b) {
      map.fill(from + (b * g.channels + c) * g.height * g.width);
      const auto* plane = back + (b * g.channels + c) * g.out_height() * g.out_width();
      for (std::int64_t y = 0; y < g.out_height(); ++y)
        copy(spaced.data() + y * map.row(), plane + y * g.out_width(), g.out_width());
      for (std::int64_t y = 0; y < g.filter_height; ++y)
        for_taps(
            g.filter_width,
            [&](std::int64_t x) { add_three_products(row_of(filter, y) + x, spaced.data(), map.tap(y, x), places); },
            [&](std::int64_t x) { row_of(filter, y)[x] += product(spaced.data(), map.tap(y, x), places); });
    }
  });
  return out;
}

struct Depthwise : torch::autograd::Function<Depthwise> {
  static Variable forward(AutogradContext* context, const Variable& input, const Variable& weight, std::int64_t rows,
                          std::int64_t columns) {
    const auto x = input.contiguous(), filters = weight.contiguous();
    context->save_for_backward({x, filters});
    context->saved_data["rows"] = rows;
    context->saved_data["columns"] = columns;
    return correlate(x, filters, {rows, columns});
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &input = saved[0], &weight = saved[1];
    const Pair padding{context->saved_data["rows"].toInt(), context->saved_data["columns"].toInt()};
    const auto gradient = gradients[0].contiguous();
    const Pair around{weight.size(2) - 1 - padding[0], weight.size(3) - 1 - padding[1]};
    // Gradients of single examples ask for the filters' alone.
    return {context->needs_input_grad(0) ? correlate(gradient, weight.flip({2, 3}).contiguous(), around) : Variable(),
            context->needs_input_grad(1) ? filter_gradient(input, weight, gradient, padding) : Variable(), Variable(),
            Variable()};
  }
};

// ---- batch normalisation ----

// Sums `of_plane` over all maps of a channel.
template <typename OfPlane>
double over_batch(std::int64_t batch, std::int64_t channels, std::int64_t channel, std::int64_t places,
                  const OfPlane& of_plane) {
  double sum = 0;
  for (std::int64_t b = 0; b < batch; ++b) sum += of_plane((b * channels + channel) * places);
  return sum;
}

struct BatchNormalisation : torch::autograd::Function<BatchNormalisation> {
  static Variable forward(AutogradContext* context, const Variable& input, const Variable& scale, const Variable& shift,
                          double epsilon, float* mean, float* variance) {
    const auto x = input.contiguous(), factors = scale.contiguous(), offsets = shift.contiguous();
    const auto batch = x.size(0), channels = x.size(1),
               places = x.numel() / std::max<std::int64_t>(1, batch * channels);
    auto out = torch::empty_like(x);
    // Mean and inverse deviation of each channel, for the way back.
    auto moments = torch::empty({2, channels}, x.options());
    const auto* from = x.data_ptr<float>();
    auto *to = out.data_ptr<float>(), *means = moments.data_ptr<float>(), *inverses = means + channels;
    const auto count = static_cast<double>(batch * places);
    for_channels(channels, [&](std::int64_t c) {
      const auto middle =
          over_batch(batch, channels, c, places, [&](std::int64_t at) { return total(from + at, places); }) / count;
      const auto spread = over_batch(batch, channels, c, places, [&](std::int64_t at) {
        return squares_about(from + at, static_cast<float>(middle), places);
      });
      const auto inverse = 1 / std::sqrt(spread / count + epsilon);
      means[c] = static_cast<float>(middle);
      inverses[c] = static_cast<float>(inverse);
      if (mean) mean[c] = static_cast<float>(middle);
      if (variance) variance[c] = static_cast<float>(spread / std::max(1.0, count - 1));
      const auto factor = factors.data_ptr<float>()[c] * static_cast<float>(inverse);
      const auto offset = offsets.data_ptr<float>()[c] - static_cast<float>(middle) * factor;
      for (std::int64_t b = 0; b < batch; ++b) {
        const auto at = (b * channels + c) * places;
        affine(to + at, from + at, factor, offset, places);
      }
    });
    context->save_for_backward({x, factors, moments});
    return out;
  }
  static variable_list backward(AutogradContext* context, const variable_list& gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &factors = saved[1], &moments = saved[2];
    const auto gradient = gradients[0].contiguous();
    const auto batch = x.size(0), channels = x.size(1),
               places = x.numel() / std::max<std::int64_t>(1, batch * channels);
    auto of_input = torch::empty_like(x), of_scale = torch::empty_like(factors), of_shift = torch::empty_like(factors);
    const auto *from = x.data_ptr<float>(), *back = gradient.data_ptr<float>();
    const auto *means = moments.data_ptr<float>(), *inverses = means + channels;
    auto* to = of_input.data_ptr<float>();
    const auto count = static_cast<double>(batch * places);
    for_channels(channels, [&](std::int64_t c) {
      const auto sum =
          over_batch(batch, channels, c, places, [&](std::int64_t at) { return total(back + at, places); });
      const auto with_input = over_batch(batch, channels, c, places, [&](std::int64_t at) {
        return product_about(back + at, from + at, means[c], places);
      });
      const auto inverse = static_cast<double>(inverses[c]);
      of_shift.data_ptr<float>()[c] = static_cast<float>(sum);
      of_scale.data_ptr<float>()[c] = static_cast<float>(with_input * inverse);
      // dx = s i (dy - mean(dy) - (x - m) i^2 mean(dy (x - m))) (Ioffe & Szegedy 2015, section 3).
      const auto factor = factors.data_ptr<float>()[c] * inverse;
      const auto of_x = -factor * inverse * inverse * with_input / count;
      const auto offset = -factor * sum / count - of_x * means[c];
      for (std::int64_t b = 0; b < batch; ++b) {
        const auto at = (b * channels + c) * places;
        combine(to + at, back + at, static_cast<float>(factor), from + at, static_cast<float>(of_x),
                static_cast<float>(offset), places);
      }
    });
    return {of_input, of_scale, of_shift, Variable(), Variable(), Variable()};
  }
};

bool is_plain(const torch::Tensor& tensor) {
  return tensor.device().is_cpu() && tensor.scalar_type() == torch::kFloat32 && tensor.numel() > 0;
}

}  // namespace

bool has_depthwise(const torch::Tensor& input, const torch::Tensor& weight, Pair padding) {
  return is_plain(input) && is_plain(weight) && padding[0] < weight.size(2) && padding[1] < weight.size(3) &&
         input.size(2) + 2 * padding[0] >= weight.size(2) && input.size(3) + 2 * padding[1] >= weight.size(3);
}

torch::Tensor depthwise(const torch::Tensor& input, const torch::Tensor& weight, Pair padding) {
  return Depthwise::apply(input, weight, padding[0], padding[1]);
}

bool has_normalise_batch(const torch::Tensor& input) {
  return is_plain(input);
}

torch::Tensor normalise_batch(const torch::Tensor& input, const torch::Tensor& scale, const torch::Tensor& shift,
                              double epsilon, torch::Tensor mean, torch::Tensor variance) {
  // As bare numbers: no gradient goes to them, and apply() takes no tensor that is not there.
  const auto values = [](torch::Tensor& tensor) { return tensor.defined() ? tensor.data_ptr<float>() : nullptr; };
  return BatchNormalisation::apply(input, scale, shift, epsilon, values(mean), values(variance));
}

}  // namespace weightloom
