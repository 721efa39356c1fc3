#include "weightloom/tokenizer/token_stream.hpp"

#include <algorithm>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr const char* kRemedy = "make it again with `weightloom tokenizer encode`";

bool within(const torch::Tensor& values, std::int64_t limit) {
  return ((values >= 0) & (values < limit)).all().item<bool>();
}

}  // namespace

std::string pack_tokens(const torch::Tensor& tokens) {
  const auto small = tokens.to(torch::kCPU, torch::kInt16).contiguous();
  return {static_cast<const char*>(small.data_ptr()), small.nbytes()};
}

torch::Tensor unpack_tokens(std::string_view stream, const NetworkPlan& plan, const TokenizerConfig& config) {
  const auto expected = static_cast<std::size_t>(plan.slots() * config.codebooks) * sizeof(std::int16_t);
  if (stream.size() != expected)
    throw Error(ErrorCode::kDamaged, "tokens.size", "the token stream does not fit the network",
                std::to_string(stream.size()) + " bytes, expected " + std::to_string(expected), kRemedy);
  auto small =
      torch::empty({1, plan.slots(), config.codebooks}, torch::TensorOptions(torch::kInt16).device(torch::kCPU));
  std::copy(stream.begin(), stream.end(), static_cast<char*>(small.data_ptr()));
  auto tokens = small.to(plan.floats().device(), torch::kInt64);
  // Codebooks and levels are looked up without a check of their own.
  if (!within(tokens.index_select(1, plan.chunk_slots()), config.codes) ||
      !within(tokens.index_select(1, plan.scale_slots()), config.scale_levels))
    throw Error(ErrorCode::kDamaged, "tokens.code", "the token stream does not fit the tokenizer",
                "it has a code that is in no codebook, or a scale that is no level", kRemedy);
  return tokens;
}

}  // namespace weightloom
