#include "weightloom/formats/weights_folder.hpp"

#include <catch2/catch.hpp>

#include "temporary_folder.hpp"
#include "weightloom/formats/pytorch.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {
namespace {
namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class Folder {
 public:
  void weights(const std::string& name, float value = 1, const std::string& tensor = "w") const {
    write_safetensors(folder_ / name, {{tensor, HostTensor::from_f32({1}, std::vector{value})}});
  }
  fs::path path(const std::string& name) const { return folder_ / name; }
  void text(const std::string& name, std::string_view content) const { test::write_quickly(folder_ / name, content); }
  FolderContents find() const {
    std::vector<fs::path> files;
    for (const auto& entry : fs::directory_iterator(folder_.path())) files.push_back(entry.path());
    return find_networks(files);
  }

 private:
  test::TemporaryFolder folder_;
};

Names stems(const FolderContents& contents) {
  Names out;
  for (const auto& network : contents.networks) out.push_back(network.stem);
  return out;
}

Names ids(const std::vector<LeftOut>& files) {
  Names out;
  for (const auto& file : files) out.push_back(file.path.filename().string() + " " + file.id);
  return out;
}

}  // namespace

TEST_CASE("weights files are found whatever they are called, other files are not meant") {
  const Folder folder;
  folder.weights("a.bin");
  folder.weights("b.SAFETENSORS");
  folder.text("damaged.safetensors", "some text that is no header");
  folder.text("readme.txt", "some text");
  folder.text("config.json", "{}");
  const auto contents = folder.find();
  CHECK(stems(contents) == Names{"a.bin", "b", "damaged"});
  CHECK(contents.refused.empty());
  CHECK(contents.passed_over.empty());
}

TEST_CASE("what is called as weights and cannot be read is named") {
  const Folder folder;
  folder.weights("good.safetensors");
  for (const char* name : {"pytorch_model.bin", "adapter_model.bin", "pytorch_model-00001-of-00002.bin"})
    folder.text(name, std::string(64, '\0'));
  for (const char* name : {"a.onnx", "b.tflite", "tokenizer.bin"}) folder.text(name, std::string(64, '\0'));
  const auto contents = folder.find();
  CHECK(stems(contents) == Names{"good"});
  CHECK(ids(contents.refused) == Names{"adapter_model.bin weights.unknown_format",
                                       "pytorch_model-00001-of-00002.bin weights.unknown_format",
                                       "pytorch_model.bin weights.unknown_format"});
  CHECK(ids(contents.passed_over) == Names{"a.onnx weights.other_format", "b.tflite weights.other_format"});
}

TEST_CASE("one shard of several beside it is a part, one of checkpoints with the same tensors is not") {
  const Folder folder;
  folder.weights("m-00001-of-00002.safetensors", 1, "a");
  CHECK(!is_one_shard_of_several(folder.path("m-00001-of-00002.safetensors")));
  folder.weights("m-00002-of-00002.safetensors", 1, "b");
  CHECK(is_one_shard_of_several(folder.path("m-00001-of-00002.safetensors")));
  for (const char* name : {"epoch-00001-of-00002.safetensors", "epoch-00002-of-00002.safetensors"})
    folder.weights(name);
  CHECK(!is_one_shard_of_several(folder.path("epoch-00001-of-00002.safetensors")));
}

TEST_CASE("the shards of an index are no networks of their own, whatever they are called") {
  const Folder folder;
  folder.weights("layers-1.safetensors");
  folder.weights("rest.safetensors");
  folder.text("m.safetensors.index.json", R"({"weight_map":{"w":"layers-1.safetensors","v":"rest.safetensors"}})");
  CHECK(stems(folder.find()) == Names{"m"});
}

TEST_CASE("the shards of a manifest are numbers, whatever they look like") {
  const Folder folder;
  folder.weights("weights.bin");
  folder.text("pickled.bin", std::string("\x80\x02", 2));
  folder.text("model.json", R"({"format":"graph-model","weightsManifest":[{"paths":["weights.bin"],"weights":[]}]})");
  folder.text("face-weights_manifest.json", R"([{"paths":["pickled.bin"],"weights":[]}])");
  folder.text("package.json", R"({"name":"models"})");
  const auto contents = folder.find();
  CHECK(stems(contents) == Names{"face", "model"});
  CHECK(contents.refused.empty());
  CHECK(contents.passed_over.empty());
}

TEST_CASE("sets of two precisions are two networks") {
  const Folder folder;
  for (const char* name :
       {"m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors", "m-00001-of-00001.fp16.safetensors"})
    folder.weights(name, 1, name);
  folder.text("m.safetensors.fp16.index.json", R"({"weight_map":{"w":"m-00001-of-00001.fp16.safetensors"}})");
  folder.text("m.safetensors.index.json",
              R"({"weight_map":{"w":"m-00001-of-00002.safetensors","v":"m-00002-of-00002.safetensors"}})");
  CHECK(stems(folder.find()) == Names{"m.fp16", "m"});
}

