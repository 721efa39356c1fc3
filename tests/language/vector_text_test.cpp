#include "weightloom/language/vector_text.hpp"

#include <catch2/catch.hpp>

#include "error_id.hpp"
#include "temporary_folder.hpp"

using namespace weightloom;
using weightloom::testing::error_id;

namespace {

struct Text {
  test::TemporaryFolder folder;
  std::filesystem::path write(const std::string& content) const {
    test::write_quickly(folder / "vectors.txt", content);
    return folder / "vectors.txt";
  }
  std::string refusal(const std::string& content) const {
    const auto path = write(content);
    return error_id([&] { read_vector_text(path); });
  }
};

}  // namespace

TEST_CASE("vectors as GloVe and word2vec write them", "[vector_text]") {
  const Text text;
  for (const char* first : {"", "4 2\n"}) {
    const WordTable table =
        read_vector_text(text.write(first + std::string("the 1 0\ncat 0 1\ndog 0.1 0.9\n</s> 5 5\ncat 7 7\n")));
    CHECK(table.terms == std::vector<std::string>{"the", "cat", "dog"});
    CHECK(table.rarity[0] < table.rarity[1]);
    CHECK(table.vectors[0] + table.vectors[2] + table.vectors[4] == Approx(0).margin(1e-6));
    const WordVectors words(table);
    CHECK(words.closeness(*words.find("cat"), *words.find("dog")) > 0.9);
    CHECK(words.closeness(*words.find("cat"), *words.find("the")) < 0);
  }
  CHECK(read_vector_text(text.write("a 1 2\n. . . 1 2\nb 3 4\n")).terms == std::vector<std::string>{"a", "b"});
  CHECK(read_vector_text(text.write("a 1\r\nb 2\r\nc 3\r\n"), 2).terms.size() == 2);
}

TEST_CASE("what is of another form is refused, with its line", "[vector_text]") {
  const Text text;
  for (const char* content :
       {"", "\n", "word\n", "a 1 2\nb 1\n", "a 1 x\n", "a 1 nan\n", "a 1 2\n\nb 1 2\n", " 1 2\n", "word \n"}) {
    INFO(content);
    CHECK(text.refusal(content) == "words.text");
  }
  CHECK(text.refusal("a 1" + std::string(1 << 17, '0') + "\n") == "words.text");
  CHECK(error_id([&] { read_vector_text(text.folder / "none"); }) != "none");
}
