#include "weightloom/formats/weights_stream.hpp"

#include <catch2/catch.hpp>

#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/npz.hpp"
#include "weightloom/formats/pytorch.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {

// Sizes around the borders of pieces, and none at all.
TensorMap random_tensors(std::uint64_t seed) {
  Random random(seed);
  constexpr std::size_t kPiece = 8u << 20;
  const std::size_t sizes[] = {0, 1, 7, 4096, kPiece - 1, kPiece, kPiece + 1, 2 * kPiece + 3};
  TensorMap tensors;
  const auto count = random.below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto bytes = sizes[random.below(std::size(sizes))];
    auto& tensor = tensors["t" + std::to_string(random.below(100))];
    tensor = {DType::kU8, {static_cast<std::int64_t>(bytes)}, std::vector<std::byte>(bytes)};
    for (std::size_t at = 0; at < bytes; at += 997) tensor.bytes[at] = static_cast<std::byte>(random.below(256));
  }
  return tensors;
}

TensorMap gather(const WeightsStream& stream, std::string* digest = nullptr) {
  TensorMap tensors;
  const auto read = stream.read([&](const WeightsStream::Tensor& tensor, bool first, std::span<const std::byte> bytes) {
    REQUIRE(first == !tensors.contains(tensor.name));
    auto& gathered = tensors[tensor.name];
    gathered.dtype = tensor.dtype;
    gathered.shape = tensor.shape;
    gathered.bytes.insert(gathered.bytes.end(), bytes.begin(), bytes.end());
  });
  if (digest) *digest = read;
  return tensors;
}

void require_same(const TensorMap& a, const TensorMap& b) {
  REQUIRE(a.size() == b.size());
  for (const auto& [name, tensor] : a) {
    CAPTURE(name);
    REQUIRE(b.contains(name));
    REQUIRE(tensor.shape == b.at(name).shape);
    REQUIRE(tensor.bytes == b.at(name).bytes);
  }
}

}  // namespace

TEST_CASE("a stream gives what reading the whole file gives, and the file's hash", "[weights_stream]") {
  const test::TemporaryFolder folder;
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    const auto tensors = random_tensors(seed);
    write_safetensors(folder / "net.safetensors", tensors, {{"licence", "mit"}});
    const auto stream = WeightsStream::open(folder / "net.safetensors");
    REQUIRE(stream);
    std::string digest;
    require_same(tensors, gather(*stream, &digest));
    CHECK(digest == to_hex(sha256_file(folder / "net.safetensors")));
    CHECK(stream->metadata().at("licence") == "mit");
    require_same(tensors, gather(*stream));  // once more
  }
}

TEST_CASE("a sharded set is a stream of those tensors that its index names", "[weights_stream]") {
  const test::TemporaryFolder folder;
  const HostTensor one{DType::kU8, {3}, std::vector<std::byte>(3)}, two{DType::kU8, {5}, std::vector<std::byte>(5)};
  write_safetensors(folder / "a.safetensors", {{"x", one}, {"stale", two}});
  write_safetensors(folder / "b.safetensors", {{"y", two}});
  const auto index = folder / "m.safetensors.index.json";
  write_file(index, R"({"metadata":{"total_size":8},"weight_map":{"x":"a.safetensors","y":"b.safetensors"}})");
  const auto stream = WeightsStream::open(index);
  REQUIRE(stream);
  std::string digest = "none";
  require_same({{"x", one}, {"y", two}}, gather(*stream, &digest));
  CHECK(digest.empty());
  CHECK(stream->warnings().size() == 1);
  write_file(index, R"({"weight_map":{"x":"b.safetensors"}})");
  CHECK_THROWS_AS(WeightsStream::open(index), Error);
}

TEST_CASE("archives that hold their tensors as they are are streams, held against their checksums",
          "[weights_stream]") {
  const test::TemporaryFolder folder;
  for (const auto* name : {"net.pt", "net.npz"}) {
    CAPTURE(name);
    const bool pytorch = std::string_view(name) == "net.pt";
    for (std::uint64_t seed = 1; seed < 7; ++seed) {
      CAPTURE(seed);
      auto tensors = random_tensors(seed);
      tensors["last"] = {DType::kF32, {2, 3}, std::vector<std::byte>(24, std::byte{7})};
      pytorch ? write_pytorch(folder / name, tensors) : write_npz(folder / name, tensors);
      const auto stream = WeightsStream::open(folder / name);
      REQUIRE(stream);
      CHECK(stream->format() == (pytorch ? "pytorch" : "npz"));
      std::string digest;
      require_same(tensors, gather(*stream, &digest));
      CHECK(digest == to_hex(sha256_file(folder / name)));
    }
    auto text = read_file(folder / name);
    text[text.find(std::string(24, '\7')) + 5] ^= 1;
    write_file(folder / name, text);
    const auto stream = WeightsStream::open(folder / name);
    REQUIRE(stream);
    CHECK_THROWS_WITH(gather(*stream), Catch::Contains("have changed"));
  }
}

TEST_CASE("other formats are no streams, and damaged files are refused before anything is read", "[weights_stream]") {
  const test::TemporaryFolder folder;
  const HostTensor tensor{DType::kU8, {3}, std::vector<std::byte>(3)};
  write_npy(folder / "a.npy", tensor);
  CHECK_FALSE(WeightsStream::open(folder / "a.npy"));
  write_safetensors(folder / "net.safetensors", {{"x", tensor}});
  auto text = read_file(folder / "net.safetensors");
  write_file(folder / "net.safetensors", text.substr(0, text.size() - 1));
  CHECK_THROWS_AS(WeightsStream::open(folder / "net.safetensors"), Error);
}

TEST_CASE("what the visitor throws ends the reading; a file that is written meanwhile is refused", "[weights_stream]") {
  const test::TemporaryFolder folder;
  const HostTensor tensor{DType::kU8, {20 << 20}, std::vector<std::byte>(20u << 20)};
  write_safetensors(folder / "net.safetensors", {{"x", tensor}});
  const auto stream = WeightsStream::open(folder / "net.safetensors");
  CHECK_THROWS_AS(stream->read([](const auto&, bool, auto) { throw std::runtime_error("enough"); }),
                  std::runtime_error);
  bool touched = false;
  CHECK_THROWS_AS(stream->read([&](const auto&, bool, auto) {
    if (!std::exchange(touched, true)) write_safetensors(folder / "net.safetensors", {{"x", tensor}, {"y", tensor}});
  }),
                  Error);
}

}  // namespace weightloom
