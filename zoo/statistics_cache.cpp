#include "statistics_cache.hpp"

#include <cstring>

#include "zoo_impl.hpp"

namespace weightloom {
namespace {

// Calls visit(bytes of a field, their number) for each field in the order of the store.
template <class Statistics, class Visit>
void each_field(Statistics& statistics, Visit visit) {
  for (auto* count : {&statistics.values, &statistics.zeros, &statistics.nans, &statistics.infinities})
    visit(count, sizeof *count);
  for (auto* figure :
       {&statistics.mean, &statistics.deviation, &statistics.least, &statistics.greatest, &statistics.kurtosis})
    visit(figure, sizeof *figure);
  visit(statistics.histogram.data(), statistics.histogram.size());
}

}  // namespace

std::string encode(const TensorStatistics& statistics) {
  std::string bytes;
  each_field(statistics,
             [&](const void* field, std::size_t size) { bytes.append(static_cast<const char*>(field), size); });
  return bytes;
}

std::optional<TensorStatistics> decode_statistics(std::string_view bytes) {
  TensorStatistics statistics;
  if (bytes.size() != encode(statistics).size()) return std::nullopt;
  each_field(statistics, [&](void* field, std::size_t size) {
    std::memcpy(field, bytes.data(), size);
    bytes.remove_prefix(size);
  });
  return statistics;
}

bool agrees(std::string_view key, std::string_view kept, std::span<const std::byte> object) {
  const auto dtype = keys::dtype_of_statistics(key);
  const auto due = dtype ? statistics_of(*dtype, object) : std::nullopt;
  const auto statistics = decode_statistics(kept);
  return due && statistics && nearly_equal(*statistics, *due);
}

std::optional<TensorStatistics> Zoo::Impl::statistics(const TensorRecord& tensor) const {
  const auto key = keys::statistics(tensor);
  if (const auto kept = database->get(Family::kStat, key))
    if (const auto statistics = decode_statistics(*kept)) return statistics;
  const auto statistics = statistics_of(tensor.dtype, read_object(directory, *database, tensor.object));
  if (statistics && lock) {
    auto batch = database->batch();
    batch.put(Family::kStat, key, encode(*statistics));
    database->write(batch, false);
  }
  return statistics;
}

std::optional<TensorStatistics> Zoo::statistics(const TensorRecord& tensor) const {
  return impl_->statistics(tensor);
}

}  // namespace weightloom
