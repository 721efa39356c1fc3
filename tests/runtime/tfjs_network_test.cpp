// A TensorFlow.js model as a described network: read, brought to our layouts by a dialect, executed, and held against
// TensorFlow's definitions, which are written out here with its own layouts: images height, width, channels; kernels
// height, width, in, out; "same" padding whose odd place comes last.

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <string>
#include <vector>

#include "../support/temporary_folder.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/runtime/executor.hpp"
#include "weightloom/sdk/blocks.hpp"

using namespace weightloom;

namespace {

using Floats = std::vector<float>;

struct Map {
  std::int64_t height, width, channels;
  Floats values;
  float at(std::int64_t row, std::int64_t column, std::int64_t channel) const {
    if (row < 0 || column < 0 || row >= height || column >= width) return 0;
    return values[static_cast<std::size_t>((row * width + column) * channels + channel)];
  }
};

struct Window {
  std::int64_t count, before;
};
Window same(std::int64_t size, std::int64_t kernel, std::int64_t stride) {
  const auto count = (size + stride - 1) / stride;
  return {count, std::max<std::int64_t>(0, (count - 1) * stride + kernel - size) / 2};
}

// `weight` of row, column, channel in, channel out; 0 where these do not meet.
template <class Weight>
Map convolution(const Map& x, std::int64_t kernel, std::int64_t stride, std::int64_t out, Weight weight,
                const Floats& bias) {
  const auto rows = same(x.height, kernel, stride), columns = same(x.width, kernel, stride);
  Map y{rows.count, columns.count, out, {}};
  for (std::int64_t place = 0; place < y.height * y.width * out; ++place) {
    const auto row = place / out / y.width * stride - rows.before,
               column = place / out % y.width * stride - columns.before;
    float sum = bias.empty() ? 0 : bias[static_cast<std::size_t>(place % out)];
    for (std::int64_t k = 0; k < kernel * kernel * x.channels; ++k) {
      const auto r = k / x.channels / kernel, c = k / x.channels % kernel, in = k % x.channels;
      sum += x.at(row + r, column + c, in) * weight(r, c, in, place % out);
    }
    y.values.push_back(sum);
  }
  return y;
}

Map max_pool(const Map& x, std::int64_t kernel, std::int64_t stride) {
  const auto rows = same(x.height, kernel, stride), columns = same(x.width, kernel, stride);
  Map y{rows.count, columns.count, x.channels, {}};
  for (std::int64_t place = 0; place < y.height * y.width * y.channels; ++place) {
    const auto row = place / y.channels / y.width * stride - rows.before,
               column = place / y.channels % y.width * stride - columns.before;
    float most = -std::numeric_limits<float>::infinity();
    for (auto r = std::max<std::int64_t>(row, 0); r < std::min(row + kernel, x.height); ++r)
      for (auto c = std::max<std::int64_t>(column, 0); c < std::min(column + kernel, x.width); ++c)
        most = std::max(most, x.at(r, c, place % y.channels));
    y.values.push_back(most);
  }
  return y;
}

Map relu(Map x) {
  for (auto& value : x.values) value = std::max(value, 0.0f);
  return x;
}

// A manifest and its shard, one tensor after another.
class Model {
 public:
  Floats floats(const std::string& name, const std::string& shape, std::size_t count) {
    Floats values(count);
    for (auto& value : values) value = static_cast<float>(random_.uniform() * 2 - 1);
    add(name, shape, "float32", "");
    shard_.append(reinterpret_cast<const char*>(values.data()), 4 * count);
    return values;
  }
  Floats bytes(const std::string& name, const std::string& shape, std::size_t count) {
    add(name, shape, "float32", R"(,"quantization":{"dtype":"uint8","scale":0.01,"min":-1.3})");
    Floats values(count);
    for (auto& value : values) {
      const auto stored = random_.below(256);
      shard_ += static_cast<char>(stored);
      value = static_cast<float>(static_cast<double>(stored) * 0.01 + -1.3);
    }
    return values;
  }
  void axes(const std::string& name) {
    add(name, "[2]", "int32", "");
    shard_ += std::string("\1\0\0\0\2\0\0\0", 8);
  }
  Floats pixels(std::size_t count) {
    Floats values(count);
    for (auto& value : values) value = static_cast<float>(random_.uniform() * 2 - 1);
    return values;
  }
  TensorMap read() const {
    const test::TemporaryFolder folder;
    test::write_quickly(folder / "shard.bin", shard_);
    test::write_quickly(folder / "model.json", R"({"format":"graph-model","modelTopology":{},"weightsManifest":[)"
                                               R"({"paths":["shard.bin"],"weights":[)" +
                                                   weights_ + "]}]}");
    return read_weights(folder / "model.json").tensors;
  }