TEST_CASE("a set without an index is one network when it is complete, and refused when it is not") {
  const Folder folder;
  for (const char* name :
       {"a-00001-of-00002.safetensors", "a-00002-of-00002.safetensors", "b-00002-of-00003.safetensors"})
    folder.weights(name, 1, name);
  const auto contents = folder.find();
  REQUIRE(stems(contents) == Names{"a-00001-of-00002"});
  CHECK(contents.networks[0].shards.size() == 2);
  CHECK(ids(contents.refused) == Names{"b-00002-of-00003.safetensors weights.incomplete_set"});
  CHECK(contents.refused[0].why == "of its 3 shards these are missing: 1, 3");
}

TEST_CASE("of a whole file and a set of one name the file is taken, and the other one named") {
  const Folder folder;
  folder.weights("m.safetensors");
  folder.weights("m-00001-of-00001.safetensors");
  folder.text("m.safetensors.index.json", R"({"weight_map":{"w":"m-00001-of-00001.safetensors"}})");
  const auto contents = folder.find();
  REQUIRE(stems(contents) == Names{"m"});
  CHECK(contents.networks[0].path.filename() == "m.safetensors");
  CHECK(ids(contents.passed_over) == Names{"m.safetensors.index.json weights.same_network"});
}

TEST_CASE("files of one name are one network when they hold the same weights, else the other one is refused") {
  const Folder folder;
  folder.weights("same.safetensors");
  write_pytorch(folder.path("same.pt"), {{"w", HostTensor::from_f32({1}, std::vector{1.f})}});
  folder.weights("other.safetensors");
  write_pytorch(folder.path("other.pt"), {{"w", HostTensor::from_f32({1}, std::vector{2.f})}});
  folder.weights("torn.safetensors");
  folder.text("torn.pt", std::string("PK\x03\x04", 4));
  const auto contents = folder.find();
  REQUIRE(stems(contents) == Names{"other", "same", "torn"});
  for (const auto& network : contents.networks) CHECK(network.path.extension() == ".safetensors");
  CHECK(ids(contents.passed_over) == Names{"same.pt weights.same_network"});
  REQUIRE(contents.refused.size() == 2);
  CHECK(ids({contents.refused[0]}) == Names{"other.pt weights.same_name"});
  CHECK(contents.refused[1].path.filename() == "torn.pt");
}

TEST_CASE("whole checkpoints that are counted like shards are networks of their own") {
  const Folder folder;
  folder.weights("epoch-00001-of-00010.safetensors", 1);
  folder.weights("epoch-00002-of-00010.safetensors", 2);
  const auto contents = folder.find();
  CHECK(stems(contents) == Names{"epoch-00001-of-00010", "epoch-00002-of-00010"});
  CHECK(contents.networks.front().shards.empty());
  CHECK(contents.refused.empty());
}

TEST_CASE("what a training goes on with, and a download that did not end, are passed over") {
  const Folder folder;
  folder.weights("model.safetensors");
  for (const char* name : {"optimizer.pt", "scheduler.pt", "scaler.pt", "rng_state.pth", "rng_state_0.pth",
                           "training_args.bin", "optimizer.bin"})
    write_pytorch(folder.path(name), {{"w", HostTensor::from_f32({1}, std::vector{2.f})}});
  folder.weights("0123.incomplete");
  const auto contents = folder.find();
  CHECK(stems(contents) == Names{"model"});
  CHECK(contents.passed_over.size() == 8);
  CHECK(contents.refused.empty());
}

TEST_CASE("what only looks like a network is refused by what it is, what nobody takes for one is passed over") {
  const Folder folder;
  folder.text("pointer.safetensors", "version https://git-lfs.github.com/spec/v1\n");
  folder.text("weights.bin", "version https://git-lfs.github.com/spec/v1\n");
  folder.text("picture.png", "version https://git-lfs.github.com/spec/v1\n");
  folder.text("page.safetensors", "<html>");
  folder.text("._net.safetensors", std::string("\0\x05\x16\x07", 4));
  folder.text("pytorch_model.bin", std::string("PK\x03\x04", 4));
  folder.text("page.html", "<html>");
  const auto contents = folder.find();
  CHECK(contents.networks.empty());
  CHECK(ids(contents.refused) == Names{"page.safetensors weights.html", "pointer.safetensors weights.lfs_pointer",
                                       "weights.bin weights.lfs_pointer"});
  CHECK(ids(contents.passed_over) == Names{"._net.safetensors weights.appledouble", "picture.png weights.lfs_pointer",
                                           "pytorch_model.bin weights.zip"});
}

}  // namespace weightloom
