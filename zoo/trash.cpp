#include "trash.hpp"

#include <cstring>

#include "weightloom/base/error.hpp"
#include "zoo_impl.hpp"

namespace weightloom {
namespace {

static_assert(sizeof(TrashHead) == 24);

Error damaged_entry(const std::string& why) {
  return Error(ErrorCode::kDamaged, "zoo.trash", "cannot read a removed network", why, "run `weightloom zoo verify`");
}

}  // namespace

std::string encode(const TrashEntry& entry) {
  std::string value(sizeof entry.head, '\0');
  std::memcpy(value.data(), &entry.head, sizeof entry.head);
  std::string rest;
  Json::to_cbor({{"aliases", entry.aliases}, {"record", encode_record(entry.record)}}, rest);
  return value + rest;
}

TrashHead decode_trash_head(std::string_view value) {
  TrashHead head;
  if (value.size() < sizeof head) throw damaged_entry("it is too short");
  std::memcpy(&head, value.data(), sizeof head);
  return head;
}

TrashEntry decode_trash(std::string_view value) {
  TrashEntry entry;
  entry.head = decode_trash_head(value);
  try {
    const auto json = parse_cbor(value.substr(sizeof entry.head), "a removed network");
    for (const auto& alias : json.at("aliases")) entry.aliases.push_back(alias);
    entry.record = decode_record(json.at("record").get<std::string>());
    return entry;
  } catch (const std::exception& error) {
    throw damaged_entry(error.what());
  }
}

}  // namespace weightloom