 private:
  void add(const std::string& name, const std::string& shape, const std::string& type, const std::string& more) {
    if (!weights_.empty()) weights_ += ",";
    weights_ += R"({"name":")" + name + R"(","shape":)" + shape + R"(,"dtype":")" + type + "\"" + more + "}";
  }
  Random random_{7};
  std::string weights_, shard_;
};

constexpr std::int64_t kRows = 9, kColumns = 8, kChannels = 2, kStem = 4, kEach = 2, kOut = 3, kClasses = 5;
constexpr std::int64_t kFiltered = kStem * kEach;
const Shape kMap{kOut, 3, 2};  // a quarter of the image, rounded up twice

// Convolutions whose strides do not fill an image of odd height and even width, one of them depthwise with two outputs
// for each channel, a pooling, a dense layer over all pixels.
NetworkDescription described() {
  using namespace weightloom::sdk;
  NetworkBuilder net;
  auto x =
      net.relu(conv_same(net, "stem", net.image(kChannels, kRows, kColumns), {.out = kStem, .kernel = 3, .stride = 2}));
  x = conv_same(net, "filter", x, {.out = kFiltered, .kernel = 3, .groups = kStem, .bias = false});
  x = net.conv2d("mix", max_pool_same(net, x, 3, 2), {.out = kOut});
  auto network = net.classifier("head", net.flatten(x), kClasses)
                     .dialect(Dialect("tfjs")
                                  .tensor("model/conv/Conv2D_weights", "stem.weight", from_hwio())
                                  .tensor("model/conv/Conv2D_bn_offset", "stem.bias")
                                  .tensor("unknown_9", "filter.weight", from_depthwise(3, kStem, kEach))
                                  .tensor("model/separable/weights", "mix.weight", from_hwio())
                                  .tensor("model/separable/bn_offset", "mix.bias")
                                  .tensor("model/dense/kernel", "head.weight", from_dense(kMap, kClasses))
                                  .tensor("model/dense/bias", "head.bias")
                                  .ignore("model/Mean/reduction_indices"));
  return parse_description(network.to_json("test.tfjs", sdk::Json::Object{}).dump());
}

}  // namespace

TEST_CASE("a TensorFlow.js model that a dialect maps computes what TensorFlow computes") {
  Model model;
  const auto stem = model.bytes("model/conv/Conv2D_weights", "[3,3,2,4]", 72);
  const auto stem_bias = model.floats("model/conv/Conv2D_bn_offset", "[4]", 4);
  const auto filter = model.bytes("unknown_9", "[3,3,4,2]", 72);
  const auto mix = model.floats("model/separable/weights", "[1,1,8,3]", 24);
  const auto mix_bias = model.floats("model/separable/bn_offset", "[3]", 3);
  const auto dense = model.floats("model/dense/kernel", "[18,5]", 90);
  const auto dense_bias = model.floats("model/dense/bias", "[5]", 5);
  model.axes("model/Mean/reduction_indices");
  const Map image{kRows, kColumns, kChannels, model.pixels(kRows * kColumns * kChannels)};

  const auto of_kernel = [](const Floats& values, std::int64_t size, std::int64_t in, std::int64_t out) {
    return [&values, size, in, out](std::int64_t r, std::int64_t c, std::int64_t i, std::int64_t o) {
      return values[static_cast<std::size_t>(((r * size + c) * in + i) * out + o)];
    };
  };
  auto x = relu(convolution(image, 3, 2, kStem, of_kernel(stem, 3, kChannels, kStem), stem_bias));
  const auto of_channel = [&](std::int64_t r, std::int64_t c, std::int64_t in, std::int64_t out) {
    return in == out / kEach ? filter[static_cast<std::size_t>((r * 3 + c) * kFiltered + out)] : 0;
  };
  x = max_pool(convolution(x, 3, 1, kFiltered, of_channel, {}), 3, 2);
  x = convolution(x, 1, 1, kOut, of_kernel(mix, 1, kFiltered, kOut), mix_bias);

  const auto description = described();
  const auto fitted = fit_tensors(description, "", model.read());
  CHECK(fitted.dialect == "tfjs");
  const Executor executor(description);
  const auto pixels = torch::tensor(image.values).view({1, kRows, kColumns, kChannels}).permute({0, 3, 1, 2});
  const auto outputs = executor.forward(to_weights(description, fitted.tensors), pixels.contiguous());
  REQUIRE(outputs.numel() == kClasses);
  for (std::size_t k = 0; k < static_cast<std::size_t>(kClasses); ++k) {
    float expected = dense_bias[k];
    for (std::size_t i = 0; i < x.values.size(); ++i) expected += x.values[i] * dense[i * kClasses + k];
    CHECK(outputs.flatten()[static_cast<std::int64_t>(k)].item<float>() == Approx(expected).epsilon(1e-4));
  }
}
