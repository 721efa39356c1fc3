#include <catch2/catch.hpp>
#include <fstream>

#include "sample_networks.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;

// A closed store with one network that has a large tensor and enough small ones to be flushed to files.
class StoredNetwork {
 public:
  StoredNetwork() {
    auto zoo = Zoo::create(path());
    auto one = test::network("net");
    one.second["large"] = test::tensor_of(1 << 18, 2);
    for (int i = 0; i < 20; ++i)
      one.second["small" + std::to_string(i)] = test::tensor_of(20'000, static_cast<float>(i));
    record_ = test::add_one(zoo, std::move(one));
  }
  fs::path path() const { return folder_ / "zoo"; }
  const ZooRecord& record() const { return record_; }
  fs::path large_file() const {
    for (const auto& tensor : record_.tensors)
      if (tensor.name == "large") return path() / "objects" / tensor.object.substr(0, 2) / tensor.object.substr(2);
    return {};
  }
  std::vector<Finding> verify(VerifyLevel level) const { return Zoo::open(path(), Zoo::Access::kRead).verify(level); }

 private:
  test::TemporaryFolder folder_;
  ZooRecord record_;
};

void flip_byte(const fs::path& path, std::uintmax_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x40);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

}  // namespace

TEST_CASE("a healthy store has no findings at any level", "[zoo]") {
  const StoredNetwork store;
  for (const auto level : {VerifyLevel::kQuick, VerifyLevel::kDefault, VerifyLevel::kDeep})
    CHECK(store.verify(level).empty());
}

TEST_CASE("a lost object file is found by the quick level, with the networks that it hits", "[zoo]") {
  const StoredNetwork store;
  fs::remove(store.large_file());
  const auto findings = store.verify(VerifyLevel::kQuick);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].kind == "missing-object");
  CHECK(findings[0].networks == std::vector<std::string>{"net"});
  CHECK(findings[0].damage);
  CHECK_THROWS_AS(Zoo::open(store.path(), Zoo::Access::kRead).weights(store.record()), Error);
}

TEST_CASE("a cut object file is found by the quick level", "[zoo]") {
  const StoredNetwork store;
  fs::resize_file(store.large_file(), 100);
  CHECK(store.verify(VerifyLevel::kQuick).at(0).kind == "changed-object");
}

TEST_CASE("a flipped byte in an object is found by the deep level and by reading", "[zoo]") {
  const StoredNetwork store;
  flip_byte(store.large_file(), 1000);
  CHECK(store.verify(VerifyLevel::kDefault).empty());
  CHECK(store.verify(VerifyLevel::kDeep).at(0).kind == "changed-object");
  CHECK_THROWS_AS(Zoo::open(store.path(), Zoo::Access::kRead).weights(store.record()), Error);
}

TEST_CASE("a flipped byte in a database file is found by the default level", "[zoo]") {
  const StoredNetwork store;
  fs::path largest;
  for (const auto& entry : fs::directory_iterator(store.path() / "db"))
    if (entry.path().extension() == ".sst" && (largest.empty() || entry.file_size() > fs::file_size(largest)))
      largest = entry.path();
  REQUIRE(!largest.empty());
  flip_byte(largest, fs::file_size(largest) / 2);
  const auto findings = store.verify(VerifyLevel::kDefault);
  REQUIRE(!findings.empty());
  CHECK(findings.back().kind == "database");
}

TEST_CASE("files that belong to nobody are reported as harmless", "[zoo]") {
  const StoredNetwork store;
  fs::create_directories(store.path() / "objects" / "00");
  test::write_quickly(store.path() / "objects" / "00" / "stray.tmp.abc", "x");
  const auto findings = store.verify(VerifyLevel::kQuick);
  REQUIRE(findings.size() == 1);
  CHECK(findings[0].kind == "orphan-file");
  CHECK_FALSE(findings[0].damage);
}

}  // namespace weightloom
