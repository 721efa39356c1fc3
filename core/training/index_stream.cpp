#include "weightloom/training/index_stream.hpp"

#include <algorithm>
#include <vector>

#include "weightloom/compute/random.hpp"

namespace weightloom {

IndexStream::IndexStream(std::int64_t count, std::uint64_t seed) : count_(count), generator_(make_generator(seed)) {}

torch::Tensor IndexStream::next(std::int64_t wanted) {
  std::vector<torch::Tensor> pieces;
  while (wanted > 0) {
    if (at_ == 0) order_ = torch::randperm(count_, generator_, torch::kInt64);
    const auto taken = std::min(wanted, count_ - at_);
    pieces.push_back(order_.narrow(0, at_, taken));
    at_ = (at_ + taken) % count_;
    wanted -= taken;
  }
  return pieces.size() == 1 ? pieces[0] : torch::cat(pieces);
}

void IndexStream::keep_in(TrainingState& state, const std::string& prefix) {
  state.keep(prefix + "order", order_);
  state.keep(prefix + "place", at_);
  state.keep(prefix + "generator", generator_);
}

}  // namespace weightloom
