#include "dynamic_symbols.hpp"

#include <elf.h>

#include <cstring>

#include "elf_section.hpp"

namespace weightloom {
namespace {

constexpr std::uint64_t kMostTableBytes = 64u << 20;

std::string table(const FileReader& file, std::string_view section) {
  return read_elf_section(file, section, kMostTableBytes).value_or("");
}

std::string name_at(const std::string& names, std::uint64_t offset) {
  return offset < names.size() ? std::string(names.c_str() + offset) : std::string();
}

template <class Entry, class Visit>
void for_each(const std::string& bytes, Visit visit) {
  for (std::size_t at = 0; at + sizeof(Entry) <= bytes.size(); at += sizeof(Entry)) {
    Entry entry;
    std::memcpy(&entry, bytes.data() + at, sizeof entry);
    visit(entry);
  }
}

}  // namespace

std::vector<std::string> exported_symbols(const FileReader& file) {
  const auto names = table(file, ".dynstr");
  std::vector<std::string> result;
  for_each<Elf64_Sym>(table(file, ".dynsym"), [&](const Elf64_Sym& symbol) {
    const bool local = ELF64_ST_BIND(symbol.st_info) == STB_LOCAL;
    if (!local && symbol.st_shndx != SHN_UNDEF) result.push_back(name_at(names, symbol.st_name));
  });
  return result;
}

std::vector<std::string> needed_libraries(const FileReader& file) {
  const auto names = table(file, ".dynstr");
  std::vector<std::string> result;
  for_each<Elf64_Dyn>(table(file, ".dynamic"), [&](const Elf64_Dyn& entry) {
    if (entry.d_tag == DT_NEEDED) result.push_back(name_at(names, entry.d_un.d_val));
  });
  return result;
}

}  // namespace weightloom
