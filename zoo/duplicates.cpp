#include <algorithm>
#include <map>
#include <utility>

#include "query_syntax.hpp"
#include "weightloom/zoo/similar.hpp"

namespace weightloom {
namespace {

constexpr std::size_t kMostOwners = 64;  // that are all paired with each other
constexpr double kLeastShare = 0.5;

// What there is once: the bytes of its different tensors.
std::map<std::string, std::int64_t> objects_of(const ZooRecord& record) {
  std::map<std::string, std::int64_t> objects;
  for (const auto& tensor : record.tensors)
    objects[tensor.object] = static_cast<std::int64_t>(byte_count(tensor.dtype, tensor.shape));
  return objects;
}

struct Known {
  std::string name;
  std::int64_t bytes = 0;
};

std::vector<SharedTensors> shared_tensors(const std::vector<Known>& networks,
                                          const std::map<std::string, std::vector<std::size_t>>& owners,
                                          const std::map<std::string, std::int64_t>& bytes) {
  std::map<std::pair<std::size_t, std::size_t>, std::int64_t> common;
  for (const auto& [object, having] : owners) {
    const auto firsts = having.size() > kMostOwners ? 1 : having.size();
    for (std::size_t i = 0; i < firsts; ++i)
      for (std::size_t j = i + 1; j < having.size(); ++j) common[{having[i], having[j]}] += bytes.at(object);
  }
  std::vector<SharedTensors> out;
  for (const auto& [pair, both] : common) {
    const auto &first = networks[pair.first], &second = networks[pair.second];
    const auto smaller = std::min(first.bytes, second.bytes);
    const double share = smaller > 0 ? static_cast<double>(both) / static_cast<double>(smaller) : 0;
    if (share >= kLeastShare) out.push_back({first.name, second.name, both, share});
  }
  std::ranges::stable_sort(out, std::ranges::greater(), &SharedTensors::share);
  return out;
}

}  // namespace

Duplicates find_duplicates(const Zoo& zoo) {
  std::map<std::string, EqualNetworks> by_weights;
  std::vector<Known> networks;
  std::map<std::string, std::vector<std::size_t>> owners;
  std::map<std::string, std::int64_t> bytes;
  for (const auto& summary : zoo.summaries()) {
    throw_if_interrupted();
    const auto record = zoo.get(summary.id);
    auto& equal = by_weights[record.weights_hash];
    equal.names.push_back(record.name);
    equal.bytes = record.bytes;
    if (equal.names.size() > 1) continue;
    networks.push_back({record.name, 0});
    for (const auto& [object, size] : objects_of(record)) {
      networks.back().bytes += size;
      bytes[object] = size;
      owners[object].push_back(networks.size() - 1);
    }
  }
  Duplicates out;
  for (auto& [hash, equal] : by_weights)
    if (equal.names.size() > 1) out.equal.push_back(std::move(equal));
  std::ranges::sort(out.equal, [](const EqualNetworks& a, const EqualNetworks& b) {
    return natural_less(a.names.front(), b.names.front());
  });
  out.shared = shared_tensors(networks, owners, bytes);
  return out;
}

}  // namespace weightloom
