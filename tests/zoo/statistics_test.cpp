#include "weightloom/zoo/statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

#include "database.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/random.hpp"

using namespace weightloom;
using namespace weightloom::test;

namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TensorStatistics of(const std::vector<float>& values) {
  return *statistics_of(DType::kF32, std::as_bytes(std::span(values)));
}

// By the definitions, in one pass each.
TensorStatistics by_hand(const std::vector<float>& values) {
  TensorStatistics out;
  std::vector<double> finite;
  for (const double value : values) {
    ++out.values;
    out.nans += std::isnan(value);
    out.infinities += std::isinf(value);
    out.zeros += value == 0;
    if (std::isfinite(value)) finite.push_back(value);
  }
  const auto count = static_cast<double>(finite.size());
  for (const double value : finite) out.mean += value / count;
  double fourth = 0;
  for (const double value : finite) {
    out.deviation += std::pow(value - out.mean, 2) / count;
    fourth += std::pow(value - out.mean, 4) / count;
  }
  out.kurtosis = fourth / out.deviation / out.deviation;
  out.deviation = std::sqrt(out.deviation);
  out.least = *std::ranges::min_element(finite);
  out.greatest = *std::ranges::max_element(finite);
  return out;
}

std::vector<float> draw(Random& random, std::size_t count, double shift, double scale) {
  std::vector<float> values;
  for (std::size_t i = 0; i < count; ++i) {
    // Heavy on one side, so that no odd moment vanishes.
    const double value = shift + scale * (std::exp(2 * random.uniform()) - 1);
    values.push_back(random.below(20) == 0 ? 0.0f : static_cast<float>(value));
  }
  return values;
}

Zoo with_tensors(const TemporaryFolder& folder, const TensorMap& tensors) {
  auto zoo = Zoo::create(folder / "zoo");
  add_one(zoo, {record_named("one"), tensors});
  return zoo;
}

