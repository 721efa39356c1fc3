#include <string>

#include "fuzz_target.hpp"
#include "weightloom/zoo/query.hpp"
#include "weightloom/zoo/record.hpp"

using namespace weightloom;

namespace {

ZooRecord record() {
  ZooRecord out;
  out.id = "0123456789abcdef";
  out.name = "mnist/cnn/3";
  out.architecture = "cnn";
  out.dataset = "mnist";
  out.split = "train";
  out.config = {{"depth", 3}, {"width", {8, 12}}};
  out.metrics = {{"test_accuracy", 0.97}, {"top 5", 1}};
  out.tags = {"checked", "a b"};
  out.created = "2024-02-29T12:00:00Z";
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto known = record();
  // The first line is the query, what follows it the key to sort by.
  const auto text = fuzz::text_of(data, size);
  const auto line = text.find('\n');
  const auto sort = line == std::string_view::npos ? std::string() : std::string(text.substr(line + 1));
  return fuzz::expect_read_or_refused([&] { matches(parse_query(text.substr(0, line), sort), known); },
                                      ErrorCode::kUsage);
}
