// Where the fuzz targets begin: fuzz_seeds FOLDER writes a folder of small valid inputs for each.

#include <filesystem>
#include <initializer_list>
#include <string>
#include <string_view>

#include "weightloom/base/file.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/formats/npy.hpp"
#include "weightloom/formats/npz.hpp"
#include "weightloom/formats/pytorch.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/zoo/record.hpp"
#include "zip_archive.hpp"

using namespace weightloom;

namespace {
namespace fs = std::filesystem;

TensorMap tensors() {
  return {{"w", HostTensor::from_f32({2, 2}, std::vector<float>{1, 2, 3, 4})},
          {"a/b.c", {DType::kI64, {}, std::vector<std::byte>(8)}},
          {"none", {DType::kF16, {0, 3}, {}}},
          {"flags", {DType::kBool, {3}, std::vector<std::byte>(3)}}};
}

void write_texts(const fs::path& folder, std::initializer_list<std::string_view> texts) {
  fs::create_directories(folder);
  std::size_t number = 0;
  for (const auto text : texts) write_file(folder / std::to_string(number++), text);
}

std::string pickle_of(const fs::path& checkpoint) {
  const ZipArchive archive(checkpoint);
  const auto pickle = archive.read(*archive.find("archive/data.pkl"));
  return {reinterpret_cast<const char*>(pickle.data()), pickle.size()};
}

void write_archives(const fs::path& folder) {
  for (const char* target : {"safetensors", "npy", "npz", "pytorch", "zip_archive", "pickle", "weights_file"})
    fs::create_directories(folder / target);
  write_safetensors(folder / "safetensors" / "0", tensors(), {{"key", "value"}});
  write_npy(folder / "npy" / "0", tensors().at("w"));
  write_npy(folder / "npy" / "1", tensors().at("a/b.c"));
  write_npz(folder / "npz" / "0", tensors());
  write_pytorch(folder / "pytorch" / "0", tensors());
  write_file(folder / "pickle" / "0", pickle_of(folder / "pytorch" / "0"));
  // As PyTorch wrote before it wrote archives: three pickles of what it is, the data, the storages' keys, the storages.
  const auto legacy = folder / "pytorch" / "1";
  write_pytorch(legacy, {{"w", tensors().at("w")}});
  write_file(legacy,
             std::string("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.", 25) +
                 pickle_of(legacy) + "\x80\x02]X" +
                 std::string("\1\0\0\0"
                             "0",
                             5) +
                 "a." + std::string("\4\0\0\0\0\0\0\0", 8) + std::string(16, 'v'));
  int number = 0;
  for (const char* source : {"safetensors", "npy", "npz", "pytorch"})
    fs::copy_file(folder / source / "0", folder / "weights_file" / std::to_string(number++),
                  fs::copy_options::overwrite_existing);
  for (const char* source : {"npz", "pytorch"})
    fs::copy_file(folder / source / "0", folder / "zip_archive" / source, fs::copy_options::overwrite_existing);
}

void write_records(const fs::path& folder) {
  ZooRecord record;
  record.name = "mnist/cnn/3";
  record.architecture = "cnn";
  record.config = {{"depth", 3}};
  record.metrics = {{"test_accuracy", 0.97}};
  record.tags = {"checked"};
  record.parents = {{"finetuned-from", "0123456789abcdef"}};
  record.source = {{"format", "safetensors"}};
  describe_weights(record, tensors());
  const auto json = to_json(record);
  std::string cbor;
  Json::to_cbor(json, cbor);
  write_texts(folder / "record", {json.dump(), cbor});
}

// Descriptions, and one file.
void write_bundles(const fs::path& folder) {
  ZooRecord record;
  record.name = "net";
  record.id = std::string(32, 'a');
  describe_weights(record, {{"w", {DType::kF32, {2, 2}, std::vector<std::byte>(16, std::byte{1})}}});
  const auto describe = [&](const Json& tokens) {
    const Json network = {{"record", to_json(record)}, {"aliases", {"best"}}, {"tokens", tokens}};
    return Json{{"format", "weightloom.bundle/1"}, {"zoo", std::string(32, 'c')}, {"networks", {network}}}.dump();
  };
  const Json stream = {
      {"tokenizer", std::string(64, 'b')}, {"weights_hash", record.weights_hash}, {"sha256", to_hex(sha256("tokens"))}};
  const auto plain = describe(Json::array());
  write_texts(folder / "bundle", {plain, describe(Json::array({stream}))});
  write_safetensors(folder / "bundle" / "2",
                    {{record.tensors[0].object, {DType::kU8, {16}, std::vector<std::byte>(16, std::byte{1})}}},
                    {{"weightloom.bundle", plain}, {"weightloom.bundle.sha256", to_hex(sha256(plain))}});
}

}  // namespace

