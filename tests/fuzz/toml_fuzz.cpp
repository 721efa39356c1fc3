#include "fuzz_target.hpp"
#include "weightloom/base/config.hpp"

using namespace weightloom;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  fuzz::expect_read_or_refused([&] { parse_toml(text); }, ErrorCode::kUsage);
  return fuzz::expect_read_or_refused(
      [&] {
        Json settings = Json::object();
        set_from_text(settings, text);
      },
      ErrorCode::kUsage);
}
