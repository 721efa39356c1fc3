#include <catch2/catch.hpp>

#include "memory_bound.hpp"
#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {

HostTensor vector_of(float value) {
  return HostTensor::from_f32({1}, std::vector<float>{value});
}

class ShardedSet {
 public:
  ShardedSet() {
    write_safetensors(folder_ / "one.safetensors", {{"a", vector_of(1)}});
    write_safetensors(folder_ / "two.safetensors", {{"b", vector_of(2)}});
  }
  WeightsFile read(const std::string& index) {
    write_file(folder_ / "model.safetensors.index.json", index);
    return read_weights(folder_ / "model.safetensors.index.json");
  }
  std::string verdict(const std::string& index) {
    const test::MemoryBound bound(folder_ / "one.safetensors");
    try {
      read(index);
      return "accepted";
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kRefused);
      return error.id().substr(error.id().find('.') + 1);
    }
  }
  const test::TemporaryFolder& folder() const { return folder_; }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a sharded set is read as one network", "[safetensors]") {
  ShardedSet set;
  const auto file =
      set.read(R"({"metadata":{"total_size":8},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  CHECK(file.warnings.empty());
  CHECK(file.tensors.at("a").f32()[0] == 1);
  CHECK(file.tensors.at("b").f32()[0] == 2);
}

TEST_CASE("a shard that was not fetched is told as that", "[safetensors]") {
  ShardedSet set;
  test::write_quickly(set.folder() / "two.safetensors", "version https://git-lfs.github.com/spec/v1\n");
  CHECK(set.verdict(R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})") == "lfs_pointer");
}

TEST_CASE("harmless disagreements of a sharded set are warnings", "[safetensors]") {
  ShardedSet set;
  write_safetensors(set.folder() / "two.safetensors", {{"b", vector_of(2)}, {"c", vector_of(3)}});
  const auto file =
      set.read(R"({"metadata":{"total_size":1},"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})");
  CHECK(file.warnings.size() == 2);
  CHECK(file.tensors.size() == 2);
}

TEST_CASE("a shard name must be a plain file name in the same folder", "[safetensors]") {
  ShardedSet set;
  for (const char* name : {"../one.safetensors", "/etc/passwd", "..", "", "sub\\\\x", "sub/x"})
    CHECK(set.verdict(R"({"weight_map":{"a":")" + std::string(name) + "\"}}") == "bad_shard_name");
  const test::TemporaryFolder elsewhere;
  write_safetensors(elsewhere / "x.safetensors", {{"a", vector_of(1)}});
  std::filesystem::create_symlink(elsewhere / "x.safetensors", set.folder() / "link.safetensors");
  CHECK(set.verdict(R"({"weight_map":{"a":"link.safetensors"}})") == "bad_shard_name");
}

TEST_CASE("a sharded set that contradicts itself is refused", "[safetensors]") {
  ShardedSet set;
  CHECK(set.verdict(R"({"weight_map":{"a":"three.safetensors"}})") == "missing_shard");
  CHECK(set.verdict(R"({"weight_map":{"a":"two.safetensors"}})") == "shard_mismatch");
}

TEST_CASE("a tensor that the index places in another shard is the same there, or the set is refused", "[safetensors]") {
  ShardedSet set;
  const auto index = R"({"weight_map":{"a":"one.safetensors","b":"two.safetensors"}})";
  write_safetensors(set.folder() / "two.safetensors", {{"a", vector_of(1)}, {"b", vector_of(2)}});
  CHECK(set.read(index).tensors.at("a").f32()[0] == 1);
  write_safetensors(set.folder() / "two.safetensors", {{"a", vector_of(2)}, {"b", vector_of(2)}});
  CHECK(set.verdict(index) == "shard_mismatch");
}

TEST_CASE("a snapshot of the hub's cache is links into its blobs, and nowhere else", "[safetensors]") {
  const test::TemporaryFolder cache;
  const auto snapshot = cache / "models--a--b" / "snapshots" / "revision" / "unet";
  std::filesystem::create_directories(snapshot);
  for (const char* folder : {"blobs", "other"}) {
    std::filesystem::create_directory(cache / "models--a--b" / folder);
    write_safetensors(cache / "models--a--b" / folder / "0123", {{"a", vector_of(1)}});
  }
  test::write_quickly(snapshot / "m.safetensors.index.json", R"({"weight_map":{"a":"m-00001-of-00001.safetensors"}})");
  const auto link = snapshot / "m-00001-of-00001.safetensors";
  std::filesystem::create_symlink("../../../blobs/0123", link);
  CHECK(read_weights(snapshot / "m.safetensors.index.json").tensors.contains("a"));
  std::filesystem::remove(link);
  std::filesystem::create_symlink("../../../other/0123", link);
  CHECK_THROWS_AS(read_weights(snapshot / "m.safetensors.index.json"), Error);
}

TEST_CASE("an index of the wrong form is refused", "[safetensors]") {
  ShardedSet set;
  CHECK(set.verdict("[]") == "bad_index");
  CHECK(set.verdict("{") == "bad_index");
  CHECK(set.verdict(R"({"weight_map":[]})") == "bad_index");
  CHECK(set.verdict(R"({"weight_map":{}})") == "bad_index");
  CHECK(set.verdict(R"({"weight_map":{"a":1}})") == "bad_index");
  CHECK(set.verdict(R"({"weight_map":{"a":"one.safetensors","a":"two.safetensors"}})") == "duplicate_key");
  CHECK(set.verdict(std::string(100, '[')) == "bad_index");
  CHECK(set.verdict("{\"x\":" + std::string(20, '[') + std::string(20, ']') + ",\"weight_map\":{}}") == "bad_index");
  CHECK(set.verdict(R"({"metadata":{"total_size":1e999},"weight_map":{"a":"one.safetensors"}})") == "bad_index");
  CHECK(set.verdict(R"({"weight_map":{"a":")" + std::string(300, 'x') + "\"}}") == "missing_shard");
}

}  // namespace weightloom
