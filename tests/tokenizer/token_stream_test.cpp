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
  for (const std::int64_t code : {-1, 30000}) {
    tokens[0][1][0] = code;
    CHECK_THROWS_AS(unpack_tokens(pack_tokens(tokens), *plan, tokenizer.config()), Error);
  }
}