int main(int, char** arguments) {
  const fs::path folder = arguments[1];
  write_archives(folder);
  write_records(folder);
  write_bundles(folder);
  write_texts(
      folder / "shards",
      {R"({"metadata":{"total_size":8},"weight_map":{"v":"x","w":"y"}})",
       R"([{"paths":["a","b"],"weights":[{"name":"w","shape":[2,2],"dtype":"float32"},)"
       R"({"name":"v","shape":[2],"dtype":"float32","quantization":{"dtype":"uint16","scale":0.5,"min":-1}}]}])",
       R"({"format":"graph-model","modelTopology":{},"weightsManifest":[{"paths":["a"],"weights":[)"
       R"({"name":"w","shape":[13],"dtype":"int32","quantization":{"dtype":"uint8","scale":2,"min":0}}]},)"
       R"({"paths":["b"],"weights":[{"name":"v","shape":[7],"dtype":"bool"}]}]})"});
  write_texts(folder / "toml", {"a = 1\nb = [1.5, 'x']\n[t.u]\nc = 2024-01-01\n[[l]]\nd = true\n", "depth.x=[1,2]"});
  write_texts(folder / "instruction",
              {"tell boots from sandals with a residual net of twenty layers", "only 3, 5 and 8; no letters",
               "a tiny perceptron under 10k weights for the digits 0-4, as accurate as possible"});
  write_texts(folder / "vector_text", {"2 3\ncat 1 0.5 -1\ndog 1e-2 0 3\n", "the 0.1 2\nnew york 1 2\ncat 3 4\r\n"});
  write_texts(folder / "card", {"description = 'pets'\nkeywords = ['pet', 'house_pet']\n[aliases]\ncat = ['kitten']\n",
                                R"({"name":"n","classes":["a"],"description":"d","keywords":["k"],"aliases":[["b"]]})",
                                "fashion-mnist[7,3,1]@5000"});
  write_texts(folder / "query",
              {"arch:cnn* and test_accuracy>=0.9 and not tag:broken\ncreated:desc",
               "\"top 5\" > 90% or (params < 10k and created > 7d)",
               "name~/^mnist.*e[12]0$/ and config.depth in (1, 2, 3) or has(dataset) and alias:svhn/*"});
  write_texts(folder / "description",
              {R"({"schema":"weightloom.network/1","architecture":"org.weightloom.mlp","config":{},)"
               R"("task":"classification","input":{"name":"image","shape":[1,4,4]},"output":"head",)"
               R"("parameters":[{"name":"head.weight","shape":[3,16],"role":"weight",)"
               R"("init":{"kind":"kaiming_uniform","gain":1.0},"trainable":true}],)"
               R"("nodes":[{"name":"flat","op":"flatten","inputs":["image"]},{"name":"head","op":"linear",)"
               R"("inputs":["flat"],"parameters":{"weight":"head.weight"},"attributes":{}}],)"
               R"("dialects":[{"name":"torchvision","rules":[]}]})"});
}
