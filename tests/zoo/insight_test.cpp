// In what networks differ, what is alike, and what came from what.

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

#include "database.hpp"
#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/zoo/diff.hpp"
#include "weightloom/zoo/lineage.hpp"
#include "weightloom/zoo/similar.hpp"
#include "zoo_impl.hpp"

using namespace weightloom;
using namespace weightloom::test;

namespace {

using Kind = TensorDifference::Kind;
using Names = std::vector<std::string>;

HostTensor values(const std::vector<float>& list) {
  return HostTensor::from_f32({static_cast<std::int64_t>(list.size())}, list);
}

HostTensor random_matrix(Random& random, std::int64_t rows, std::int64_t columns, double scale = 1) {
  std::vector<float> out;
  for (std::int64_t i = 0; i < rows * columns; ++i) out.push_back(static_cast<float>(scale * (random.uniform() - 0.5)));
  return HostTensor::from_f32({rows, columns}, out);
}

HostTensor moved(const HostTensor& tensor, Random& random, double scale) {
  std::vector<float> out(tensor.f32().begin(), tensor.f32().end());
  for (auto& value : out) value += static_cast<float>(scale * (random.uniform() - 0.5));
  return HostTensor::from_f32(tensor.shape, out);
}

ZooRecord child_of(const std::string& name, const std::vector<ParentLink>& parents) {
  auto record = record_named(name);
  record.parents = parents;
  return record;
}

}  // namespace

TEST_CASE("tensors differ in values, type, shape or by not being there", "[diff]") {
  const HostTensor half{DType::kF16, {2}, {std::byte{0}, std::byte{0x3C}, std::byte{0}, std::byte{0x40}}};  // 1, 2
  const HostTensor packed{DType::kF4, {2}, {std::byte{1}}}, repacked{DType::kF4, {2}, {std::byte{2}}};
  const TensorMap first{{"l10", values({1, 2})}, {"l2", values({3, 4})}, {"half", values({1, 2})},
                        {"gone", values({1})},   {"shape", values({1})}, {"packed", packed}};
  const TensorMap second{{"l10", values({1, 2})}, {"l2", values({3, 8})},    {"half", half},
                         {"new", values({1})},    {"shape", values({1, 1})}, {"packed", repacked}};
  const auto differences = compare_tensors(first, second);
  Names names;
  std::vector<Kind> kinds;
  for (const auto& one : differences) names.push_back(one.name), kinds.push_back(one.kind);
  CHECK(names == Names{"gone", "half", "l2", "l10", "new", "packed", "shape"});
  CHECK(kinds == std::vector{Kind::kOnlyFirst, Kind::kChanged, Kind::kChanged, Kind::kSame, Kind::kOnlySecond,
                             Kind::kNotCompared, Kind::kOtherShape});
  CHECK(differences[1].distance.relative() == 0);
  const auto& changed = differences[2].distance;
  CHECK(changed.changed == 1);
  CHECK(changed.largest == 4);
  CHECK(*changed.relative() == Approx(4.0 / 5));
  CHECK(*changed.cosine() == Approx((9 + 32) / (5 * std::sqrt(73))));
  const auto total = total_distance(differences);
  CHECK(total.values == 6);
  CHECK(total.difference_squares == 16);
}

TEST_CASE("integers that doubles do not tell apart are told apart", "[diff]") {
  const auto integers = [](std::int64_t value) {
    HostTensor tensor{DType::kI64, {1}, std::vector<std::byte>(8)};
    std::memcpy(tensor.bytes.data(), &value, 8);
    return tensor;
  };
  const auto one = std::int64_t{1} << 62;
  const auto apart = compare_tensors({{"w", integers(one)}}, {{"w", integers(one + 1)}})[0];
  CHECK(apart.kind == TensorDifference::Kind::kChanged);
  CHECK(apart.distance.changed == 1);
  CHECK(*apart.distance.relative() == Approx(std::ldexp(1.0, -62)));
  CHECK(apart.distance.largest == 1);
  HostTensor rounded{DType::kF64, {1}, std::vector<std::byte>(8)};
  const auto same = std::ldexp(1.0, 62);
  std::memcpy(rounded.bytes.data(), &same, 8);
  const auto with_double = [&](std::int64_t value) {
    return compare_tensors({{"w", integers(value)}}, {{"w", rounded}})[0].distance.changed;
  };
  CHECK(with_double(one) == 0);
  CHECK(with_double(one + 1) == 1);
}

