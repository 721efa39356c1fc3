#include "weights_digest.hpp"

#include "weightloom/base/hash.hpp"
#include "weightloom/formats/weights_file.hpp"
#include "weightloom/formats/weights_stream.hpp"

namespace weightloom {
namespace {

using Digests = std::map<std::string, TensorDigest>;

Digests digests_of(const WeightsStream& stream) {
  std::map<std::string, Sha256> hashes;
  stream.read([&](const WeightsStream::Tensor& tensor, bool, auto bytes) {
    hashes[tensor.name].update(bytes.data(), bytes.size());
  });
  Digests digests;
  for (const auto& tensor : stream.tensors())
    digests[tensor.name] = {tensor.dtype, tensor.shape, to_hex(hashes[tensor.name].finish())};
  return digests;
}

Digests digests_of(const TensorMap& tensors) {
  Digests digests;
  for (const auto& [name, tensor] : tensors) {
    const std::string_view bytes(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    digests[name] = {tensor.dtype, tensor.shape, to_hex(sha256(bytes))};
  }
  return digests;
}

}  // namespace

Digests digests_of(const FoundNetwork& network) {
  if (!network.shards.empty()) return digests_of(read_shards(network.shards).tensors);
  if (const auto stream = WeightsStream::open(network.path)) return digests_of(*stream);
  return digests_of(read_weights(network.path).tensors);
}

std::set<std::string> tensor_names(const std::filesystem::path& path) {
  std::set<std::string> names;
  if (const auto stream = WeightsStream::open(path))
    for (const auto& tensor : stream->tensors()) names.insert(tensor.name);
  else
    for (const auto& [name, tensor] : read_weights(path).tensors) names.insert(name);
  return names;
}

}  // namespace weightloom
