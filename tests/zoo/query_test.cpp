#include "weightloom/zoo/query.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <optional>

#include "sample_networks.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

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
  record.metrics["top5"] = 0.57;
  record.notes = "trained on a Tuesday";
  record.tensors = {{"fc1.weight", DType::kF32, {2, 2}, std::string(64, 'a')},
                    {"fc1.bias", DType::kF32, {2}, std::string(64, 'b')}};
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

std::string hint(const std::string& query) {
  try {
    parse_query(query);
  } catch (const Error& error) {
    return error.hint();
  }
  return "accepted";
}

// A query beside what it must come to.
struct Asked {
  std::string text;
  std::function<bool(const ZooRecord&)> holds;
};

template <class T>
const T& one_of(Random& random, const std::vector<T>& choices) {
  return choices[random.below(choices.size())];
}

Asked number_term(Random& random, const std::string& field,
                  const std::function<std::optional<double>(const ZooRecord&)>& value) {
  using Compare = bool (*)(double, double);
  static const std::vector<std::pair<std::string, Compare>> kOperators{
      {"=", [](double a, double b) { return a == b; }}, {"!=", [](double a, double b) { return a != b; }},
      {"<", [](double a, double b) { return a < b; }},  {"<=", [](double a, double b) { return a <= b; }},
      {">", [](double a, double b) { return a > b; }},  {">=", [](double a, double b) { return a >= b; }},
      {"==", [](double a, double b) { return a == b; }}};
  const auto [text, compare] = one_of(random, kOperators);
  const auto bound = static_cast<double>(random.below(4));
  return {field + text + std::to_string(static_cast<int>(bound)), [value, compare, bound](const ZooRecord& record) {
            const auto number = value(record);
            return number && compare(*number, bound);
          }};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Asked random_term(Random& random) {
  static const std::vector<std::string> kLetters{"a", "b", "c"};
  const auto letter = one_of(random, kLetters);
  switch (random.below(9)) {
    case 0:
      return number_term(random, "loss", [](const ZooRecord& record) -> std::optional<double> {
        const auto found = record.metrics.find("loss");
        return found == record.metrics.end() ? std::nullopt : std::optional(found->second);
      });
    case 1:
      return number_term(random, "config.depth",
                         [](const ZooRecord& record) -> std::optional<double> { return record.config["depth"]; });
    case 2:
      return number_term(random, "params",
                         [](const ZooRecord& record) { return std::optional(static_cast<double>(record.parameters)); });
    case 3:
      return {"dataset = " + letter, [=](const ZooRecord& record) { return record.dataset == letter; }};
    case 4:
      return {"dataset!='" + letter + "'",
              [=](const ZooRecord& record) { return !record.dataset.empty() && record.dataset != letter; }};
    case 5:
      return {"name:*" + letter + "*", [=](const ZooRecord& record) { return contains(record.name, letter); }};
    case 6:
      return {"tag:" + letter, [=](const ZooRecord& record) { return record.tags.contains(letter); }};
    case 7:
      return {"notes~/" + letter + "/", [=](const ZooRecord& record) { return contains(record.notes, letter); }};
    default:
      return {"tensor:" + letter + "*", [=](const ZooRecord& record) {
                return std::ranges::any_of(record.tensors,
                                           [&](const auto& tensor) { return tensor.name.starts_with(letter); });
              }};
  }
}

Asked random_query(Random& random, int depth) {
  if (depth == 0) return random_term(random);
  if (random.below(4) == 0) {
    const auto inner = random_query(random, depth - 1);
    return {"not (" + inner.text + ")", [=](const ZooRecord& record) { return !inner.holds(record); }};
  }
  const auto a = random_query(random, depth - 1), b = random_query(random, depth - 1), c = random_term(random);
  // Without brackets of their own: `and` binds tighter.
  if (random.below(2) == 0)
    return {"(" + a.text + ") OR " + c.text + " and (" + b.text + ")",
            [=](const ZooRecord& record) { return a.holds(record) || (c.holds(record) && b.holds(record)); }};
  return {"(" + a.text + " or " + c.text + ")and(" + b.text + ")",
          [=](const ZooRecord& record) { return (a.holds(record) || c.holds(record)) && b.holds(record); }};
}

ZooRecord random_record(Random& random) {
  static const std::vector<std::string> kTexts{"", "a", "b", "c", "ab", "bca"};
  ZooRecord record;
  record.id = "0123456789abcdef0123456789abcdef";
  record.name = "n" + one_of(random, kTexts);
  record.dataset = one_of(random, kTexts);
  record.notes = one_of(random, kTexts);
  record.parameters = static_cast<std::int64_t>(random.below(4));
  record.config = {{"depth", random.below(4)}};
  if (random.below(2) == 0) record.metrics["loss"] = static_cast<double>(random.below(4));
  for (const char* letter : {"a", "b", "c"}) {
    if (random.below(2) == 0) record.tags.insert(letter);
    if (random.below(2) == 0) record.tensors.push_back({letter + std::string(".w"), DType::kF32, {1}, ""});
  }
  return record;
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
  CHECK(holds("top5=57%"));
  CHECK(holds("top5 in (57%)"));
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
  for (const char* none : {"created>2026-02-30", "created<-1d", "created<0s", "created=2026-05-01", "created in (7d)"})
    CHECK(refusal(none).starts_with("query.type"));
}

TEST_CASE("globs go by characters", "[query]") {
  auto record = sample();
  record.name = "caf\u00e9/\u3042";
  const auto fits = [&](const std::string& glob) { return matches(parse_query("name:\"" + glob + "\""), record); };
  CHECK(fits("caf?/?"));
  CHECK(fits("caf[\u00e8-\u00ea]/*"));
  CHECK(fits("*?"));
  CHECK(fits("caf[^e]/[!x]"));
  CHECK_FALSE(fits("cafe?"));
  CHECK_FALSE(fits("caf?*/??"));
  CHECK_FALSE(fits("caf?/??"));
  CHECK_FALSE(fits("*/??"));
  CHECK_FALSE(fits("caf[^\u00e9]/*"));
  CHECK_FALSE(fits("caf[!\u00e9]/*"));
}

TEST_CASE("settings are compared as what they are", "[query]") {
  CHECK(holds("config.width>=32"));
  CHECK(holds("config.norm=batch"));
  CHECK(holds("config.norm:b*"));
  CHECK(holds("hyper.seed=3"));
  CHECK_FALSE(holds("config.width=batch"));
  CHECK(holds("config.width in (auto, 32)"));
  CHECK(holds("config.norm in (batch, 32)"));
  CHECK_FALSE(holds("config.width in (auto, 33)"));
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

TEST_CASE("keywords may be in capitals, and values that look like them are what they are", "[query]") {
  auto record = sample();
  record.name = "NOT";
  record.dataset = "IN";
  record.tags = {"OR"};
  for (const char* query :
       {"tag:OR", "dataset=IN", "name=NOT", "NOT name=not AND dataset In (IN, x)", "name=x OR tag:OR"})
    CHECK(matches(parse_query(query), record));
  for (const char* query : {"tag:or", "dataset=in", "name=not"}) CHECK_FALSE(matches(parse_query(query), record));
}

TEST_CASE("a missing field makes a comparison false", "[query]") {
  CHECK_FALSE(holds("loss<1"));
  CHECK_FALSE(holds("loss>=1"));
  CHECK_FALSE(holds("loss!=1"));
  CHECK(holds("not loss<1"));
  CHECK_FALSE(holds("split!=train"));
}

TEST_CASE("errors point at the token and name the nearest word", "[query]") {
  CHECK(refusal("arch=cnn and datset=mnist") ==
        "query.unknown_field 'datset' is none of the fixed fields, and a metric is compared with numbers; did you mean "
        "'dataset'?\n"
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

TEST_CASE("has() is asked for one field", "[query]") {
  for (const char* word : {"tag", "tags", "metrics", "parents", "hyper", "config", "layers"})
    CHECK(refusal("not has(" + std::string(word) + ")").starts_with("query.unknown_field"));
  CHECK(refusal("has(\"tags\")") == "accepted");  // a metric of that name
}

TEST_CASE("a layer is asked for types that there are", "[query]") {
  CHECK(refusal("layer(\"*\").dtype=f31").starts_with("query.type"));
  CHECK(refusal("layer(\"*\").dtype in (F32, f32)").starts_with("query.type"));
  CHECK(refusal("layer(\"*\").dtype:F8*") == "accepted");
}

TEST_CASE("comparisons that the type of a field rules out are refused", "[query]") {
  CHECK(refusal("name<x").starts_with("query.type"));
  CHECK(refusal("params:1*").starts_with("query.type"));
  CHECK(refusal("params>many").starts_with("query.type"));
  CHECK(refusal("params>10x").starts_with("query.type"));
  CHECK(refusal("created>yesterday").starts_with("query.type"));
  CHECK(refusal("config.width>wide").starts_with("query.type"));
  CHECK(refusal("split=test").starts_with("query.type"));
  CHECK(refusal("generated_by(someone)").starts_with("query.type"));
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

TEST_CASE("a number in a regular expression that no number holds is refused, a long name in one is not", "[query]") {
  const std::string digits(20, '8');
  for (const auto& pattern : {"e{" + digits + "}", "e{1," + digits + "}", "(e)\\" + digits, "e{" + digits + "(3"})
    CHECK(refusal("name~/" + pattern + "/").starts_with("query.pattern"));
  auto record = sample();
  record.name = digits;
  CHECK(matches(parse_query("name~/^" + digits + "$/"), record));
  CHECK(matches(parse_query("name~/^8{20}$/"), record));
}

TEST_CASE("notes and names of tensors can be asked for", "[query]") {
  CHECK(holds("notes:*Tuesday"));
  CHECK(holds("notes~/on a/"));
  CHECK(holds("notes!=nothing"));
  CHECK_FALSE(holds("notes:Tuesday"));
  CHECK(holds("has(notes) and has(tensor)"));
  CHECK(holds("tensor:fc*"));
  CHECK(holds("tensor=fc1.bias"));
  CHECK(holds("tensor in (conv1, fc1.bias)"));
  CHECK_FALSE(holds("tensor:conv*"));
  CHECK_FALSE(holds("tensor!=fc1.bias"));
  CHECK(holds("tensor!=conv1"));
  auto bare = sample();
  bare.notes.clear();
  bare.tensors.clear();
  for (const char* query : {"has(notes)", "has(tensor)", "notes!=x", "notes:*", "tensor!=x", "tensor:*"})
    CHECK_FALSE(matches(parse_query(query), bare));
  CHECK(refusal("notes<x").starts_with("query.type"));
  CHECK(refusal("tensor>1").starts_with("query.type"));
}

TEST_CASE("what other languages write is understood, or what it is here is said", "[query]") {
  for (const char* query : {"arch==cnn", "arch=cnn AND params=2464", "NOT arch=mlp Or arch=x", "params IN (1, 2464)",
                            "name='svhn/cnn/e10'", "'test_accuracy'>0.5"})
    CHECK(holds(query));
  for (const auto& [query, says] :
       std::vector<std::pair<std::string, std::string>>{{"arch=cnn && params=1", "'and'"},
                                                        {"arch=cnn || params=1", "'or'"},
                                                        {"params=1&&arch=cnn", "'and'"},
                                                        {"test_accuracy>0.5||arch=cnn", "'or'"},
                                                        {"name like '%cnn%'", "name:*cnn*"},
                                                        {"name LIKE cnn", "name:*cnn*"},
                                                        {"params between 1 and 2", "test_accuracy>=0.9 and"},
                                                        {"family is null", "has("},
                                                        {"params<>1", "!="},
                                                        {"params=>1", ">="},
                                                        {"params=<1", "<="},
                                                        {"name=~cnn", "~"},
                                                        {"!arch=cnn", ""},
                                                        {"! arch=cnn", "'not'"},
                                                        {"name=\u201csvhn\u201d", "plain quotes"},
                                                        {"name=\u2018svhn\u2019", "plain quotes"},
                                                        {"name=two words", "in quotes"},
                                                        {"dataset in mnist", "dataset in (mnist, usps)"},
                                                        {"where arch=cnn", "condition alone"},
                                                        {"arch=cnn order by name", "--sort"},
                                                        {"arch=cnn limit 3", "--limit"},
                                                        {"(arch=cnn", "close it"},
                                                        {"((arch=cnn) and params=1", "close it"},
                                                        {"has(family", "close it"},
                                                        {"arch in (cnn, mlp", "close it"},
                                                        {"arch=cnn)", "take it away"},
                                                        {"name:e[12", "in quotes"},
                                                        {"notes:don't", "other kind"}}) {
    CAPTURE(query);
    CHECK(hint(query) != "accepted");
    CHECK(hint(query).find(says) != std::string::npos);
  }
}

TEST_CASE("a bracket that is not closed is pointed at", "[query]") {
  CHECK(refusal("arch=cnn and (params=1 or tag:x") ==
        "query.syntax this bracket is not closed\n"
        "  arch=cnn and (params=1 or tag:x\n"
        "               ^");
}

TEST_CASE("every refusal shows the query, a caret below it and a hint", "[query]") {
  for (const char* query : {"arch",
                            "arch=",
                            "=cnn",
                            "(arch=cnn",
                            "arch=cnn)",
                            "arch=cnn arch=mlp",
                            "dataset in mnist",
                            "has()",
                            "tag",
                            "name<x",
                            "params:1*",
                            "params>many",
                            "created>yesterday",
                            "name=\"abc",
                            "name~/(/",
                            "foo(x)",
                            "a=1 && b=2",
                            "name:e[1",
                            "name=\u201cx",
                            "p<>1",
                            "\xff\xfe",
                            "a=\x1b[31m and",
                            "datset=mnist"}) {
    CAPTURE(query);
    const auto why = refusal(query);
    const auto first = why.find("\n  "), second = why.rfind("\n  ");
    REQUIRE(first != std::string::npos);
    REQUIRE(second > first);
    CHECK(why.substr(why.find_last_not_of(" ^") + 1).find('^') != std::string::npos);
    CHECK_FALSE(hint(query).empty());
    for (const char c : why) CHECK((c == '\n' || static_cast<unsigned char>(c) >= 0x20));
  }
}

TEST_CASE("the caret stands below its place whatever the letters before take", "[query]") {
  CHECK(refusal("name=\u00e4\u00f6 and x") ==
        "query.syntax expected a comparison such as = < >= : ~ in, found the end\n"
        "  name=\u00e4\u00f6 and x\n" +
            std::string(2 + 13, ' ') + "^");
  const auto cut = refusal(std::string(3000, ' ') + "name=a or or " + std::string(3000, ' '));
  CHECK(cut.size() < 600);
  CHECK(cut.find("name=a or or") != std::string::npos);
}

TEST_CASE("random queries hold where they must", "[query]") {
  Random random(14);
  std::vector<ZooRecord> records;
  for (int i = 0; i < 30; ++i) records.push_back(random_record(random));
  std::size_t held = 0;
  for (int i = 0; i < 500; ++i) {
    const auto asked = random_query(random, static_cast<int>(random.below(4)));
    CAPTURE(asked.text);
    const auto query = parse_query(asked.text);
    for (const auto& record : records) {
      REQUIRE(matches(query, record) == asked.holds(record));
      held += asked.holds(record);
    }
  }
  CHECK(held > 1000);
  CHECK(held < 14'000);
}

TEST_CASE("random bytes and shuffled tokens are read or refused, and nothing else", "[query]") {
  static const std::vector<std::string> kTokens{
      "name", "loss", "\"", "'",  "(",     ")",    "[",     "]",      "=",        "!",    "<",      ">",
      ":",    "~",    "/",  ",",  " and ", " or ", " not ", "in",     "tag:",     "has(", "tensor", "notes",
      "1",    "7d",   "*",  "\\", "&&",    " ",    "\xff",  "\u201c", "config.x", "e[1"};
  Random random(15);
  std::size_t accepted = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto n = random.below(12); n > 0; --n)
      text += random.below(8) == 0 ? std::string(1, static_cast<char>(random.below(256))) : one_of(random, kTokens);
    CAPTURE(text);
    try {
      matches(parse_query(text), sample());
      ++accepted;
    } catch (const Error& error) {
      REQUIRE(error.code() == ErrorCode::kUsage);
      REQUIRE_FALSE(error.hint().empty());
    }
  }
  CHECK(accepted > 100);
}

TEST_CASE("lineage needs a zoo", "[query]") {
  CHECK_THROWS_AS(holds("ancestor(m)"), Error);
}

}  // namespace weightloom