TEST_CASE("distances to nothing and from what is no number are not made up", "[diff]") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto zero = compare_tensors({{"w", values({0, 0})}}, {{"w", values({1, 0})}})[0].distance;
  CHECK_FALSE(zero.relative());
  CHECK_FALSE(zero.cosine());
  const auto broken = compare_tensors({{"w", values({kNan, 1, kNan})}}, {{"w", values({kNan, 1, 2})}})[0];
  CHECK(broken.kind == Kind::kChanged);
  CHECK(broken.distance.changed == 1);
  CHECK(broken.distance.not_finite == 2);
  CHECK_FALSE(broken.distance.relative());
  const auto apart = compare_tensors({{"w", values({kNan, 1})}}, {{"w", values({2, 3})}})[0].distance;
  CHECK(apart.relative() == 2);
  CHECK(compare_tensors({{"w", values({kNan, 1})}}, {{"w", values({kNan, 1})}})[0].distance.relative() == 0);
  const auto nothing = compare_tensors({{"w", values({kNan})}}, {{"w", values({kNan})}})[0];
  CHECK(nothing.kind == Kind::kSame);
  CHECK_FALSE(nothing.distance.relative());
  CHECK_FALSE(ValueDistance().relative());
}

TEST_CASE("distances beyond what numbers hold are not told", "[diff][similar]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  std::vector<ZooRecord> records;
  for (const double value : {1e300, -1e300, 1e308}) {
    HostTensor tensor{DType::kF64, {2, 2}, std::vector<std::byte>(32)};
    for (std::size_t i = 0; i < 4; ++i) std::memcpy(tensor.bytes.data() + 8 * i, &value, sizeof value);
    records.push_back(add_one(zoo, {record_named(std::to_string(value)), {{"w", tensor}}}));
  }
  const auto distance = compare_tensors(zoo.weights(records[0]), zoo.weights(records[1]))[0].distance;
  CHECK_FALSE(distance.relative());
  CHECK_FALSE(distance.cosine());
  CHECK(distance.largest == 2e300);
  CHECK(similar_networks(zoo, records[0], SimilarBy::kWeights, 0).size() == 2);
  CHECK(zoo.verify(VerifyLevel::kDeep).empty());
}

TEST_CASE("facts that differ are told one by one", "[diff]") {
  auto first = record_named("a"), second = record_named("b");
  second.id = "else";
  second.config["width"] = 64;
  second.metrics["loss"] = 0.5;
  second.dataset.clear();
  const auto facts = compare_facts(first, second);
  REQUIRE(facts.size() == 3);
  CHECK(facts[0].fact == "config.width");
  CHECK(facts[0].first == 32);
  CHECK(facts[0].second == 64);
  CHECK(facts[1].fact == "dataset");
  CHECK(facts[1].second.is_null());
  CHECK(facts[2].fact == "metrics.loss");
  CHECK(facts[2].first.is_null());
}

