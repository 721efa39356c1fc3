#include "weightloom/tokenizer/token_stream.hpp"

#include <catch2/catch.hpp>

#include "../generator/small_generator.hpp"
#include "weightloom/base/error.hpp"

using namespace weightloom;

TEST_CASE("a token stream comes back as it was", "[token_stream]") {
  const auto tokenizer = test::small_tokenizer();
  const auto plan = tokenizer->plan(test::small_mlp(2));
  const auto tokens = tokenizer->encode(*plan, initial_weights(plan->description(), 1, 3));
  CHECK(torch::equal(unpack_tokens(pack_tokens(tokens), *plan, tokenizer->config()), tokens));
}

TEST_CASE("a token stream of another length, or with codes of no codebook, is damaged", "[token_stream]") {
  const auto tokenizer = test::small_tokenizer();
  const auto plan = tokenizer->plan(test::small_mlp(2));
  auto tokens = tokenizer->encode(*plan, initial_weights(plan->description(), 1, 3));
  const auto whole = pack_tokens(tokens);
  CHECK_THROWS_AS(unpack_tokens(whole.substr(1), *plan, tokenizer->config()), Error);
  CHECK_THROWS_AS(unpack_tokens("", *plan, tokenizer->config()), Error);
  for (const std::int64_t code : {-1, 30000}) {
    tokens[0][1][0] = code;
    CHECK_THROWS_AS(unpack_tokens(pack_tokens(tokens), *plan, tokenizer->config()), Error);
  }
}
