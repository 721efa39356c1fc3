#include "weightloom/workflow/evaluation_cache.hpp"

#include <optional>

#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/runtime/evaluation.hpp"
#include "weightloom/runtime/training.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// Of what evaluate(), recalibrate() and the executor compute: goes up when any of them gives other numbers.
constexpr int kVersion = 1;
constexpr std::uint64_t kMostBytes = 4096;

void add(Sha256& hash, const torch::Tensor& values) {
  const auto there = values.to(torch::kCPU).contiguous();
  hash.update(std::string(there.dtype().name()) + to_string(Shape(there.sizes().begin(), there.sizes().end())));
  hash.update(there.data_ptr(), there.nbytes());
}

void add(Sha256& hash, const LabelledImages* images) {
  hash.update(images ? "images" : "none");
  if (!images) return;
  add(hash, images->images);
  add(hash, images->labels);
}

std::string key_of(const EvaluationJob& job) {
  Sha256 hash;
  const auto& description = job.executor.description();
  hash.update(std::to_string(kVersion) + "|" + TORCH_VERSION + "|" + std::to_string(job.limit) + "|" +
              to_json(description).dump() + "|" + weights_hash(to_tensor_map(description, job.weights)));
  add(hash, &job.images);
  add(hash, job.calibration);
  return to_hex(hash.finish());
}

std::optional<CachedEvaluation> read(const fs::path& file) {
  try {
    const auto what = "an evaluation";
    const auto json = parse_json(read_file(file, kMostBytes), what);
    return CachedEvaluation{member<double>(json, "accuracy", what), member<double>(json, "loss", what),
                            member<std::int64_t>(json, "images", what), true};
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) log().debug("{}", error.what());
    return std::nullopt;
  }
}

void write(const fs::path& file, const CachedEvaluation& found) {
  try {
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    const Json json = {{"accuracy", found.accuracy}, {"loss", found.loss}, {"images", found.images}};
    write_file(file, json.dump() + "\n");
  } catch (const Error& error) {
    log().debug("{}", error.what());
  }
}

}  // namespace

CachedEvaluation EvaluationCache::evaluate(const EvaluationJob& job, bool fresh) const {
  const auto file = folder_ / key_of(job);
  if (!fresh)
    if (const auto kept = read(file)) return *kept;
  auto weights = job.weights;
  if (job.calibration) weights = recalibrate(job.executor, weights, {job.calibration}, 0);
  const auto result = weightloom::evaluate(job.executor, weights, {&job.images}, job.limit);
  const CachedEvaluation found{result.accuracy[0], result.loss[0], result.predictions.size(1)};
  write(file, found);
  return found;
}

}  // namespace weightloom
