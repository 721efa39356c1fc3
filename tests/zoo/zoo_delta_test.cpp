// Tensors stored as the difference from those of a parent.

#include <catch2/catch.hpp>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/random.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// A training whose weights move a little at every step.
class Training {
 public:
  explicit Training(std::size_t large = 300'000) : large_(large) {
    for (auto* values : {&weights_, &bias_})
      for (auto& value : *values) value = normal();
  }
  TensorMap step(float rate) {
    for (auto* values : {&weights_, &bias_})
      for (auto& value : *values) value += rate * normal();
    return {{"w", HostTensor::from_f32({static_cast<std::int64_t>(large_)}, weights_)},
            {"b", HostTensor::from_f32({1000}, bias_)}};
  }

 private:
  // Nearly.
  float normal() { return static_cast<float>(random_.uniform() + random_.uniform() + random_.uniform() - 1.5) * 2; }

  std::size_t large_;
  Random random_{5};
  std::vector<float> weights_ = std::vector<float>(large_), bias_ = std::vector<float>(1000);
};

ZooRecord child_of(const std::string& name, const std::string& parent) {
  auto record = test::record_named(name);
  if (!parent.empty()) record.parents = {{"continues", parent}};
  return record;
}

bool same(const TensorMap& a, const TensorMap& b) {
  return a.size() == b.size() &&
         std::ranges::all_of(a, [&](const auto& one) { return one.second.bytes == b.at(one.first).bytes; });
}

void require_sound(const fs::path& path) {
  for (const auto& finding : Zoo::open(path, Zoo::Access::kRead).verify(VerifyLevel::kDeep)) {
    CAPTURE(finding.kind, finding.object, finding.advice);
    REQUIRE(false);
  }
}

// Twenty checkpoints, each a child of the one before it.
struct Chain {
  test::TemporaryFolder folder;
  std::vector<TensorMap> weights;
  std::vector<std::string> ids;
  fs::path path() const { return folder / "zoo"; }

  explicit Chain(std::size_t count = 20) {
    auto zoo = Zoo::create(path());
    Training training;
    for (std::size_t i = 0; i < count; ++i) {
      weights.push_back(training.step(1e-4F));
      const auto record = child_of("step" + std::to_string(i), i ? ids.back() : "");
      ids.push_back(test::add_one(zoo, {record, weights.back()}).id);
    }
  }
};

}  // namespace

TEST_CASE("checkpoints of one training take less room than their weights, and come back bit by bit", "[zoo]") {
  const Chain chain;
  const auto zoo = Zoo::open(chain.path(), Zoo::Access::kRead);
  std::int64_t raw = 0;
  for (std::size_t i = 0; i < chain.ids.size(); ++i) {
    const auto record = zoo.get(chain.ids[i]);
    raw += record.bytes;
    CHECK(same(zoo.weights(record), chain.weights[i]));
    CHECK(zoo.is_sound(record));
  }
  CHECK(static_cast<double>(zoo.stored_bytes()) < 0.65 * static_cast<double>(raw));
  require_sound(chain.path());
}

