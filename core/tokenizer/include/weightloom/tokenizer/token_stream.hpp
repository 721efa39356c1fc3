#pragma once
// Tokens as bytes, the form in which a zoo keeps them (docs/token_format.md, "Token stream").

#include <string>
#include <string_view>

#include "weightloom/compute/torch.hpp"
#include "weightloom/tokenizer/tokenizer.hpp"

namespace weightloom {

// tokens: [1, L, Q] or [L, Q] int64, every value one that an int16 holds.
std::string pack_tokens(const torch::Tensor& tokens);

// [1, L, Q] int64. Throws kDamaged "tokens.size" when the stream has not the length of the plan's, "tokens.code" when a
// value is no code of this tokenizer.
torch::Tensor unpack_tokens(std::string_view stream, const NetworkPlan& plan, const TokenizerConfig& config);

}  // namespace weightloom
