#include "weightloom/language/taxonomy.hpp"

#include <catch2/catch.hpp>

using namespace weightloom;

namespace {

// 0: thing, 1: animal, 2: dog, 3: terrier, 4: pet; a dog is an animal and a pet. Terms: "terrier", "dog", "red".
Taxonomy small_taxonomy() {
  return {{3, -1, 2, 0, -1, -1}, {-1, -1, 0, -1, 1, 4, 2, -1, 0, -1}};
}

}  // namespace

TEST_CASE("what a meaning is a kind of comes nearest first, each once") {
  const auto taxonomy = small_taxonomy();
  using Kinds = std::vector<std::pair<Taxonomy::Node, std::size_t>>;
  CHECK(taxonomy.kinds_of(3) == Kinds{{3, 0}, {2, 1}, {1, 2}, {4, 2}, {0, 3}});
  CHECK(taxonomy.kinds_of(0) == Kinds{{0, 0}});
  CHECK(taxonomy.depth(3) == 3);
  CHECK(taxonomy.depth(0) == 0);
}

TEST_CASE("a term has the meanings of its row") {
  const auto taxonomy = small_taxonomy();
  CHECK(taxonomy.senses_of(0) == std::vector<Taxonomy::Node>{3});
  CHECK(taxonomy.senses_of(1) == std::vector<Taxonomy::Node>{2, 0});
  CHECK(taxonomy.senses_of(2).empty());
  CHECK(Taxonomy{}.senses_of(7).empty());
}

TEST_CASE("kinds in a circle end, and nodes that there are not do not fit") {
  const Taxonomy circle{{0, -1}, {1, -1, 0, -1}};
  CHECK(circle.kinds_of(0).size() == 2);
  CHECK(circle.depth(0) == 0);
  CHECK(circle.fits(1));
  CHECK(!circle.fits(2));
  CHECK(Taxonomy{}.fits(3));
  CHECK(!Taxonomy{{2, -1}, {-1, -1, 0, -1}}.fits(1));
  CHECK(!Taxonomy{{0, -1}, {5, -1}}.fits(1));
  CHECK(!Taxonomy{{0, -1}, {-1}}.fits(1));
}
