#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "fuzz_target.hpp"
#include "weightloom/data/dataset.hpp"
#include "weightloom/language/card.hpp"

using namespace weightloom;

namespace {

// A folder that goes away with the process.
class CardFolder {
 public:
  CardFolder() : path_(std::filesystem::temp_directory_path() / ("card_fuzz." + std::to_string(::getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~CardFolder() { std::filesystem::remove_all(path_); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace

// A file card.toml of a data set with two classes, a card as JSON, and the text of a data set with its list of classes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const CardFolder folder;
  const std::string text(fuzz::text_of(data, size));
  { std::ofstream(folder.path() / "card.toml", std::ios::binary) << text; }
  fuzz::expect_read_or_refused(
      [&] {
        if (card_of(folder.path().string(), {"cat", "dog"}).aliases.size() > 2) std::abort();
      },
      ErrorCode::kUsage);
  if (const auto json = try_parse_json(text))
    fuzz::expect_read_or_refused([&] { to_json(card_from_json(*json, "a data set")); });
  return fuzz::expect_read_or_refused(
      [&] {
        const auto spec = DataSpec::parse(text);
        if (DataSpec::parse(spec.text()).text() != spec.text()) std::abort();
      },
      ErrorCode::kUsage);
}
