#include "weightloom/zoo/query.hpp"

#include <catch2/catch.hpp>

#include "sample_networks.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

ZooRecord sample() {
  auto record = test::record_named("svhn/cnn/e10");
  record.id = "0123456789abcdef0123456789abcdef";
  record.architecture = "org.weightloom.cnn";
  record.dataset = "mnist[3,1]@5000";
  record.parameters = 2464;
  record.bytes = 9856;
  record.created = "2026-05-01T10:00:00Z";
  record.parents = {{"generated-by", std::string(64, 'e')}};
  return record;
}

bool holds(const std::string& query) {
  return matches(parse_query(query), sample());
}

std::string refusal(const std::string& query) {
  try {
    parse_query(query);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kUsage);
    return error.id() + " " + error.why();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("an empty query matches everything", "[query]") {
  CHECK(holds(""));
  CHECK(holds("  "));
}

TEST_CASE("text is compared by equality, pattern and list", "[query]") {
  CHECK(holds("name=svhn/cnn/e10"));
  CHECK(holds("name = \"svhn/cnn/e10\""));
  CHECK_FALSE(holds("name!=svhn/cnn/e10"));
  CHECK(holds("name:svhn/*"));
  CHECK(holds("name:*/e[12]0"));
  CHECK(holds("name:*/e?0"));
  CHECK_FALSE(holds("name:*/e[!1]0"));
  CHECK(holds("name~/e[12]0$/"));
  CHECK_FALSE(holds("name~/^cnn/"));
  CHECK(holds("dataset in (usps, mnist[3,1]@5000)"));
  CHECK_FALSE(holds("dataset in (usps, mnist)"));
  CHECK(holds("id:0123*"));
}

TEST_CASE("an architecture answers to its id and to its short name", "[query]") {
  CHECK(holds("arch=cnn"));
  CHECK(holds("arch:cnn*"));
  CHECK(holds("arch=org.weightloom.cnn"));
  CHECK_FALSE(holds("arch!=cnn"));
  CHECK(holds("architecture!=mlp"));
}

TEST_CASE("numbers take counts, sizes and percents", "[query]") {
  CHECK(holds("params=2464"));
  CHECK(holds("params<10k"));
  CHECK(holds("bytes>9KiB"));
  CHECK_FALSE(holds("size>1GiB"));
  CHECK(holds("test_accuracy>=90%"));
  CHECK_FALSE(holds("test_accuracy>90%"));
  CHECK(holds("params in (1, 2464)"));
  CHECK(holds("params!=1"));
}

TEST_CASE("times take dates and ages", "[query]") {
  CHECK(holds("created>2026-04-30"));
  CHECK(holds("created<\"2026-05-01T10:00:01Z\""));
  auto record = sample();
  record.created = "2001-01-01T00:00:00Z";
  CHECK(matches(parse_query("created>7d"), record));
  CHECK_FALSE(matches(parse_query("created<52w"), record));
}

TEST_CASE("settings are compared as what they are", "[query]") {
  CHECK(holds("config.width>=32"));
  CHECK(holds("config.norm=batch"));
  CHECK(holds("config.norm:b*"));
  CHECK(holds("hyper.seed=3"));
  CHECK_FALSE(holds("config.width=batch"));
  CHECK_FALSE(holds("config.depth=3"));
}

TEST_CASE("tags, presence and origin have terms of their own", "[query]") {
  CHECK(holds("tag:good"));
  CHECK(holds("tag:g*"));
  CHECK_FALSE(holds("tag:broken"));
  CHECK(holds("has(test_accuracy)"));
  CHECK_FALSE(holds("has(loss)"));
  CHECK_FALSE(holds("has(family)"));
  CHECK(holds("generated_by(eeee)"));
  CHECK_FALSE(holds("generated_by(ffff)"));
}

TEST_CASE("and binds tighter than or, not tightest", "[query]") {
  CHECK(holds("params=1 and params=2 or arch=cnn"));
  CHECK_FALSE(holds("params=1 and (params=2 or arch=cnn)"));
  CHECK(holds("not params=1 and arch=cnn"));
  CHECK_FALSE(holds("not (params=2464 or arch=mlp)"));
  CHECK(holds("not not arch=cnn"));
}

TEST_CASE("a missing field makes a comparison false", "[query]") {
  CHECK_FALSE(holds("loss<1"));
  CHECK_FALSE(holds("loss>=1"));
  CHECK_FALSE(holds("loss!=1"));
  CHECK(holds("not loss<1"));
}

TEST_CASE("errors point at the token and name the nearest word", "[query]") {
  CHECK(refusal("arch=cnn and datset=mnist") ==
        "query.unknown_field unknown field 'datset'; did you mean 'dataset'?\n"
        "  arch=cnn and datset=mnist\n"
        "               ^");
  CHECK(refusal("hass(loss)").find("did you mean 'has'?") != std::string::npos);
}

TEST_CASE("bad syntax is refused where it stands", "[query]") {
  for (const char* query : {"arch", "arch=", "=cnn", "arch=cnn and", "(arch=cnn", "arch=cnn)", "arch=cnn arch=mlp",
                            "and", "dataset in mnist", "dataset in (mnist", "has()", "tag"})
    CHECK(refusal(query).starts_with("query.syntax"));
  CHECK(refusal("name=\"abc").starts_with("query.unterminated"));
  CHECK(refusal("name~/(/").starts_with("query.pattern"));
  CHECK(refusal("foo(x)").starts_with("query.unknown_function"));
}

TEST_CASE("comparisons that the type of a field rules out are refused", "[query]") {
  CHECK(refusal("name<x").starts_with("query.type"));
  CHECK(refusal("params:1*").starts_with("query.type"));
  CHECK(refusal("params>many").starts_with("query.type"));
  CHECK(refusal("params>10x").starts_with("query.type"));
  CHECK(refusal("created>yesterday").starts_with("query.type"));
  CHECK(refusal("config.width>wide").starts_with("query.type"));
}

TEST_CASE("length and depth of a query are capped", "[query]") {
  CHECK(refusal(std::string(20'000, ' ')).starts_with("query.too_long"));
  CHECK(refusal(std::string(1000, '(')).starts_with("query.too_deep"));
  std::string negations;
  for (int i = 0; i < 1000; ++i) negations += "not ";
  CHECK(refusal(negations + "arch=x").starts_with("query.too_deep"));
}

TEST_CASE("a hostile regular expression does not hang", "[query]") {
  auto record = sample();
  record.name = std::string(60, 'a');
  CHECK_FALSE(matches(parse_query("name~/^(a+)+$b/"), record));
}

TEST_CASE("lineage needs a zoo", "[query]") {
  CHECK_THROWS_AS(holds("ancestor(m)"), Error);
}

}  // namespace weightloom