TEST_CASE("differences of any type of number, at random and at the ends of their range, come back bit by bit",
          "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  Random random(11);
  for (const auto dtype : {DType::kU8, DType::kI16, DType::kF16, DType::kBF16, DType::kF32, DType::kF64, DType::kI64,
                           DType::kC64, DType::kF8E4M3, DType::kF4})
    for (const std::int64_t count : {4096, 4098, 600'002}) {
      CAPTURE(dtype_name(dtype), count);
      HostTensor parent{dtype, {count}, std::vector<std::byte>(byte_count(dtype, {count}))};
      for (auto& byte : parent.bytes)
        byte = static_cast<std::byte>(random.below(4) ? random.below(256) : 255 * random.below(2));
      auto child = parent;
      for (std::size_t i = 0; i < child.bytes.size(); i += 1 + random.below(50))
        child.bytes[i] = static_cast<std::byte>(random.below(256));
      const auto name = std::string(dtype_name(dtype)) + std::to_string(count);
      const auto first = test::add_one(zoo, {test::record_named(name), {{"w", parent}}});
      const auto before = zoo.stored_bytes();
      const auto second = test::add_one(zoo, {child_of(name + " child", first.id), {{"w", child}}});
      CHECK(zoo.stored_bytes() - before < second.bytes);
      REQUIRE(zoo.weights(second).at("w").bytes == child.bytes);
    }
  require_sound(folder / "zoo");
}

TEST_CASE("any of them may be removed in any order; the others stay", "[zoo]") {
  Chain chain;
  Random random(9);
  std::vector<std::size_t> left(chain.ids.size());
  for (std::size_t i = 0; i < left.size(); ++i) left[i] = i;
  while (!left.empty()) {
    {
      auto zoo = Zoo::open(chain.path(), Zoo::Access::kWrite);
      const auto at = static_cast<std::ptrdiff_t>(random.below(left.size()));
      zoo.remove(chain.ids[left[static_cast<std::size_t>(at)]]);
      left.erase(left.begin() + at);
      for (const auto i : left) REQUIRE(same(zoo.weights(zoo.get(chain.ids[i])), chain.weights[i]));
    }
    require_sound(chain.path());
  }
}

TEST_CASE("damage to one checkpoint is told with the names of all that stand on it, and mended by its bytes", "[zoo]") {
  Chain chain(4);
  const auto zoo = Zoo::open(chain.path(), Zoo::Access::kRead);
  const auto first = zoo.get(chain.ids[0]);
  const auto object = std::ranges::find(first.tensors, "w", &TensorRecord::name)->object;
  const auto file = chain.path() / "objects" / object.substr(0, 2) / object.substr(2);
  auto bytes = read_file(file);
  bytes[1000] = static_cast<char>(bytes[1000] ^ 1);
  write_file(file, bytes);
  const auto findings = zoo.verify(VerifyLevel::kDeep);
  const auto of_object = std::ranges::find(findings, object, &Finding::object);
  REQUIRE(of_object != findings.end());
  CHECK(of_object->networks.size() == 4);
  for (const auto& id : chain.ids) CHECK_THROWS_AS(zoo.weights(zoo.get(id)), Error);
  {
    auto writer = Zoo::open(chain.path(), Zoo::Access::kWrite);
    writer.mend(writer.get(chain.ids[0]), chain.weights[0]);
  }
  for (std::size_t i = 0; i < chain.ids.size(); ++i) CHECK(same(zoo.weights(zoo.get(chain.ids[i])), chain.weights[i]));
  require_sound(chain.path());
}

TEST_CASE("a difference from damaged weights is not stored", "[zoo]") {
  Chain chain(1);
  auto zoo = Zoo::open(chain.path(), Zoo::Access::kWrite);
  const auto parent = zoo.get(chain.ids[0]);
  const auto object = std::ranges::find(parent.tensors, "w", &TensorRecord::name)->object;
  const auto file = chain.path() / "objects" / object.substr(0, 2) / object.substr(2);
  auto bytes = read_file(file);
  bytes[77] = static_cast<char>(bytes[77] ^ 1);
  write_file(file, bytes);
  auto weights = chain.weights[0];
  weights["w"].bytes[5] ^= std::byte{1};
  const auto child = test::add_one(zoo, {child_of("child", parent.id), weights});
  zoo.mend(parent, chain.weights[0]);
  CHECK(same(zoo.weights(child), weights));
  CHECK(same(zoo.weights(parent), chain.weights[0]));
}

TEST_CASE("weights that have nothing to do with their parent's are stored as they are", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  Random random(1);
  std::string parent;
  std::int64_t raw = 0;
  for (int i = 0; i < 3; ++i) {
    HostTensor tensor{DType::kU8, {2 << 20}, std::vector<std::byte>(2u << 20)};
    for (auto& byte : tensor.bytes) byte = static_cast<std::byte>(random.below(256));
    const auto record = test::add_one(zoo, {child_of(std::to_string(i), parent), {{"w", tensor}}});
    parent = record.id;
    raw += record.bytes;
  }
  CHECK(zoo.stored_bytes() == raw);
}

TEST_CASE("an import of consecutive checkpoints links them in natural order", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  fs::create_directories(folder / "run");
  Training training;
  for (int i = 1; i <= 11; ++i)
    write_safetensors(folder / "run" / ("step" + std::to_string(i) + ".safetensors"), training.step(1e-4F));
  ImportOptions options;
  options.consecutive = true;
  const auto result = import_networks(zoo, files_to_import({(folder / "run").string()}), options);
  REQUIRE(result.stored.size() == 11);
  CHECK(result.stored.front().parents.empty());
  for (std::size_t i = 1; i < 11; ++i) {
    CHECK(result.stored[i].name == "step" + std::to_string(i + 1));
    CHECK(result.stored[i].parents.at(0).parent == result.stored[i - 1].id);
  }
  write_safetensors(folder / "run" / "step12.safetensors", training.step(1e-4F));
  const auto more = import_networks(zoo, files_to_import({(folder / "run").string()}), options);
  CHECK(more.skipped.size() == 11);
  CHECK(more.stored.at(0).parents.at(0).parent == result.stored.back().id);
}

TEST_CASE("a large file is stored while it is read, like any other", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  Training training(20'000'000);
  const auto weights = training.step(1);
  auto record = test::record_named("from elsewhere");
  write_network(folder / "large.safetensors", record, weights);
  const auto plan = files_to_import({(folder / "large.safetensors").string()});
  const auto result = import_networks(zoo, plan, {});
  REQUIRE(result.stored.size() == 1);
  CHECK(result.stored[0].name == "large");
  CHECK(result.stored[0].dataset == "mnist");
  CHECK(result.stored[0].weights_hash == weights_hash(weights));
  CHECK(result.stored[0].source.at("sha256") == to_hex(sha256_file(folder / "large.safetensors")));
  CHECK(same(zoo.weights(result.stored[0]), weights));
  CHECK(import_networks(zoo, plan, {}).skipped.size() == 1);

  // Beside the next checkpoint of the same training.
  write_safetensors(folder / "next.safetensors", training.step(1e-4F));
  ImportOptions options;
  options.consecutive = true;
  const auto both = import_networks(
      zoo, files_to_import({(folder / "large.safetensors").string(), (folder / "next.safetensors").string()}), options);
  REQUIRE(both.stored.size() == 1);
  CHECK(both.stored[0].parents.at(0).parent == result.stored[0].id);
  CHECK(static_cast<double>(zoo.stored_bytes()) < 1.8 * static_cast<double>(result.stored[0].bytes));
  CHECK(zoo.is_sound(both.stored[0]));

  // A name that is taken is told before anything is read, and nothing stays behind.
  write_safetensors(folder / "large.safetensors", training.step(1));
  const auto before = zoo.stored_bytes();
  CHECK_THROWS_AS(import_networks(zoo, plan, {}), Error);
  options.replace = true;
  CHECK(import_networks(zoo, plan, options).replaced.size() == 1);
  CHECK(zoo.stored_bytes() > before);
  require_sound(folder / "zoo");
}

TEST_CASE("a producer that fails leaves nothing", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  const std::vector<std::byte> bytes(4u << 20);
  const auto begin = [&](WeightsSink& sink) {
    sink.begin("w", DType::kU8, {4 << 20});
    sink.append(bytes);
    sink.begin("v", DType::kU8, {4 << 20});
  };
  CHECK_THROWS_AS(zoo.store("streamed",
                            [&](WeightsSink& sink) -> ZooRecord {
                              begin(sink);
                              throw std::runtime_error("enough");
                            }),
                  std::runtime_error);
  CHECK_THROWS_AS(zoo.store("streamed",
                            [&](WeightsSink& sink) {
                              begin(sink);
                              return test::record_named("incomplete");
                            }),
                  Error);
  CHECK_THROWS_AS(zoo.store("streamed",
                            [&](WeightsSink& sink) {
                              begin(sink);
                              sink.begin("w", DType::kU8, {1});
                              return test::record_named("twice");
                            }),
                  Error);
  CHECK(zoo.size() == 0);
  CHECK(zoo.stored_bytes() == 0);
  for (const auto& entry : fs::recursive_directory_iterator(folder / "zoo" / "objects"))
    CHECK_FALSE(entry.is_regular_file());
}

TEST_CASE("what is mended by another network becomes no difference that its own network does not hold", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  Training training;
  const auto first = training.step(1), second = training.step(1e-4F);
  const auto parent = test::add_one(zoo, {test::record_named("parent"), first});
  const auto plain = test::add_one(zoo, {test::record_named("plain"), second});
  const auto object = std::ranges::find(plain.tensors, "w", &TensorRecord::name)->object;
  auto bytes = read_file(folder / "zoo" / "objects" / object.substr(0, 2) / object.substr(2));
  bytes[9] = static_cast<char>(bytes[9] ^ 1);
  write_file(folder / "zoo" / "objects" / object.substr(0, 2) / object.substr(2), bytes);
  test::add_one(zoo, {child_of("again", parent.id), second});
  zoo.remove(std::vector<std::string>{"parent", "again"}, Removal::kForGood);
  CHECK(same(zoo.weights(plain), second));
  require_sound(folder / "zoo");
}

TEST_CASE("a streamed network that replaces another puts it into the trash", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  const auto store = [&](std::byte value) {
    return zoo.store(
        "net",
        [&](WeightsSink& sink) {
          sink.begin("w", DType::kU8, {4 << 20});
          sink.append(std::vector<std::byte>(4u << 20, value));
          return test::record_named("net");
        },
        Zoo::Taken::kReplace);
  };
  store(std::byte{1});
  store(std::byte{2});
  CHECK(zoo.trash().size() == 1);
  require_sound(folder / "zoo");
}

TEST_CASE("a quota is kept", "[zoo]") {
  const test::TemporaryFolder folder;
  auto zoo = Zoo::create(folder / "zoo");
  CHECK_FALSE(zoo.quota());
  zoo.set_quota(2'000'000);
  Training training;
  const auto first = training.step(1);
  test::add_one(zoo, {test::record_named("first"), first});
  try {
    test::add_one(zoo, {test::record_named("second"), training.step(1)});
    CHECK(false);
  } catch (const Error& error) {
    CHECK(error.id() == "zoo.quota");
    CHECK(error.hint().find("zoo gc --trash-age 0") != std::string::npos);  // what is in the trash counts
  }
  CHECK(zoo.stored_bytes() == static_cast<std::int64_t>(first.at("w").bytes.size() + first.at("b").bytes.size()));
  // The same weights take no room, and are taken by a zoo that is over its quota.
  test::add_one(zoo, {test::record_named("again"), first});
  zoo.set_quota(1);
  test::add_one(zoo, {test::record_named("and again"), first});
  zoo.set_quota(std::nullopt);
  test::add_one(zoo, {test::record_named("second"), training.step(1)});
  CHECK(zoo.size() == 4);
  require_sound(folder / "zoo");
}

}  // namespace weightloom