TEST_CASE("the nearest by weights are the relatives, then those of like statistics", "[similar]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  Random random(3);
  const TensorMap own{{"a.weight", random_matrix(random, 20, 10)}, {"b.weight", random_matrix(random, 5, 20)}};
  const auto record = add_one(zoo, {record_named("own"), own});
  TensorMap tuned = own, far = own;
  for (auto& [name, tensor] : tuned) tensor = moved(tensor, random, 0.01);
  for (auto& [name, tensor] : far) tensor = random_matrix(random, tensor.shape[0], tensor.shape[1]);
  auto unlike = record_named("unlike");
  unlike.metrics = {{"test_accuracy", 0.45}};
  auto elsewhere = record_named("elsewhere");
  elsewhere.dataset = "usps";
  add_one(zoo, {record_named("far"), far});
  add_one(zoo, {record_named("tuned"), tuned});
  add_one(zoo, {unlike, {{"c.weight", random_matrix(random, 9, 9, 50)}}});
  add_one(zoo, {elsewhere, {{"c.weight", random_matrix(random, 30, 30)}, {"d.weight", random_matrix(random, 8, 30)}}});
  add_one(zoo, {record_named("packed"), {{"w", HostTensor{DType::kF4, {2}, {std::byte{1}}}}}});

  const auto found = similar_networks(zoo, record, SimilarBy::kWeights, 0);
  Names names;
  for (const auto& one : found) names.push_back(one.name);
  CHECK(names == Names{"tuned", "far", "elsewhere", "unlike", "packed"});
  CHECK(*found[0].distance < 0.02);
  CHECK(*found[0].cosine > 0.999);
  CHECK(*found[1].distance > 1);
  CHECK_FALSE(found[2].distance);
  CHECK(*found[2].statistics < *found[3].statistics);
  CHECK_FALSE(found[4].statistics);
  CHECK(similar_networks(zoo, record, SimilarBy::kWeights, 2).size() == 2);

  const auto behaving = similar_networks(zoo, record, SimilarBy::kBehaviour, 0);
  CHECK(behaving.size() == 4);  // not the one on other data
  CHECK(behaving[0].behaviour == 0);
  CHECK(behaving[3].name == "unlike");
  CHECK(*behaving[3].behaviour == Approx(0.5));
}

TEST_CASE("a network of nothing finite is not called near", "[similar]") {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  const auto record = add_one(zoo, {record_named("own"), {{"w", values({1, 2})}}});
  add_one(zoo, {record_named("broken"), {{"w", values({kNan, 2})}}});
  add_one(zoo, {record_named("far"), {{"w", values({-30, 50})}}});
  const auto found = similar_networks(zoo, record, SimilarBy::kWeights, 0);
  REQUIRE(found.size() == 2);
  CHECK(found[0].name == "far");
  CHECK(found[1].name == "broken");
  CHECK_FALSE(found[1].distance);
}

