#include "text_pattern.hpp"

#include <catch2/catch.hpp>

#include "weightloom/base/random.hpp"

namespace weightloom {

TEST_CASE("a pattern is found wherever the library's search finds it, in long texts as in short ones", "[query]") {
  Random random(3);
  for (const char* expression :
       {"a",      "^a",       "a$",  "^$", "b+a",  "(a|b)*c", "\\ba",   "a\\b", "[^a]b", "^(a|b)+$", "a.b",
        "a{2,3}", "(?:ab)+$", "c?$", "",   "\\Bb", "(?=ab)a", "(?!a)b", "a\nb", "a|^b",  "[^]b$",    "a*?b"}) {
    INFO(expression);
    const TextPattern pattern(expression);
    const std::regex plain(expression);
    for (int i = 0; i < 300; ++i) {
      std::string text;
      for (auto left = random.below(i % 2 ? 12 : 90); left > 0; --left) text += "abc \n"[random.below(5)];
      CHECK(pattern.is_in(text) == std::regex_search(text, plain));
    }
  }
}

TEST_CASE("no pattern takes long on a long text", "[query]") {
  const std::string text(60'000, 'a');
  for (const char* expression : {"(.*)(.*)(.*)b", "(a+)+$b", "(a+a+)+b", "(a|a)*b", "(.*a){12}b"})
    CHECK(!TextPattern(expression).is_in(text));  // each way by itself would take longer than anybody waits
}

TEST_CASE("half of a bracket is no pattern", "[query]") {
  for (const char* expression : {"a)(b", ")", "(", "a)", "[a", "(a)\\1"})
    CHECK_THROWS_AS(TextPattern(expression), std::regex_error);
}

}  // namespace weightloom
