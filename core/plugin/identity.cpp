#include "weightloom/plugin/identity.hpp"

#include <cstring>

#include "elf_section.hpp"
#include "identity_checks.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/sdk/abi.h"

namespace weightloom {
namespace {

constexpr const char* kRebuild = "rebuild it with weightloom_add_plugin()";

std::string abi_text(int major, int minor) {
  return std::to_string(major) + "." + std::to_string(minor);
}

template <std::size_t size>
std::string terminated(const char (&field)[size], const char* what, Mismatches& mismatches) {
  const auto length = ::strnlen(field, size);
  if (length == size) mismatches.add(std::string(what) + " is not terminated", kRebuild);
  std::string text(field, length);
  check_text(what, text, mismatches);
  return text;
}

wl_identity_v1 identity_record(const std::filesystem::path& path, Mismatches& mismatches) {
  wl_identity_v1 record{};
  try {
    const auto section = read_elf_section(FileReader(path), WL_IDENTITY_SECTION, 4096);
    if (!section)
      mismatches.add("it has no identity record, so it is not a Weightloom plugin", kRebuild);
    else if (section->size() < sizeof record)
      mismatches.add("its identity record is too short", kRebuild);
    else
      std::memcpy(&record, section->data(), sizeof record);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kRefused) throw;
    mismatches.add(error.why(), kRebuild);
  }
  return record;
}

bool is_name(std::string_view text) {
  const auto is_lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !text.empty() && is_lower(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return is_lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

}  // namespace

// By hand: every process of a plugin asks, and would compile a regular expression first.
bool is_plugin_id(std::string_view id) {
  std::size_t names = 0;
  for (std::size_t at = 0; at <= id.size(); ++names) {
    const auto end = std::min(id.find('.', at), id.size());
    if (!is_name(id.substr(at, end - at))) return false;
    at = end + 1;
  }
  return names > 1;
}

void check_abi(int major, int minor, Mismatches& mismatches) {
  if (major == WL_ABI_MAJOR && minor <= WL_ABI_MINOR) return;
  const auto host = abi_text(WL_ABI_MAJOR, WL_ABI_MINOR);
  mismatches.add("it needs plugin ABI " + abi_text(major, minor) + ", this host offers " + host,
                 "update weightloom or rebuild the plugin against SDK " + host);
}

void check_id(std::string_view id, Mismatches& mismatches) {
  if (id.empty() || is_plugin_id(id)) return;
  mismatches.add("id '" + printable(id) + "' is not of the form org.example.name", kRebuild);
}

void check_text(const char* what, std::string_view text, Mismatches& mismatches) {
  if (text.find_first_not_of(' ') == text.npos) mismatches.add(std::string(what) + " is empty", kRebuild);
  if (!is_printable(text)) mismatches.add(std::string(what) + " is not plain UTF-8 text", kRebuild);
}

PluginIdentity read_plugin_identity(const std::filesystem::path& path) {
  PluginIdentity identity;
  identity.path = std::filesystem::weakly_canonical(std::filesystem::absolute(path));
  Mismatches mismatches;
  const auto record = identity_record(identity.path, mismatches);
  mismatches.throw_if_any(identity.path);

  if (std::memcmp(record.magic, WL_IDENTITY_MAGIC, sizeof record.magic) != 0)
    mismatches.add("its identity record has the wrong magic '" + printable({record.magic, sizeof record.magic}) + "'",
                   kRebuild);
  identity.abi_major = record.abi_major;
  identity.abi_minor = record.abi_minor;
  check_abi(identity.abi_major, identity.abi_minor, mismatches);
  identity.id = terminated(record.id, "id", mismatches);
  check_id(identity.id, mismatches);
  identity.name = terminated(record.name, "name", mismatches);
  identity.version = terminated(record.version, "version", mismatches);
  identity.license = terminated(record.license, "license", mismatches);
  identity.summary = terminated(record.summary, "summary", mismatches);
  mismatches.throw_if_any(identity.path);
  return identity;
}

}  // namespace weightloom
