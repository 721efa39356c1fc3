#include "record_fields.hpp"

#include <catch2/catch.hpp>

#include "sample_networks.hpp"
#include "weightloom/base/random.hpp"

namespace weightloom {
namespace {

std::string stored(const ZooRecord& record) {
  std::string bytes;
  Json::to_cbor(to_json(record), bytes);
  return bytes;
}

// With values of every kind and width that a record may have.
ZooRecord full_record(std::size_t tensors) {
  auto record = test::record_named("a/b");
  record.id = std::string(32, 'a');
  record.notes = std::string(70'000, 'n') + "\xC3\xA9";
  record.config = {{"depth", -3}, {"widths", {1, 300, 70'000, 5'000'000'000}}, {"rate", 0.1}, {"norm", true}};
  record.recipe = {{"notes", "not these"}, {"tensors", {{{"name", "nor these"}}}}, {"nothing", nullptr}};
  record.metrics = {{"accuracy", 0.5}, {"whole", 2.0}};
  for (std::size_t i = 0; i < tensors; ++i)
    record.tensors.push_back({"block" + std::to_string(i) + ".weight", DType::kF32, {3, 70'000}, std::string(64, 'c')});
  return record;
}

}  // namespace

TEST_CASE("notes and names of tensors are read without the rest of the record", "[zoo]") {
  for (const std::size_t tensors : {0u, 1u, 23u, 24u, 300u}) {
    const auto record = full_record(tensors);
    const auto bytes = stored(record);
    const auto fields = record_fields(bytes);
    REQUIRE(fields);
    CHECK(fields->id == record.id);
    CHECK(fields->notes == record.notes);
    REQUIRE(fields->tensors.size() == tensors);
    for (std::size_t i = 0; i < tensors; ++i) CHECK(fields->tensors[i] == record.tensors[i].name);
  }
}

TEST_CASE("a record that is cut off has no fields, and one with other bytes does no harm", "[zoo]") {
  auto record = full_record(2);
  record.notes = "n";
  const auto bytes = stored(record);
  for (std::size_t size = 0; size < bytes.size(); ++size)
    CHECK(!record_fields(std::string_view(bytes).substr(0, size)));
  Random random(7);
  for (int i = 0; i < 20'000; ++i) {
    auto changed = bytes;
    changed[random.below(changed.size())] = static_cast<char>(random.next());
    record_fields(changed);
  }
  CHECK(!record_fields(std::string(100'000, '\x81')));  // arrays in arrays
}

}  // namespace weightloom
