#pragma once
// A tokenizer that is small enough for tests.

#include "weightloom/tokenizer/tokenizer.hpp"

namespace weightloom::test {

inline TokenizerConfig small_tokenizer_config() {
  return {.chunk = 8, .vector_chunk = 4, .codebooks = 2, .codes = 16, .hidden = 8};
}

}  // namespace weightloom::test
