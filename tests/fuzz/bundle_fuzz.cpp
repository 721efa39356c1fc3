// Bundles of networks: the file itself, and the description in one whose hashes are right. A dry run reads everything.

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "fuzz_target.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/zoo/bundle.hpp"

using namespace weightloom;

namespace {
namespace fs = std::filesystem;

// An empty zoo that is only read.
class EmptyZoo {
 public:
  EmptyZoo() {
    std::string pattern = (fs::temp_directory_path() / "weightloom-fuzz.XXXXXX").string();
    if (!::mkdtemp(pattern.data())) std::abort();
    folder_ = pattern;
    { const auto made = Zoo::create(folder_ / "zoo"); }
    zoo_ = std::make_unique<Zoo>(Zoo::open(folder_ / "zoo", Zoo::Access::kRead));
  }
  ~EmptyZoo() {
    zoo_.reset();
    fs::remove_all(folder_);
  }
  EmptyZoo(const EmptyZoo&) = delete;
  EmptyZoo& operator=(const EmptyZoo&) = delete;

  Zoo& zoo() { return *zoo_; }

 private:
  fs::path folder_;
  std::unique_ptr<Zoo> zoo_;
};

// As write_bundle() makes it, with the objects and token streams of the seeds.
std::string bundle_of(std::string_view description) {
  const std::string object(16, '\1'), tokens = "tokens";
  const auto id = to_hex(sha256(object));
  Json header;
  header["__metadata__"] = {{"weightloom.bundle", std::string(description)},
                            {"weightloom.bundle.sha256", to_hex(sha256(description))}};
  header[id] = {{"dtype", "U8"}, {"shape", {object.size()}}, {"data_offsets", {0, object.size()}}};
  header[std::string(32, 'a') + "." + std::string(64, 'b')] = {
      {"dtype", "U8"}, {"shape", {tokens.size()}}, {"data_offsets", {object.size(), object.size() + tokens.size()}}};
  const auto text = header.dump(-1, ' ', false, Json::error_handler_t::replace);
  const std::uint64_t length = text.size();
  return std::string(reinterpret_cast<const char*>(&length), sizeof length) + text + object + tokens;
}

void take_in(Zoo& zoo, const std::string& bundle) {
  const auto file = fuzz::memory_file(reinterpret_cast<const std::uint8_t*>(bundle.data()), bundle.size());
  fuzz::expect_read_or_refused([&] { merge_bundle(zoo, file, {.dry_run = true}); });
}

Zoo& empty_zoo() {
  static EmptyZoo empty;
  return empty.zoo();
}

}  // namespace

// Making the zoo takes longer than an input may where much else runs.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  empty_zoo();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  take_in(empty_zoo(), std::string(text));
  take_in(empty_zoo(), bundle_of(text));
  return 0;
}
