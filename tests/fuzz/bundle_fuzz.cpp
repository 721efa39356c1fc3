// Bundles of networks: the file itself, and the description in one whose hashes are right. A dry run reads everything.

#include <string>
#include <string_view>

#include "fuzz_target.hpp"
#include "support/temporary_folder.hpp"
#include "weightloom/base/hash.hpp"
#include "weightloom/base/json.hpp"
#include "weightloom/zoo/bundle.hpp"

using namespace weightloom;

namespace {

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

// Only read. Made once; its folder goes with the process.
Zoo& empty_zoo() {
  static const test::TemporaryFolder folder;
  static const auto made = Zoo::create(folder / "zoo").directory();
  static Zoo zoo = Zoo::open(made, Zoo::Access::kRead);
  return zoo;
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
