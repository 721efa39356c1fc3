#include "weightloom/language/word_vectors.hpp"

#include <catch2/catch.hpp>

#include "error_id.hpp"
#include "temporary_folder.hpp"
#include "weightloom/formats/safetensors.hpp"

using namespace weightloom;
using namespace weightloom::test;
using weightloom::testing::error_id;

namespace {

WordTable small_table() {
  return {{"shoe", "boot", "digit", "shoes"},
          {1, 0, 0.9f, 0.1f, 0, 2, 1, 0},
          {3, 4, 5, 8},
          {{"feet", "foot"}, {"beeten", "boot"}},
          "by hand",
          {{0, -1, 1, -1, -1, -1, 0, 2}, {-1, -1, 0, -1, -1, -1}}};
}

}  // namespace

TEST_CASE("words are found, and are as close as their vectors") {
  const WordVectors words(small_table());
  CHECK(words.size() == 4);
  CHECK(words.dimensions() == 2);
  CHECK(words.term(*words.find("boot")) == "boot");
  CHECK(!words.find("boo"));
  CHECK(!words.find("zebra"));
  CHECK(words.closeness(*words.find("shoe"), *words.find("digit")) == Approx(0));
  CHECK(words.closeness(*words.find("shoe"), *words.find("boot")) == Approx(0.994).margin(0.005));
  CHECK(words.rarity(*words.find("boot")) == Approx(4));
}

TEST_CASE("a base form is the commonest of those that there are") {
  const WordVectors words(small_table());
  CHECK(words.lemma("boots") == "boot");
  CHECK(words.lemma("shoes") == "shoe");  // an entry of its own, and much rarer
  CHECK(words.lemma("beeten") == "boot");
  CHECK(words.lemma("feet") == "feet");  // the table has no foot
  CHECK(WordVectors().lemma("boots") == "boots");
}

TEST_CASE("word vectors come back from their file") {
  TemporaryFolder folder;
  const auto path = folder / "words.safetensors";
  const WordVectors words(small_table());
  words.save(path);
  const auto back = WordVectors::load(path);
  CHECK(back.id() == words.id());
  CHECK(back.source() == "by hand");
  CHECK(back.lemma("beeten") == "boot");
  CHECK(back.closeness(0, 1) == words.closeness(0, 1));
  CHECK(back.taxonomy().senses_of(*back.find("boot")) == std::vector<Taxonomy::Node>{1});
  CHECK(back.taxonomy().senses_of(*back.find("shoes")) == std::vector<Taxonomy::Node>{0, 2});
  CHECK(back.taxonomy().kinds_of(1).size() == 2);
}

TEST_CASE("a file of vectors need not say what nouns are kinds of") {
  TemporaryFolder folder;
  const auto path = folder / "words.safetensors";
  auto table = small_table();
  table.taxonomy = {};
  const WordVectors words(table);
  words.save(path);
  const auto back = WordVectors::load(path);
  CHECK(back.id() == words.id());
  CHECK(back.taxonomy().senses_of(*back.find("boot")).empty());
  CHECK(words.id() != WordVectors(small_table()).id());
  CHECK(!words.is_outdated());
  table.source = "WordNet.txt";
  CHECK(!WordVectors(table).is_outdated());  // somebody's own file
  table.source = std::string(kFromWordnet) + "3 sets of synonyms";
  CHECK(WordVectors(table).is_outdated());
  table.taxonomy = small_table().taxonomy;
  CHECK(!WordVectors(table).is_outdated());
}

TEST_CASE("damaged word vectors are refused") {
  TemporaryFolder folder;
  const auto path = folder / "words.safetensors";
  WordVectors(small_table()).save(path);
  const auto whole = read_safetensors(path);
  const auto refusal = [&](auto change) {
    auto file = whole;
    change(file);
    write_safetensors(path, file.tensors, file.metadata);
    return error_id([&] { WordVectors::load(path); });
  };
  CHECK(refusal([](auto& file) { file.metadata.clear(); }) == "words.schema");
  CHECK(refusal([](auto& file) { file.tensors.erase("terms"); }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors["rarity"] = HostTensor::from_f32({1}, std::vector<float>{1}); }) ==
        "words.malformed");
  CHECK(refusal([](auto& file) {
          file.tensors["rarity"] = HostTensor::from_f32({4}, std::vector<float>{1, 2, 3, -1});
        }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors["terms"].bytes[0] = std::byte{'z'}; }) == "words.malformed");  // unsorted
  CHECK(refusal([](auto& file) { file.tensors["terms"].bytes.back() = std::byte{'z'}; }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors["irregular"].bytes[6] = std::byte{'-'}; }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors["vectors"].shape = {8, 1}; }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors.erase("broader"); }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors["senses"].bytes[0] = std::byte{3}; }) == "words.malformed");
  CHECK(refusal([](auto& file) { file.tensors["broader"].shape = {6}; }) == "words.malformed");
}

TEST_CASE("a table whose parts do not fit together is refused") {
  auto table = small_table();
  table.rarity.pop_back();
  CHECK(error_id([&] { WordVectors{table}; }) == "words.table");
  table = small_table();
  table.terms[1] = "shoe";
  CHECK(error_id([&] { WordVectors{table}; }) == "words.table");
  table.taxonomy.senses.pop_back();
  CHECK(error_id([&] { WordVectors{table}; }) == "words.table");
  table = small_table();
  table.terms[1] = "two\nlines";
  CHECK(error_id([&] { WordVectors{table}; }) == "words.table");
}
