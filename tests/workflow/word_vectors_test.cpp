#include "weightloom/workflow/word_vectors.hpp"

#include <catch2/catch.hpp>

#include "../support/error_id.hpp"
#include "../support/small_wordnet.hpp"
#include "../support/temporary_folder.hpp"

using namespace weightloom;
using weightloom::testing::error_id;

TEST_CASE("word vectors are made where there are none, and anew where an older version made them") {
  const test::TemporaryFolder folder;
  const auto file = folder / "words" / "words.safetensors";
  const auto wordnet = folder / "wordnet", nowhere = folder / "nowhere";
  std::filesystem::create_directory(wordnet);
  test::write_wordnet(wordnet);
  CHECK(error_id([&] { load_or_make_word_vectors(file, nowhere, {}); }) == "wordnet.missing");
  const auto made = load_or_make_word_vectors(file, wordnet, {});
  CHECK(!made.is_outdated());
  CHECK(load_or_make_word_vectors(file, nowhere, {}).id() == made.id());

  WordTable older;
  older.terms = {"boot"};
  older.vectors = {1, 0};
  older.rarity = {1};
  older.source = std::string(kFromWordnet) + "3 sets of synonyms";
  WordVectors(older).save(file);
  CHECK(load_or_make_word_vectors(file, nowhere, {}).is_outdated());  // better than none
  CHECK(load_or_make_word_vectors(file, wordnet, {}).id() == made.id());
  CHECK(WordVectors::load(file).id() == made.id());

  older.source = "somebody's own";
  const WordVectors own(older);
  own.save(file);
  CHECK(load_or_make_word_vectors(file, wordnet, {}).id() == own.id());
}
