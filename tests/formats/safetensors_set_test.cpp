#include <catch2/catch.hpp>

#include "temporary_folder.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Of 4, 8, 12, ... bytes.
TensorMap tensors(int count) {
  TensorMap out;
  for (int i = 1; i <= count; ++i)
    out["t" + std::to_string(i)] = HostTensor::from_f32({i}, std::vector<float>(static_cast<std::size_t>(i), 1.5f));
  return out;
}

class Set {
 public:
  Names write(const std::string& name, TensorMap content, std::uint64_t shard_bytes) const {
    Names names;
    for (const auto& file : write_safetensors_set(folder_ / name, std::move(content), {{"key", "value"}}, shard_bytes))
      names.push_back(file.filename().string());
    return names;
  }
  std::string verdict(const std::string& name, TensorMap content, std::uint64_t shard_bytes) const {
    try {
      write(name, std::move(content), shard_bytes);
      return "written";
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::kUsage);
      return error.id();
    }
  }
  Names files() const {
    Names names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.push_back(entry.path().filename().string());
    std::ranges::sort(names);
    return names;
  }
  fs::path operator/(const std::string& name) const { return folder_ / name; }

 private:
  test::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("a set is written as Hugging Face names one, and read back equal", "[safetensors]") {
  const Set set;
  const auto names = set.write("net.safetensors", tensors(4), 28);
  CHECK(names ==
        Names{"net-00001-of-00002.safetensors", "net-00002-of-00002.safetensors", "net.safetensors.index.json"});
  CHECK(set.files() == names);
  const auto read = read_weights(set / "net.safetensors.index.json");
  CHECK(read.warnings.empty());
  CHECK(read.metadata.at("key") == "value");
  CHECK(read.tensors.size() == 4);
  for (const auto& [name, tensor] : tensors(4)) CHECK(read.tensors.at(name).bytes == tensor.bytes);
  const auto index = parse_json(read_file(set / "net.safetensors.index.json"), "the index");
  CHECK(index["metadata"]["total_size"] == 40);
  CHECK(index["weight_map"]["t1"] == names[0]);
  CHECK(index["weight_map"]["t4"] == names[1]);
}

TEST_CASE("a shard holds what fits, and a larger tensor has one of its own", "[safetensors]") {
  for (const auto& [bytes, shards] : std::vector<std::pair<std::uint64_t, std::size_t>>{
           {1, 4}, {4, 4}, {11, 4}, {12, 3}, {24, 2}, {39, 2}, {40, 1}, {UINT64_MAX, 1}}) {
    const Set set;
    const auto names = set.write("net.safetensors", tensors(4), bytes);
    CHECK(names.size() == (shards == 1 ? 1 : shards + 1));
    CHECK(read_weights(set / names.back()).tensors.size() == 4);
  }
}

TEST_CASE("what fits into one shard is a plain file, and is replaced as such", "[safetensors]") {
  const Set set;
  CHECK(set.write("net.safetensors", tensors(2), 100) == Names{"net.safetensors"});
  CHECK(set.write("net.safetensors", tensors(3), 100) == Names{"net.safetensors"});
  CHECK(read_safetensors(set / "net.safetensors").tensors.size() == 3);
  CHECK(set.write("none", {}, 1) == Names{"none"});
}

TEST_CASE("sets and files of one name do not mix", "[safetensors]") {
  const Set set;
  set.write("net", tensors(4), 20);
  const auto before = set.files();
  CHECK(set.verdict("net", tensors(4), 20) == "safetensors.set_exists");
  CHECK(set.verdict("net.safetensors", tensors(2), 100) == "safetensors.set_exists");
  CHECK(set.files() == before);
  fs::remove(set / "net.safetensors.index.json");
  CHECK(set.verdict("net", tensors(4), 1) == "safetensors.set_exists");
  set.write("other.safetensors", tensors(1), 20);
  CHECK(set.verdict("other.safetensors", tensors(4), 20) == "safetensors.set_exists");
  CHECK(set.verdict("ne", tensors(4), 20) == "written");
}

TEST_CASE("of a set that cannot become whole nothing remains", "[safetensors]") {
  const Set set;
  auto bad = tensors(4);
  bad["t4"].shape = {5};
  CHECK(set.verdict("net", bad, 1) == "safetensors.bad_tensor");
  CHECK(set.files().empty());
}

}  // namespace weightloom
