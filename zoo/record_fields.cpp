#include "record_fields.hpp"

#include <cstdint>

#include "weightloom/base/json.hpp"

namespace weightloom {
namespace {

// RFC 8949, section 3.1. Numbers and simple values are heads alone.
enum class Major : std::uint8_t { kUnsigned, kNegative, kBytes, kText, kArray, kMap, kTag, kSimple };

// Reads items one after the other; throws Unusual for what encode_record() does not write.
class CborCursor {
 public:
  struct Unusual {};
  explicit CborCursor(std::string_view bytes) : rest_(bytes) {}

  // The number of entries.
  std::uint64_t map() { return expect(Major::kMap); }
  std::uint64_t array() { return expect(Major::kArray); }
  std::string_view text() { return take(expect(Major::kText)); }

  void skip(std::size_t nesting = 0) {
    if (nesting > kMostJsonNesting) throw Unusual();
    const auto [major, argument] = head();
    if (major == Major::kBytes || major == Major::kText) take(argument);
    const auto items = major == Major::kMap ? 2 : major == Major::kArray ? 1 : 0;
    if (items > 0 && argument > rest_.size()) throw Unusual();
    for (std::uint64_t left = items * argument; left > 0; --left) skip(nesting + 1);
    if (major == Major::kTag) throw Unusual();
  }

 private:
  struct Head {
    Major major;
    std::uint64_t argument;
  };

  Head head() {
    const auto first = static_cast<std::uint8_t>(take(1)[0]);
    const auto major = static_cast<Major>(first >> 5);
    const auto information = first & 31u;
    if (information < 24) return {major, information};
    if (information > 27) throw Unusual();
    std::uint64_t argument = 0;
    for (const char byte : take(std::uint64_t{1} << (information - 24)))
      argument = argument << 8 | static_cast<std::uint8_t>(byte);
    return {major, argument};
  }

  std::uint64_t expect(Major major) {
    const auto [found, argument] = head();
    if (found != major) throw Unusual();
    return argument;
  }

  std::string_view take(std::uint64_t size) {
    if (size > rest_.size()) throw Unusual();
    const auto taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
};

std::string_view name_of_tensor(CborCursor& cursor) {
  std::string_view name;
  for (auto members = cursor.map(); members > 0; --members) {
    if (cursor.text() == "name")
      name = cursor.text();
    else
      cursor.skip();
  }
  return name;
}

}  // namespace

std::optional<RecordFields> record_fields(std::string_view bytes) try {
  RecordFields fields;
  CborCursor cursor(bytes);
  for (auto members = cursor.map(); members > 0; --members) {
    const auto key = cursor.text();
    if (key == "id")
      fields.id = cursor.text();
    else if (key == "notes")
      fields.notes = cursor.text();
    else if (key == "tensors")
      for (auto tensors = cursor.array(); tensors > 0; --tensors) fields.tensors.push_back(name_of_tensor(cursor));
    else
      cursor.skip();
  }
  return fields;
} catch (const CborCursor::Unusual&) {
  return std::nullopt;
}

RecordFields record_fields(const ZooRecord& record) {
  RecordFields fields{record.id, record.notes, {}};
  for (const auto& tensor : record.tensors) fields.tensors.push_back(tensor.name);
  return fields;
}

}  // namespace weightloom
