// Records as files and the store hold them: JSON and CBOR. What is read is written, and read again equal.

#include <cstdlib>
#include <string>

#include "fuzz_target.hpp"
#include "record_fields.hpp"
#include "weightloom/zoo/record.hpp"

using namespace weightloom;

namespace {

std::string text_of(const Json& record) {
  return record.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void check(const Json& json) {
  const auto record = to_json(record_from_json(json));
  if (text_of(to_json(record_from_json(record))) != text_of(record)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = fuzz::text_of(data, size);
  record_fields(text);
  fuzz::expect_read_or_refused([&] { check(parse_json(text, "the input")); });
  return fuzz::expect_read_or_refused([&] { check(parse_cbor(text, "the input")); });
}