TEST_CASE("a network whose weights are lost is no neighbour, and no reason to stop", "[similar]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  const auto record = add_one(zoo, {record_named("own"), {{"w", tensor_of(300'000, 1)}}});
  const auto lost = add_one(zoo, {record_named("lost"), {{"w", tensor_of(300'000, 2)}}});
  const auto& object = lost.tensors[0].object;
  std::filesystem::remove(folder / "zoo" / "objects" / object.substr(0, 2) / object.substr(2));
  const auto found = similar_networks(zoo, record, SimilarBy::kWeights, 0);
  REQUIRE(found.size() == 1);
  CHECK_FALSE(found[0].distance);
  CHECK_FALSE(found[0].statistics);
  CHECK(found[0].damaged);
  try {
    similar_networks(zoo, lost, SimilarBy::kWeights, 0);
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.code() == ErrorCode::kDamaged);
    CHECK(std::string(error.what()).find("'lost'") != std::string::npos);
  }
  CHECK(similar_networks(zoo, lost, SimilarBy::kBehaviour, 0).size() == 1);  // which metrics tell
}

TEST_CASE("duplicates are found by weights and by tensors", "[duplicates]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  const auto body = tensor_of(100, 1);
  add_one(zoo, {record_named("m2"), {{"body", body}, {"head", tensor_of(10, 2)}}});
  add_one(zoo, {record_named("m10"), {{"body", body}, {"head", tensor_of(10, 2)}}});
  add_one(zoo, {record_named("tuned"), {{"trunk", body}, {"head", tensor_of(20, 3)}}});
  add_one(zoo, {record_named("apart"), {{"body", tensor_of(100, 9)}, {"head", tensor_of(10, 2)}}});
  const auto found = find_duplicates(zoo);
  REQUIRE(found.equal.size() == 1);
  CHECK(found.equal[0].names == Names{"m2", "m10"});
  CHECK(found.equal[0].bytes == 440);
  REQUIRE(found.shared.size() == 1);
  CHECK(found.shared[0].first == "m2");
  CHECK(found.shared[0].second == "tuned");
  CHECK(found.shared[0].bytes == 400);
  CHECK(found.shared[0].share == Approx(400.0 / 440));
}

TEST_CASE("what many networks have in common is told of each with the first of them", "[duplicates]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  std::vector<std::pair<ZooRecord, TensorMap>> networks;
  for (int i = 0; i < 70; ++i)
    networks.push_back({record_named("m" + std::to_string(i)),
                        {{"body", tensor_of(100, 1)}, {"head", tensor_of(10, static_cast<float>(2 + i))}}});
  zoo.add(std::move(networks));
  const auto found = find_duplicates(zoo);
  CHECK(found.equal.empty());
  REQUIRE(found.shared.size() == 69);
  CHECK(std::ranges::all_of(found.shared, [](const auto& pair) { return pair.first == "m0" && pair.bytes == 400; }));
}

TEST_CASE("lineage is told link by link, with what is missing or met again", "[lineage]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  float seed = 0;
  const auto add = [&](const std::string& name, const std::vector<ParentLink>& parents) {
    return add_one(zoo, {child_of(name, parents), network(name, ++seed).second}).id;
  };
  const auto base = add("base", {{"generated-by", std::string(64, 'a')}});
  const auto left = add("left", {{"fine-tuned-from", base}}), right = add("right", {{"fine-tuned-from", base}});
  const auto merged =
      add("merged", {{"merged-from", left}, {"merged-from", right}, {"replaces", std::string(32, '0')}});

  const auto up = lineage_of(zoo, merged, LineageSide::kAncestors);
  Names told;
  for (const auto& entry : up)
    told.push_back(std::to_string(entry.depth) + " " + entry.kind + " " + entry.name + (entry.again ? " again" : ""));
  CHECK(told == Names{"1 merged-from left", "2 fine-tuned-from base", "3 generated-by ", "1 merged-from right",
                      "2 fine-tuned-from base again", "1 replaces "});
  CHECK(up[0].from == LineageEntry::kRoot);
  CHECK(up[2].from == 1);
  CHECK(up[2].id == std::string(64, 'a'));
  CHECK(up[4].from == 3);

  const auto down = lineage_of(zoo, base, LineageSide::kDescendants);
  REQUIRE(down.size() == 4);
  CHECK(down[1].name == "merged");
  CHECK(down[1].kind == "merged-from");
  CHECK(std::ranges::none_of(down, &LineageEntry::cycle));
}

// A zoo refuses to make one; older programs took it where parents came after their children.
TEST_CASE("lineage in a circle comes to an end", "[lineage]") {
  const TemporaryFolder folder;
  const std::string base(32, '1'), left(32, '2'), right(32, '3'), merged(32, '4');
  float seed = 0;
  std::optional<Zoo> zoo(Zoo::create(folder / "zoo"));
  const auto add = [&](const std::string& id, const std::vector<ParentLink>& parents) {
    auto record = child_of("n" + id, parents);
    record.id = id;
    return add_one(*zoo, {record, network(id, ++seed).second});
  };
  auto first = add(base, {});
  add(left, {{"fine-tuned-from", base}});
  add(right, {{"fine-tuned-from", base}});
  add(merged, {{"merged-from", left}, {"merged-from", right}, {"replaces", std::string(32, '0')}});
  zoo.reset();
  {
    first.parents = {{"fine-tuned-from", merged}, {"is", base}};
    Database database(folder / "zoo" / "db", Database::Mode::kWrite);
    auto batch = database.batch();
    batch.put(Family::kMeta, from_hex(base), encode_record(first));
    database.write(batch);
  }
  zoo.emplace(Zoo::open(folder / "zoo", Zoo::Access::kRead));
  const auto circle = lineage_of(*zoo, base, LineageSide::kAncestors);
  CHECK(std::ranges::count_if(circle, &LineageEntry::cycle) == 3);
  CHECK(circle.size() == 7);
}

TEST_CASE("a long chain of parents is followed to its end", "[lineage]") {
  const TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  std::vector<std::pair<ZooRecord, TensorMap>> chain;
  for (int i = 0; i < 3000; ++i) {
    auto one = network("n" + std::to_string(i));
    one.first.id = std::string(28, '0') + std::to_string(1000 + i);
    if (i > 0) one.first.parents = {{"from", std::string(28, '0') + std::to_string(999 + i)}};
    chain.push_back(std::move(one));
  }
  zoo.add(std::move(chain));
  CHECK(lineage_of(zoo, zoo.get("n2999").id, LineageSide::kAncestors).back().depth == 2999);
  CHECK(lineage_of(zoo, zoo.get("n0").id, LineageSide::kDescendants).size() == 2999);
}
