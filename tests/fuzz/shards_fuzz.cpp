// Manifests of TensorFlow.js and indexes of sharded safetensors, beside two shards of each.

#include <cstdlib>
#include <string>

#include "fuzz_target.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"
#include "weightloom/formats/weights_file.hpp"

using namespace weightloom;

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "weightloom-fuzz.XXXXXX").string();
    if (!::mkdtemp(pattern.data())) std::abort();
    path_ = pattern;
    write_file(path_ / "a", std::string(13, 'a'));
    write_file(path_ / "b", std::string(7, 'b'));
    write_safetensors(path_ / "x", {{"v", HostTensor::from_f32({1}, std::vector<float>{1})}});
    write_safetensors(path_ / "y", {{"w", HostTensor::from_f32({1}, std::vector<float>{2})}});
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  // A link beside the shards to the input in memory, which would take two fsync as a file.
  std::filesystem::path manifest(const std::filesystem::path& input) {
    if (!linked_) std::filesystem::create_symlink(input, path_ / "m");
    linked_ = true;
    return path_ / "m";
  }

 private:
  std::filesystem::path path_;
  bool linked_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Folder folder;
  const auto path = folder.manifest(fuzz::memory_file(data, size));
  shard_names(path);
  return fuzz::expect_read_or_refused([&] { fuzz::expect_whole(read_weights(path).tensors); });
}
