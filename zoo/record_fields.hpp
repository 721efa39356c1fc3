#pragma once
// Members of stored records that rows do not hold, read without the rest of the record. Private to the module.

#include <optional>
#include <string_view>
#include <vector>

#include "weightloom/zoo/record.hpp"

namespace weightloom {

// Views of the bytes or the record that they are of.
struct RecordFields {
  std::string_view id, notes;
  std::vector<std::string_view> tensors;  // their names
};

// Of what encode_record() makes (CBOR, RFC 8949); nothing for bytes of any other form.
std::optional<RecordFields> record_fields(std::string_view bytes);
RecordFields record_fields(const ZooRecord& record);

}  // namespace weightloom