std::vector<std::string> found(const Zoo& zoo, const std::string& query) {
  std::vector<std::string> names;
  for (const auto& summary : zoo.summaries(parse_query(query))) names.push_back(summary.name);
  return names;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("statistics of random values are what the definitions say", "[statistics]") {
  Random random(7);
  for (const std::size_t count : {1u, 2u, 3u, 100u, 2048u, 2049u, 50'000u}) {
    auto values = draw(random, count, 3 * random.uniform(), 0.5);
    if (count > 50) values[7] = kNan, values[40] = -kInfinity, values[count - 1] = kInfinity;
    const auto is = of(values), should = by_hand(values);
    INFO(count << " values");
    CHECK(is.values == should.values);
    CHECK(is.zeros == should.zeros);
    CHECK(is.nans == should.nans);
    CHECK(is.infinities == should.infinities);
    CHECK(is.least == should.least);
    CHECK(is.greatest == should.greatest);
    CHECK(is.mean == Approx(should.mean).epsilon(1e-9));
    CHECK(is.deviation == Approx(should.deviation).margin(1e-9).epsilon(1e-9));
    if (is.least < is.greatest) CHECK(is.kurtosis == Approx(should.kurtosis).epsilon(1e-8));
    CHECK(nearly_equal(is, is));
  }
}

TEST_CASE("a small spread beside a large mean is not lost", "[statistics]") {
  std::vector<double> values;
  for (int i = 0; i < 10'000; ++i) values.push_back(1e9 + i % 2);
  const auto statistics = *statistics_of(DType::kF64, std::as_bytes(std::span(values)));
  CHECK(statistics.deviation == Approx(0.5).epsilon(1e-9));
  CHECK(statistics.kurtosis == Approx(1).epsilon(1e-6));
}

TEST_CASE("nothing, a constant and nothing finite have statistics too", "[statistics]") {
  CHECK(of({}).values == 0);
  CHECK(of({}).zero_share() == 0);
  CHECK_FALSE(statistic(of({}), "mean"));
  const auto constant = of(std::vector<float>(5000, 0.1f));
  CHECK(constant.deviation == 0);
  CHECK(constant.kurtosis == 0);
  CHECK(constant.mean == Approx(0.1f));
  const auto broken = of({kNan, kNan, kInfinity});
  CHECK(broken.nans == 2);
  CHECK(broken.infinities == 1);
  CHECK_FALSE(statistic(broken, "max"));
  CHECK(statistic(broken, "nan") == 2);
  CHECK_FALSE(statistic(broken, "median"));
}

TEST_CASE("the largest numbers that there are break nothing", "[statistics]") {
  constexpr double kMost = std::numeric_limits<double>::max();
  for (const auto& values : {std::vector{kMost, kMost, kMost}, std::vector{kMost, -kMost, 1.0},
                             std::vector{1e200, 2e200, -3e200}, std::vector<double>(5000, -kMost)}) {
    const auto bytes = std::as_bytes(std::span(values));
    const auto statistics = *statistics_of(DType::kF64, bytes);
    CHECK(statistics.finite() == static_cast<std::int64_t>(values.size()));
    CHECK(std::ranges::max(statistics.histogram) == 255);
    CHECK(nearly_equal(statistics, *statistics_of(DType::kF64, bytes)));
  }
}

TEST_CASE("any bytes of any type have statistics or none, and are equal to themselves", "[statistics]") {
  Random random(12);
  for (int round = 0; round < 400; ++round) {
    const auto dtype = static_cast<DType>(random.below(static_cast<std::uint64_t>(DType::kF4) + 1));
    std::vector<std::byte> bytes(8 * random.below(300));
    for (auto& byte : bytes) byte = static_cast<std::byte>(random.below(256));
    const auto statistics = statistics_of(dtype, bytes);
    if (!statistics) continue;
    CHECK(statistics->finite() >= 0);
    CHECK(statistics->zeros <= statistics->finite());
    CHECK(statistics->least <= statistics->greatest);
    CHECK(nearly_equal(*statistics, *statistics_of(dtype, bytes)));
  }
}

TEST_CASE("a histogram shows two heaps as two heaps", "[statistics]") {
  std::vector<float> values;
  for (int i = 0; i < 100'000; ++i) values.push_back(i % 2 == 0 ? -1.0f : 1.0f);
  values.push_back(0.5f);  // odd steps through the sample meet both
  const auto histogram = of(values).histogram;
  CHECK(std::ranges::count_if(histogram, [](int height) { return height > 200; }) == 2);
  CHECK(std::ranges::max(histogram) == 255);
  CHECK(histogram[8] == 0);
  CHECK(std::ranges::max(of(std::vector<float>(10, 3.0f)).histogram) == 255);
}

TEST_CASE("types that are no numbers have no statistics", "[statistics]") {
  const std::vector<std::byte> bytes(24);
  for (const auto dtype : {DType::kC64, DType::kF4, DType::kF6E2M3, DType::kF6E3M2})
    CHECK_FALSE(statistics_of(dtype, bytes));
  for (const auto dtype : {DType::kBool, DType::kF16, DType::kBF16, DType::kF8E5M2, DType::kU64})
    CHECK(statistics_of(dtype, bytes)->zeros == statistics_of(dtype, bytes)->values);
}

TEST_CASE("a zoo knows the statistics of small and large tensors, whoever asks", "[statistics]") {
  const TemporaryFolder folder;
  std::vector<float> large(400'000, 0.5f);
  large[17] = kNan;
  auto zoo = with_tensors(folder, {{"small", tensor_of(10, 2)}, {"large", HostTensor::from_f32({400'000}, large)}});
  const auto check = [](const Zoo& of_zoo) {
    for (const auto& tensor : of_zoo.get("one").tensors) {
      const auto statistics = of_zoo.statistics(tensor);
      REQUIRE(statistics);
      CHECK(statistics->nans == (tensor.name == "large" ? 1 : 0));
      CHECK(statistics->mean == (tensor.name == "large" ? 0.5 : 2));
    }
  };
  check(Zoo::open(folder / "zoo", Zoo::Access::kRead));
  check(zoo);  // keeps those of the large one
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
  zoo.remove("one");
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("statistics that are not those of the weights are found, and forgotten by a repair", "[statistics]") {
  const TemporaryFolder folder;
  with_tensors(folder, {{"a", tensor_of(10, 2)}, {"b", tensor_of(10, 3)}});
  {
    Database database(folder / "zoo" / "db", Database::Mode::kWrite);
    std::string key, other;
    database.scan(Family::kStat, "", [&](auto at, auto value) {
      (key.empty() ? key : other) = key.empty() ? at : value;
      return true;
    });
    auto batch = database.batch();
    batch.put(Family::kStat, key, other);
    batch.put(Family::kStat, key.substr(0, 32) + "\xEE", "nonsense");
    database.write(batch);
  }
  CHECK(Zoo::open(folder / "zoo", Zoo::Access::kRead).verify(VerifyLevel::kDefault).empty());
  const auto findings = Zoo::open(folder / "zoo", Zoo::Access::kRead).verify(VerifyLevel::kDeep);
  REQUIRE(findings.size() == 2);
  CHECK(findings[0].kind == "bad-statistics");
  CHECK(findings[0].networks == Names{"one"});
  CHECK(Zoo::repair(folder / "zoo").size() == 2);
  const auto zoo = Zoo::open(folder / "zoo", Zoo::Access::kRead);
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
  for (const auto& tensor : zoo.get("one").tensors) CHECK(zoo.statistics(tensor)->mean == (tensor.name == "a" ? 2 : 3));
}

TEST_CASE("layers can be asked about", "[statistics][query]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  add_one(zoo, {record_named("plain"),
                {{"fc1.weight", HostTensor::from_f32({4}, std::vector<float>{-1, 1, -1, 1})},
                 {"fc1.bias", tensor_of(2, 0)}}});
  add_one(zoo, {record_named("broken"), {{"fc1.weight", HostTensor::from_f32({2}, std::vector<float>{kNan, 3})}}});
  const HostTensor half{DType::kF16, {2}, std::vector<std::byte>(4)};
  add_one(zoo, {record_named("half"), {{"fc1.weight", half}}});
  const HostTensor packed{DType::kF4, {2}, std::vector<std::byte>(1)};
  add_one(zoo, {record_named("packed"), {{"fc1.weight", packed}}});

  CHECK(found(zoo, "layer(\"*\").nan > 0") == Names{"broken"});
  CHECK(found(zoo, "layer(\"fc*.weight\").std < 0.1") == Names{"broken", "half"});
  CHECK(found(zoo, "layer(fc1.weight).std = 1") == Names{"plain"});
  CHECK(found(zoo, "layer(*).zeros >= 100%") == Names{"half", "plain"});
  CHECK(found(zoo, "not layer(*).zeros >= 100%") == Names{"broken", "packed"});
  CHECK(found(zoo, "layer(*).dtype = F16") == Names{"half"});
  CHECK(found(zoo, "layer(*).dtype in (F4, F16)") == Names{"half", "packed"});
  CHECK(found(zoo, "layer(*).dtype != F32 and name != half") == Names{"packed"});
  CHECK(found(zoo, "layer(conv*).values > 0").empty());
  CHECK(found(zoo, "layer(*).absmax in (3, 1) and not layer(*).inf > 0") == Names{"broken", "plain"});
  const auto reader = Zoo::open(folder / "zoo", Zoo::Access::kRead);
  CHECK(found(reader, "layer(*).max > 2 or layer(*).min < 0") == Names{"broken", "plain"});
}

TEST_CASE("weights are read only where rows do not settle a query", "[statistics][query]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  add_one(zoo, {record_named("large"), {{"w", tensor_of(400'000, 1)}}});
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "zoo" / "objects"))
    if (entry.is_regular_file()) std::filesystem::remove(entry.path());
  CHECK(found(zoo, "layer(*).std > 1 and name=other").empty());
  CHECK(found(zoo, "name=large or layer(*).std > 1") == Names{"large"});
  CHECK(found(zoo, "layer(*).dtype = F32") == Names{"large"});
  CHECK_THROWS_AS(found(zoo, "layer(*).std > 1"), Error);
}

TEST_CASE("layer terms that mean nothing are refused", "[statistics][query]") {
  const auto refusal = [](const std::string& query) {
    try {
      parse_query(query);
    } catch (const Error& error) {
      return error.id() + ": " + error.why();
    }
    return std::string("accepted");
  };
  CHECK(refusal("layer(*)").starts_with("query.syntax"));
  CHECK(refusal("layer(*) > 1").starts_with("query.syntax"));
  CHECK(refusal("layer().std > 1").starts_with("query.syntax"));
  CHECK(refusal("layer(*).sdt > 1").starts_with("query.unknown_field: a layer has no 'sdt'; did you mean 'std'?"));
  CHECK(refusal("layer(*).std = wide").starts_with("query.type"));
  CHECK(refusal("layer(*).std : 1*").starts_with("query.type"));
  CHECK(refusal("layer(*).dtype < F32").starts_with("query.type"));
  CHECK(refusal("layr(*).std < 1").find("did you mean 'layer'?") != std::string::npos);
  CHECK_THROWS_AS(matches(parse_query("layer(*).std < 1"), record_named("x")), Error);
}
