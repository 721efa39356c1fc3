#pragma once
// The command tree: every command's name, its one line of help and an example. Both executables know it, so that the
// front can list and complete what only the engine can run.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weightloom::cli {

// Which executable runs a command: `weightloom` itself, or `weightloom-engine`, the one that loads LibTorch.
enum class Host { kFront, kEngine };

struct CatalogueEntry {
  std::string_view name;     // "zoo list"; a group has an entry of its own: "zoo"
  Host host = Host::kFront;  // of no meaning for a group
  std::string_view summary;
  std::string_view example;  // a whole command line; empty for a group
  // An option with which the engine runs a command that is the front's otherwise; empty: there is none.
  std::string_view engine_option = {};
  // An option whose value names what is to be done: where `engine_part` is not among it, the front runs a command that
  // is the engine's otherwise; empty: there is none.
  std::string_view parts_option = {}, engine_part = {};
};

// In the order of the help page.
std::span<const CatalogueEntry> catalogue();

// Who runs an entry with these arguments.
Host host_of(const CatalogueEntry& entry, const std::vector<std::string>& arguments);

// The entry of exactly that name, null when there is none.
const CatalogueEntry* find_entry(std::string_view name);
bool is_group(std::string_view name);
// What can stand after `group` ("" for the first word): last words of names.
std::vector<std::string> words_after(std::string_view group);

}  // namespace weightloom::cli
