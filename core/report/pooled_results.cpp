#include "weightloom/report/pooled_results.hpp"

#include <algorithm>

#include "weightloom/base/hash.hpp"

namespace weightloom {
namespace {

void append(std::vector<double>& values, const std::vector<double>& more) {
  values.insert(values.end(), more.begin(), more.end());
}

void append(ResultRow& row, const ResultRow& more) {
  append(row.values, more.values);
  if (!row.novelty || !more.novelty) return;
  append(row.novelty->disagreements, more.novelty->disagreements);
  append(row.novelty->distances, more.novelty->distances);
  if (!row.novelty->disagreements.empty())
    row.novelty->disagreement_with_nearest = median_of(row.novelty->disagreements);
  if (!row.novelty->distances.empty()) row.novelty->distance_to_nearest = median_of(row.novelty->distances);
}

bool same_row(const ResultRow& a, const ResultRow& b) {
  return a.name == b.name && a.data == b.data && a.architecture == b.architecture && a.epochs == b.epochs;
}

}  // namespace

Results pool(std::vector<Results> several) {
  Results out = std::move(several.front());
  out.stages.clear();
  out.wall_seconds = 0;
  std::string fingerprints = out.fingerprint;
  const auto count = static_cast<double>(several.size());
  for (ResultRow& row : out.assessment.rows)
    if (row.novelty && row.novelty->tokens_shared_with_nearest) *row.novelty->tokens_shared_with_nearest /= count;
  for (std::size_t i = 1; i < several.size(); ++i) {
    const Results& more = several[i];
    fingerprints += more.fingerprint;
    for (const ResultRow& row : more.assessment.rows) {
      const auto known = std::ranges::find_if(out.assessment.rows, [&](const auto& own) { return same_row(own, row); });
      if (known == out.assessment.rows.end()) {
        out.assessment.rows.push_back(row);
        continue;
      }
      append(*known, row);
      if (known->novelty && known->novelty->tokens_shared_with_nearest && row.novelty)
        *known->novelty->tokens_shared_with_nearest += row.novelty->tokens_shared_with_nearest.value_or(0) / count;
    }
    out.assessment.instruction.samples += more.assessment.instruction.samples;
    out.assessment.instruction.right_data += more.assessment.instruction.right_data;
    out.peak_rss_bytes = std::max(out.peak_rss_bytes, more.peak_rss_bytes);
    for (const auto& [what, seed] : more.seeds)
      if (std::ranges::find(out.seeds, std::pair(what, seed)) == out.seeds.end())
        out.seeds.emplace_back(what + " " + std::to_string(i + 1), seed);
  }
  if (several.size() > 1) out.fingerprint = short_hash(fingerprints);
  return out;
}

}  // namespace weightloom
