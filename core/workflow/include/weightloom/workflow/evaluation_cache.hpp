#pragma once
// Evaluations that are kept: the same weights on the same images are looked at once.

#include <cstdint>
#include <filesystem>

#include "weightloom/runtime/dataset.hpp"
#include "weightloom/runtime/executor.hpp"

namespace weightloom {

// What is looked at. The references must outlive it.
struct EvaluationJob {
  const Executor& executor;
  const Weights& weights;  // population 1
  const LabelledImages& images;
  const LabelledImages* calibration = nullptr;  // images that batch normalisation is first re-estimated on
  std::int64_t limit = 0;                       // > 0: so many images only
};

struct CachedEvaluation {
  double accuracy = 0, loss = 0;  // as in Evaluation
  std::int64_t images = 0;        // how many were looked at
  bool kept = false;              // it is of an earlier evaluation
};

// A folder of evaluations, each a file called after the SHA-256 of all that it follows from: the description, the
// weights, the images and labels themselves, and the version of what computes it. So a data set whose files have
// changed is another one. A file that cannot be read or written is as good as none: the evaluation is made anew.
// [any-thread]
class EvaluationCache {
 public:
  explicit EvaluationCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  // `fresh`: compute it in any case, and keep that. Throws what evaluate() and recalibrate() do.
  CachedEvaluation evaluate(const EvaluationJob& job, bool fresh = false) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace weightloom
