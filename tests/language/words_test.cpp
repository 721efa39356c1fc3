#include "weightloom/language/words.hpp"

#include <catch2/catch.hpp>

using namespace weightloom;
using Words = std::vector<std::string>;

TEST_CASE("text is cut into words in lower case") {
  CHECK(split_words("Tom's T-shirts, size 42!") == Words{"tom", "t-shirts", "size", "42"});
  CHECK(split_words("8s and 9s") == Words{"8s", "and", "9s"});
  CHECK(split_words("don’t") == Words{"don't"});
  CHECK(split_words("caf\xc3\xa9 \xe6\xa4\x8d") == Words{"caf\xc3\xa9", "\xe6\xa4\x8d"});
  CHECK(split_words("- -- 'quoted' a-") == Words{"quoted", "a"});
  CHECK(split_words("").empty());
  CHECK(split_words(std::string_view("\0\xff\xfe", 3)).size() == 1);  // bytes beyond ASCII are letters
}

TEST_CASE("base forms come from irregular forms, the word itself, and rules, in this order") {
  const IrregularForms irregular{{"feet", "foot"}};
  CHECK(base_forms("feet", irregular) == Words{"foot", "feet"});
  CHECK(base_forms("boxes", irregular) == Words{"boxes", "boxe", "box"});
  CHECK(base_forms("classifying", irregular) == Words{"classifying", "classifye", "classify"});
  CHECK(base_forms("s", irregular) == Words{"s"});
}

TEST_CASE("edits are letters put in, left out, changed or swapped") {
  CHECK(edit_distance("fashion", "fashion") == 0);
  CHECK(edit_distance("fashon", "fashion") == 1);
  CHECK(edit_distance("fahsion", "fashion") == 1);
  CHECK(edit_distance("clasifer", "classifier") == 2);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("kitten", "sitting") == 3);
}
