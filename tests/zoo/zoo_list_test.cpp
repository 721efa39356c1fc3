// Lists of a zoo: their order, their columns, and the words that queries may use.

#include <algorithm>
#include <catch2/catch.hpp>
#include <span>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

using test::add_one;
using test::network;
using Words = std::vector<std::string>;

std::string random_name(Random& random) {
  static const std::vector<std::string> kParts{"a", "b", "/x",       "0", "1", "9", "00",
                                               "-", "z", "\xc3\xa4", "[", "~", " q"};
  std::string name = "n";
  for (auto n = random.below(6); n > 0; --n) name += kParts[random.below(kParts.size())];
  return name;
}

struct Listed {
  Listed() : zoo(Zoo::create(folder / "zoo")) {}

  void add(const std::string& name, double loss, int depth) {
    auto one = network(name, static_cast<float>(loss));
    one.first.metrics = {{"loss", loss}, {"top 5", loss + 1}};
    one.first.config = {{"depth", depth}, {"norm", "batch"}};
    one.first.hyperparameters = {{"lr", 0.5}};
    one.first.notes = "about " + name;
    add_one(zoo, one);
  }
  Words names(const std::string& where, const std::string& sort, std::size_t limit = 0) const {
    Words out;
    for (const auto& one : zoo.summaries(parse_query(where, sort, limit))) out.push_back(one.name);
    return out;
  }
  std::string refusal(const std::string& sort, const Words& columns = {}) const {
    try {
      zoo.list(parse_query("", sort), columns);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kUsage);
      return error.id() + " " + error.hint();
    }
    return "accepted";
  }

  test::TemporaryFolder folder;
  Zoo zoo;
};

}  // namespace

TEST_CASE("names that differ in leading zeros alone are in the order of their ids", "[zoo]") {
  Listed store;
  for (const char* name : {"a/07", "a/7", "a/007", "a/7/x", "a/07/b", "a/8", "a", "a/", "b1", "b01c", "b1b"})
    if (!std::string_view(name).ends_with('/')) add_one(store.zoo, network(name));
  const auto all = store.names("", "");
  for (std::size_t limit = 1; limit <= all.size(); ++limit)
    CHECK(store.names("", "", limit) == Words(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(limit)));
}

TEST_CASE("several sort keys count one after the other", "[zoo]") {
  Listed store;
  store.add("m10", 1, 2);
  store.add("m2", 1, 3);
  store.add("m3", 2, 3);
  store.add("m1", 2, 2);
  CHECK(store.names("", "loss,name") == Words{"m2", "m10", "m1", "m3"});
  CHECK(store.names("", "loss:desc,name:desc") == Words{"m3", "m1", "m10", "m2"});
  CHECK(store.names("", "config.depth:desc,\"top 5\",name") == Words{"m2", "m3", "m10", "m1"});
  CHECK(store.names("", "config.depth,loss:desc", 1) == Words{"m1"});
  CHECK(store.names("notes:*m? and tensor:a*", "name") == Words{"m1", "m2", "m3"});
  for (const char* sort : {"loss,", ",loss", "loss:up", "alias", "tensor", "notes", "loss:desc,name:"})
    CHECK(store.refusal(sort).starts_with("query.sort for example") +
              store.refusal(sort).starts_with("query.sort sort") ==
          1);
  CHECK(store.refusal("name,lss").starts_with("query.unknown_field"));
}

TEST_CASE("a limited list is the beginning of the whole one", "[zoo]") {
  Listed store;
  Random random(3);
  std::vector<std::pair<ZooRecord, TensorMap>> networks;
  for (int i = 0; i < 200; ++i) {
    networks.push_back(
        network(random_name(random) + "~" + std::string(1, static_cast<char>('a' + i % 26)) + std::to_string(i),
                static_cast<float>(i % 7)));
    networks.back().first.metrics.clear();
    if (i % 5 != 0) networks.back().first.metrics["loss"] = static_cast<double>(random.below(10));
  }
  store.zoo.add(std::move(networks));
  for (const std::string sort : {"", "name:desc", "loss", "loss:desc", "loss,id:desc", "id"}) {
    const auto all = store.zoo.list(parse_query("", sort)).networks;
    REQUIRE(all.size() == 200);
    for (const std::size_t limit : {1u, 2u, 20u, 199u, 200u, 500u}) {
      const auto some = store.zoo.list(parse_query("", sort, limit));
      CHECK(some.matched == 200);
      CHECK(std::ranges::equal(some.networks, std::span(all).first(std::min<std::size_t>(limit, 200)), {},
                               &RecordSummary::id, &RecordSummary::id));
    }
  }
}

TEST_CASE("any field of a query can be a column", "[zoo]") {
  Listed store;
  store.add("a", 0.25, 2);
  store.zoo.set_alias("best", "a");
  add_one(store.zoo, network("b", 9));
  const auto columns = store.zoo
                           .list(parse_query(""), {"loss", "\"top 5\"", "config.depth", "config.norm", "hyper.lr",
                                                   "notes", "alias", "tensor", "size", "params", "source", "created"})
                           .networks;
  REQUIRE(columns.size() == 2);
  auto first = columns[0].columns;
  CHECK(first.at("created") == columns[0].created);
  first.erase("created");
  CHECK(first == Json{{"loss", 0.25},
                      {"\"top 5\"", 1.25},
                      {"config.depth", 2},
                      {"config.norm", "batch"},
                      {"hyper.lr", 0.5},
                      {"notes", "about a"},
                      {"alias", {"best"}},
                      {"tensor", {"a.bias", "a.weight"}},
                      {"size", 52},
                      {"params", 13},
                      {"source", nullptr}});
  for (const char* key : {"loss", "config.depth", "notes"}) CHECK(columns[1].columns.at(key).is_null());
  CHECK(store.refusal("", {"lsos"}) == "query.unknown_field did you mean 'loss'?");
  CHECK(store.refusal("", {"config.dpeth"}) == "query.unknown_field did you mean 'config.depth'?");
  CHECK(store.zoo.list(parse_query("")).networks[0].columns.is_null());
}

TEST_CASE("a zoo tells the words that queries on it may use", "[zoo]") {
  Listed store;
  store.add("a b", 1, 2);
  store.add("b", 2, 2);
  store.zoo.set_alias("best", "b");
  CHECK(store.zoo.words(Zoo::Word::kName) == Words{"a b", "b", "best"});
  CHECK(store.zoo.words(Zoo::Word::kName, "be") == Words{"best"});
  CHECK(store.zoo.words(Zoo::Word::kAlias) == Words{"best"});
  CHECK(store.zoo.words(Zoo::Word::kTag) == Words{"good"});
  CHECK(store.zoo.words(Zoo::Word::kMetric) == Words{"loss", "top 5"});
  CHECK(store.zoo.words(Zoo::Word::kField, "config") == Words{"config.depth", "config.norm"});
  CHECK(store.zoo.words(Zoo::Word::kField, "\"") == Words{"\"top 5\""});
  CHECK(store.zoo.words(Zoo::Word::kDataset) == Words{"mnist"});
  CHECK(store.zoo.words(Zoo::Word::kFamily).empty());
}

}  // namespace weightloom
