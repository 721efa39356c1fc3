#include "weightloom/language/wordnet.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "error_id.hpp"
#include "small_wordnet.hpp"
#include "temporary_folder.hpp"

using namespace weightloom;
using namespace weightloom::test;
using weightloom::testing::error_id;

TEST_CASE("WordNet's sets of synonyms are documents of unit length") {
  TemporaryFolder folder;
  write_wordnet(folder.path());
  const auto found = read_wordnet(folder.path());
  REQUIRE(found.documents() == 3);
  // Those of two documents and more, in order; examples in quotation marks are no part of a gloss.
  CHECK(found.terms == std::vector<std::string>{"boot", "flip-flop", "foot", "footwear", "sandal", "wear"});
  CHECK(found.rarity[3] == Approx(0));                    // in all three
  CHECK(found.rarity[0] == Approx(std::log(3.0 / 2.0)));  // its own, and its kind's
  for (std::int64_t row = 0; row < found.documents(); ++row) {
    double squares = 0;
    for (auto i = found.row_begins[row]; i < found.row_begins[row + 1]; ++i)
      squares += found.values[i] * found.values[i];
    CHECK(squares == Approx(1));
  }
  CHECK(found.irregular.at("feet") == "foot");
}

TEST_CASE("WordNet says what its nouns are kinds of") {
  TemporaryFolder folder;
  write_wordnet(folder.path());
  const auto found = read_wordnet(folder.path());
  REQUIRE(found.taxonomy.fits(found.terms.size()));
  const auto senses = [&](const std::string& term) {
    return found.taxonomy.senses_of(
        static_cast<std::size_t>(std::ranges::find(found.terms, term) - found.terms.begin()));
  };
  using Nodes = std::vector<Taxonomy::Node>;
  CHECK(senses("boot") == Nodes{1});
  CHECK(senses("footwear") == Nodes{0, 2});  // the commonest first
  CHECK(senses("foot").empty());             // its meaning is not there
  CHECK(senses("wear").empty());             // no noun
  CHECK(found.taxonomy.kinds_of(2) == std::vector<std::pair<Taxonomy::Node, std::size_t>>{{2, 0}, {0, 1}});
}

TEST_CASE("what is no WordNet is refused") {
  TemporaryFolder folder;
  CHECK(error_id([&] { read_wordnet(folder.path()); }) == "wordnet.missing");
  write_wordnet(folder.path());
  write_text(folder / "data.noun", "00000001 06 n zz footwear 0 000 | a gloss\n");
  CHECK(error_id([&] { read_wordnet(folder.path()); }) == "wordnet.malformed");
  write_text(folder / "data.noun", "00000001 06 n ffffffff footwear 0 000 | a gloss\n");
  CHECK(error_id([&] { read_wordnet(folder.path()); }) == "wordnet.malformed");
  write_text(folder / "data.noun", "00000001 06 n 01 footwear 0 999 | a gloss\n");
  CHECK(read_wordnet(folder.path()).documents() == 1);
  write_text(folder / "index.noun", "boot n many\n");
  CHECK(error_id([&] { read_wordnet(folder.path()); }) == "wordnet.malformed");
  write_text(folder / "index.noun", "boot n 99999 1 @ 1 0 00000001\n");
  CHECK(read_wordnet(folder.path()).taxonomy.senses_of(0).empty());
}
