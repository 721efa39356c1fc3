#pragma once
// Residual vector quantisation of masked vectors (Zeghidour et al., SoundStream, 2021, section III-C), learned by
// exponential moving averages (van den Oord et al., VQ-VAE, 2017, appendix A.1) or by Gumbel-softmax (Jang et al.,
// 2017; the IGPG paper, section 2.2).

#include <cstdint>
#include <string>

#include "weightloom/compute/module.hpp"
#include "weightloom/compute/torch.hpp"
#include "weightloom/training/checkpoint.hpp"

namespace weightloom {

enum class QuantizerKind { kEma, kGumbel };

// Q codebooks of K codes of dimension C. Stage q quantises what the stages before it left over. Places where the mask
// is 0 take no part in distances or updates.
class ResidualQuantizer : public Module {
 public:
  ResidualQuantizer(std::int64_t codebooks, std::int64_t codes, std::int64_t dimension, QuantizerKind kind);

  // k-means per stage on vectors [N, C], mask [N, C] (0 or 1). Training starts anew.
  void initialise(const torch::Tensor& vectors, const torch::Tensor& mask, std::uint64_t seed);

  // [N, C] -> codes [N, Q] (int64), nearest code per stage.
  torch::Tensor quantise(const torch::Tensor& vectors, const torch::Tensor& mask) const;
  // codes [..., Q] -> [..., C]: the sum over the first `stages` codebooks (0: all).
  torch::Tensor lookup(const torch::Tensor& codes, std::int64_t stages = 0) const;

  struct Training {
    // [N, C]; gradients pass straight through to `vectors` (EMA), or through the softmax (Gumbel).
    torch::Tensor quantised;
    torch::Tensor commitment;  // scalar: mean squared distance to the quantised vectors
    torch::Tensor codes;       // [N, Q]
  };
  // One training pass; EMA updates the codebooks (decay 0.98). Gumbel draws its noise from `generator` and takes
  // `temperature` > 0 as that of the noise and of the softmax; EMA uses neither.
  Training train_step(const torch::Tensor& vectors, const torch::Tensor& mask, double temperature,
                      torch::Generator& generator);
  // What train_step() changes and an optimiser does not: the codebooks and averages of EMA.
  void keep_in(TrainingState& state, const std::string& prefix);

  // score[n, k] = v . e_k - |e_k|^2 / 2 over unmasked places: half the negative squared distance, but for a term that
  // depends on n alone.
  torch::Tensor scores(const torch::Tensor& vectors, const torch::Tensor& mask, std::int64_t stage) const;

  const torch::Tensor& codebooks() const { return codebooks_; }  // [Q, K, C]
  std::int64_t stages() const { return codebooks_.size(0); }

 private:
  QuantizerKind kind_;
  torch::Tensor codebooks_, counts_, sums_;
};

}  // namespace weightloom
