#include "weightloom/tokenizer/quantizer.hpp"

#include "weightloom/compute/options.hpp"
#include "weightloom/compute/random.hpp"

namespace weightloom {
namespace {

// The 0.99 of van den Oord et al. (2017, appendix A.1), shorter: trainings here have hundreds of steps, not 10^5.
constexpr double kDecay = 0.98;
// The error of k-means hardly falls after ten rounds, and training goes on from there.
constexpr int kMeansRounds = 10;

// Means of the vectors assigned to each code, place by place; places that no vector covers stay at `fallback`.
torch::Tensor masked_means(const torch::Tensor& sums, const torch::Tensor& counts, const torch::Tensor& fallback) {
  // Under EMA the count of an unused place decays towards 0; below 1e-3 its mean is mostly rounding.
  return torch::where(counts > 1e-3, sums / counts.clamp_min(1e-3), fallback);
}

torch::Tensor random_rows(const torch::Tensor& vectors, std::int64_t count, torch::Generator& generator) {
  const auto rows = torch::randint(vectors.size(0), {count}, generator, indices_like(vectors));
  return vectors.index_select(0, rows).clone();
}

}  // namespace

ResidualQuantizer::ResidualQuantizer(std::int64_t codebooks, std::int64_t codes, std::int64_t dimension,
                                     QuantizerKind kind)
    : kind_(kind) {
  codebooks_ = register_parameter("codebooks", torch::zeros({codebooks, codes, dimension}, ComputeOptions().floats()),
                                  kind == QuantizerKind::kGumbel);
}

torch::Tensor ResidualQuantizer::scores(const torch::Tensor& vectors, const torch::Tensor& mask,
                                        std::int64_t stage) const {
  const auto book = codebooks_[stage];
  return vectors.matmul(book.t()) - mask.matmul((book * book).t()) * 0.5;
}

void ResidualQuantizer::initialise(const torch::Tensor& vectors, const torch::Tensor& mask, std::uint64_t seed) {
  torch::NoGradGuard no_grad;
  auto generator = make_generator(seed);
  const auto codes = codebooks_.size(1);
  auto left = vectors * mask;
  for (std::int64_t stage = 0; stage < stages(); ++stage) {
    auto book = codebooks_[stage];
    book.copy_(random_rows(left, codes, generator));
    for (int round = 0; round < kMeansRounds; ++round) {
      const auto nearest = scores(left, mask, stage).argmax(1);
      const auto sums = torch::zeros_like(book).index_add_(0, nearest, left);
      const auto counts = torch::zeros_like(book).index_add_(0, nearest, mask);
      const auto dead = counts.sum(1) == 0;
      book.copy_(masked_means(sums, counts, torch::zeros_like(book)));
      // A code that nobody chose starts again at some vector: a poor start must not cost it for good.
      if (const auto count = dead.sum().item<std::int64_t>(); count > 0)
        book.index_put_({dead}, random_rows(left, count, generator));
    }
    left = left - book.index_select(0, scores(left, mask, stage).argmax(1)) * mask;
  }
  counts_ = torch::Tensor();
}

torch::Tensor ResidualQuantizer::quantise(const torch::Tensor& vectors, const torch::Tensor& mask) const {
  torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> codes;
  auto left = vectors * mask;
  for (std::int64_t stage = 0; stage < stages(); ++stage) {
    codes.push_back(scores(left, mask, stage).argmax(1));
    left = left - codebooks_[stage].index_select(0, codes.back()) * mask;
  }
  return torch::stack(codes, 1);
}

torch::Tensor ResidualQuantizer::lookup(const torch::Tensor& codes, std::int64_t stages) const {
  const std::int64_t used = stages > 0 ? stages : this->stages();
  torch::Tensor sum;
  for (std::int64_t stage = 0; stage < used; ++stage) {
    const auto part = torch::embedding(codebooks_[stage], codes.select(-1, stage));
    sum = stage == 0 ? part : sum + part;
  }
  return sum;
}

void ResidualQuantizer::keep_in(TrainingState& state, const std::string& prefix) {
  if (kind_ == QuantizerKind::kGumbel) return;
  state.keep(prefix + "codebooks", codebooks_);
  state.keep(prefix + "counts", counts_);
  state.keep(prefix + "sums", sums_);
}

ResidualQuantizer::Training ResidualQuantizer::train_step(const torch::Tensor& vectors, const torch::Tensor& mask,
                                                          double temperature, torch::Generator& generator) {
  auto left = vectors * mask;
  std::vector<torch::Tensor> codes;
  torch::Tensor soft_sum;
  if (kind_ == QuantizerKind::kGumbel) {
    for (std::int64_t stage = 0; stage < stages(); ++stage) {
      const auto score = scores(left, mask, stage);
      // Clamped to where float32 tells 0 and 1 apart from what is drawn: both logarithms stay finite.
      const auto uniform = torch::rand(score.sizes(), generator, score.options().requires_grad(false));
      const auto noise = -(-uniform.clamp(1e-9, 1 - 1e-7).log()).log();
      const auto soft = ((score + noise * temperature) / std::max(temperature, 1e-4)).softmax(1);
      codes.push_back(soft.argmax(1));
      // Forward the chosen code, backward the softmax (Jang et al. 2017, section 2.2).
      const auto hard = torch::one_hot(codes.back(), soft.size(1)).to(soft.dtype());
      const auto chosen = (hard - soft.detach() + soft).matmul(codebooks_[stage]) * mask;
      soft_sum = stage == 0 ? chosen : soft_sum + chosen;
      left = left - chosen;
    }
    const auto commitment = (left * left).sum() / mask.sum();
    return {soft_sum, commitment, torch::stack(codes, 1)};
  }

  const auto target = vectors.detach();
  {
    torch::NoGradGuard no_grad;
    // Averages start as if every code had been chosen once, where k-means left it.
    if (!counts_.defined()) {
      counts_ = torch::ones_like(codebooks_);
      sums_ = codebooks_.detach().clone();
    }
    left = target * mask;
    for (std::int64_t stage = 0; stage < stages(); ++stage) {
      const auto nearest = scores(left, mask, stage).argmax(1);
      codes.push_back(nearest);
      auto book = codebooks_[stage];
      const auto chosen = book.index_select(0, nearest) * mask;
      auto counts = counts_[stage], sums = sums_[stage];
      counts.mul_(kDecay).add_(torch::zeros_like(book).index_add_(0, nearest, mask), 1 - kDecay);
      sums.mul_(kDecay).add_(torch::zeros_like(book).index_add_(0, nearest, left), 1 - kDecay);
      book.copy_(masked_means(sums, counts, book));
      left = left - chosen;
    }
  }
  const auto quantised = lookup(torch::stack(codes, 1)) * mask;
  const auto gap = (vectors - quantised.detach()) * mask;
  return {vectors + (quantised - vectors).detach(), (gap * gap).sum() / mask.sum(), torch::stack(codes, 1)};
}

}  // namespace weightloom
