#include "weightloom/tokenizer/token_stream.hpp"

#include <catch2/catch.hpp>

#include "../support/small_networks.hpp"
#include "../support/small_tokenizer.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/compute/random.hpp"

using namespace weightloom;

namespace {

// Codebooks that know nothing are enough: streams do not depend on what the codes mean.
Tokenizer blank_tokenizer() {
  auto generator = make_generator(1);
  return Tokenizer(test::small_tokenizer_config(), {}, torch::randn({16, 1, 4, 4}, generator));
}

}  // namespace

TEST_CASE("a token stream comes back as it was", "[token_stream]") {
  const auto tokenizer = blank_tokenizer();
  const auto plan = tokenizer.plan(test::small_mlp(2));
  auto generator = make_generator(2);
  const auto tokens = torch::randint(16, {1, plan->slots(), 2}, generator, torch::kInt64);
  CHECK(torch::equal(unpack_tokens(pack_tokens(tokens), *plan, tokenizer.config()), tokens));
}

TEST_CASE("a token stream of another length, or with codes of no codebook, is damaged", "[token_stream]") {
  const auto tokenizer = blank_tokenizer();
  const auto plan = tokenizer.plan(test::small_mlp(2));
  auto tokens = torch::zeros({1, plan->slots(), 2}, torch::kInt64);
  const auto whole = pack_tokens(tokens);
  CHECK_THROWS_AS(unpack_tokens(whole.substr(1), *plan, tokenizer.config()), Error);
  CHECK_THROWS_AS(unpack_tokens("", *plan, tokenizer.config()), Error);
  // 16 codes and 64 levels: what is a level need not be a code.
  const auto chunk = plan->chunk_slots()[0].item<std::int64_t>(), scale = plan->scale_slots()[0].item<std::int64_t>();
  for (const auto& [slot, code] :
       {std::pair{chunk, -1}, std::pair{chunk, 16}, std::pair{scale, 64}, std::pair{scale, -1}}) {
    auto wrong = tokens.clone();
    wrong[0][slot][0] = code;
    CHECK_THROWS_AS(unpack_tokens(pack_tokens(wrong), *plan, tokenizer.config()), Error);
  }
  tokens[0][scale][0] = 63;
  CHECK_NOTHROW(unpack_tokens(pack_tokens(tokens), *plan, tokenizer.config()));
}
