#include "elf_section.hpp"

#include <elf.h>

#include <cstring>
#include <span>

#include "weightloom/base/error.hpp"

namespace weightloom {
namespace {

constexpr std::uint64_t kMostSections = 4096;
constexpr std::uint64_t kMostNameBytes = 1u << 20;

#if defined(__x86_64__)
constexpr std::uint16_t kMachine = EM_X86_64;
#elif defined(__aarch64__)
constexpr std::uint16_t kMachine = EM_AARCH64;
#else
#error "name the ELF machine of this processor here"
#endif

[[noreturn]] void refuse(const FileReader& file, const char* id, const std::string& why) {
  throw Error(ErrorCode::kRefused, id, "cannot read " + file.path().string(), why).at(file.path().string());
}

template <class T>
T read_struct(const FileReader& file, std::uint64_t offset) {
  T result;
  if (offset > file.size() || file.size() - offset < sizeof result)
    refuse(file, "elf.truncated", "a table leaves the file");
  file.read(offset, std::as_writable_bytes(std::span(&result, 1)));
  return result;
}

std::string read_bytes(const FileReader& file, const Elf64_Shdr& section, std::uint64_t limit) {
  if (section.sh_offset > file.size() || file.size() - section.sh_offset < section.sh_size)
    refuse(file, "elf.truncated", "a section leaves the file");
  if (section.sh_size > limit)
    refuse(file, "elf.section_too_large", "a section is larger than " + std::to_string(limit) + " bytes");
  std::string bytes(section.sh_size, '\0');
  file.read(section.sh_offset, std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

Elf64_Ehdr read_header(const FileReader& file) {
  if (file.size() < sizeof(Elf64_Ehdr)) refuse(file, "elf.not_elf", "it is not a shared object");
  const auto header = read_struct<Elf64_Ehdr>(file, 0);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) refuse(file, "elf.not_elf", "it is not a shared object");
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != kMachine)
    refuse(file, "elf.other_machine", "it was built for another kind of machine");
  if (header.e_type != ET_DYN) refuse(file, "elf.not_shared", "it is an ELF file, but not a shared object");
  if (header.e_shentsize != sizeof(Elf64_Shdr) || header.e_shnum > kMostSections || header.e_shstrndx >= header.e_shnum)
    refuse(file, "elf.malformed", "its section table is malformed");
  return header;
}

}  // namespace

std::optional<std::string> read_elf_section(const FileReader& file, std::string_view name, std::uint64_t limit) {
  const auto header = read_header(file);
  const auto section = [&](std::uint64_t index) {
    if (header.e_shoff > file.size()) refuse(file, "elf.truncated", "a table leaves the file");
    return read_struct<Elf64_Shdr>(file, header.e_shoff + index * sizeof(Elf64_Shdr));
  };
  const auto names = read_bytes(file, section(header.e_shstrndx), kMostNameBytes);
  for (std::uint64_t i = 0; i < header.e_shnum; ++i) {
    const auto candidate = section(i);
    if (candidate.sh_type == SHT_NOBITS || candidate.sh_name >= names.size()) continue;
    const auto rest = std::string_view(names).substr(candidate.sh_name);
    if (rest.substr(0, rest.find('\0')) == name) return read_bytes(file, candidate, limit);
  }
  return std::nullopt;
}

}  // namespace weightloom
