#include "weightloom/formats/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "npy_array.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxRank = 32, kPrefix = 12;
using npy::kMaxHeader;

struct Descriptor {
  std::string_view text;
  DType dtype;
};
constexpr std::array<Descriptor, 13> kDescriptors{{{"|b1", DType::kBool},
                                                   {"|u1", DType::kU8},
                                                   {"|i1", DType::kI8},
                                                   {"<i2", DType::kI16},
                                                   {"<i4", DType::kI32},
                                                   {"<i8", DType::kI64},
                                                   {"<u2", DType::kU16},
                                                   {"<u4", DType::kU32},
                                                   {"<u8", DType::kU64},
                                                   {"<f2", DType::kF16},
                                                   {"<f4", DType::kF32},
                                                   {"<f8", DType::kF64},
                                                   {"<c8", DType::kC64}}};

Error refusal(const std::string& path, const char* id, std::string why, std::uint64_t offset,
              std::string hint = "save the array again with numpy.save") {
  return Error(ErrorCode::kRefused, std::string("npy.") + id, "refusing to read '" + path + "'", std::move(why),
               std::move(hint))
      .at(path, offset);
}

struct Header {
  std::string descr;
  std::optional<bool> fortran_order;
  std::optional<Shape> shape;
};

// The one shape of Python dict literal that NumPy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::uint64_t offset, const std::string& path)
      : text_(text), offset_(offset), path_(path) {}

  Header parse() {
    Header header;
    std::set<std::string> seen;
    expect('{');
    while (!accept('}')) {
      const auto key = quoted();
      if (!seen.insert(key).second) fail("the key '" + key + "' appears twice");
      expect(':');
      if (key == "descr")
        header.descr = quoted();
      else if (key == "fortran_order")
        header.fortran_order = boolean();
      else if (key == "shape")
        header.shape = shape();
      else
        fail("unknown key '" + key + "'");
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("text after the header");
    if (seen.size() != 3) fail("descr, fortran_order and shape are all required");
    return header;
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw refusal(path_, "bad_header", "bad header: " + why, offset_ + at_);
  }
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }
  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(std::string("expected '") + c + "'");
  }
  bool accept_word(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  std::string quoted() {
    skip_space();
    if (at_ == text_.size() || (text_[at_] != '\'' && text_[at_] != '"'))
      fail("expected a string (structured arrays are not read)");
    const char quote = text_[at_++];
    const auto end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("unterminated string");
    const std::string value(text_.substr(at_, end - at_));
    at_ = end + 1;
    return value;
  }
  bool boolean() {
    if (accept_word("True")) return true;
    if (!accept_word("False")) fail("expected True or False");
    return false;
  }
  Shape shape() {
    Shape dims;
    expect('(');
    while (!accept(')')) {
      skip_space();
      std::int64_t dim = 0;
      const auto [end, error] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), dim);
      if (error != std::errc() || dim < 0) fail("expected a dimension");
      at_ = static_cast<std::size_t>(end - text_.data());
      if (dims.size() == kMaxRank) fail("more than 32 dimensions");
      dims.push_back(dim);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return dims;
  }

  std::string_view text_;
  std::uint64_t offset_;
  const std::string& path_;
  std::size_t at_ = 0;
};

DType dtype_of(const Header& header, bool& big_endian, const std::string& path) {
  std::string descr = header.descr;
  big_endian = descr.starts_with('>');
  if (big_endian) descr[0] = '<';
  for (const auto& known : kDescriptors)
    if (known.text == descr) return known.dtype;
  throw refusal(path, "unknown_dtype", "the dtype '" + header.descr + "' is not read", 10,
                "convert the array first, for example with .astype('float32')");
}

void swap_bytes(HostTensor& tensor) {
  const auto width = tensor.dtype == DType::kC64 ? 4 : dtype_bytes(tensor.dtype);
  for (auto at = tensor.bytes.begin(); at != tensor.bytes.end(); at += static_cast<std::ptrdiff_t>(width))
    std::reverse(at, at + static_cast<std::ptrdiff_t>(width));
}

void to_c_order(HostTensor& tensor) {
  const auto width = dtype_bytes(tensor.dtype);
  std::vector<std::byte> out(tensor.bytes.size());
  std::vector<std::size_t> index(tensor.shape.size(), 0);
  for (std::size_t source = 0; source < tensor.bytes.size(); source += width) {
    std::size_t target = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis)
      target = target * static_cast<std::size_t>(tensor.shape[axis]) + index[axis];
    std::copy_n(tensor.bytes.begin() + static_cast<std::ptrdiff_t>(source), width,
                out.begin() + static_cast<std::ptrdiff_t>(target * width));
    for (std::size_t axis = 0; axis < index.size() && ++index[axis] == static_cast<std::size_t>(tensor.shape[axis]);
         ++axis)
      index[axis] = 0;
  }
  tensor.bytes = std::move(out);
}

}  // namespace

namespace npy {

ArrayHeader parse_header(std::span<const std::byte> beginning, std::uint64_t size, const std::string& path) {
  const std::string_view text(reinterpret_cast<const char*>(beginning.data()), beginning.size());
  const auto byte_at = [&](std::size_t at) { return std::to_integer<std::size_t>(beginning[at]); };
  if (beginning.size() < kPrefix) throw refusal(path, "too_small", "the array is too small to hold a header", 0);
  if (!text.starts_with(kMagic)) throw refusal(path, "bad_magic", "it does not begin as NumPy arrays do", 0);
  const auto version = byte_at(6);
  if (version < 1 || version > 3) throw refusal(path, "bad_version", "unknown version " + std::to_string(version), 6);
  const std::size_t header_start = version == 1 ? 10 : 12;
  std::size_t length = byte_at(8) | byte_at(9) << 8;
  if (version > 1) length |= byte_at(10) << 16 | byte_at(11) << 24;
  if (length > kMaxHeader || header_start + length > beginning.size())
    throw refusal(path, "header_too_large", "the header claims " + std::to_string(length) + " bytes", 8);
  const auto header = HeaderParser(text.substr(header_start, length), header_start, path).parse();

  ArrayHeader array{.shape = *header.shape, .fortran_order = *header.fortran_order};
  array.data_start = header_start + length;
  array.dtype = dtype_of(header, array.big_endian, path);
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(element_count(array.shape)), dtype_bytes(array.dtype),
                             &bytes) ||
      bytes != size - array.data_start)
    throw refusal(path, "bytes_mismatch",
                  "shape " + to_string(array.shape) + " of " + header.descr + " does not match " +
                      std::to_string(size - array.data_start) + " bytes of data",
                  array.data_start);
  return array;
}

HostTensor tensor_of(const ArrayHeader& header, std::vector<std::byte> data) {
  HostTensor tensor{header.dtype, header.shape, std::move(data)};
  if (header.big_endian) swap_bytes(tensor);
  if (header.fortran_order) to_c_order(tensor);
  return tensor;
}

std::optional<std::string> header_text(DType dtype, const Shape& shape) {
  const auto known = std::ranges::find(kDescriptors, dtype, &Descriptor::dtype);
  if (known == kDescriptors.end()) return std::nullopt;
  std::string header = "{'descr': '" + std::string(known->text) + "', 'fortran_order': False, 'shape': (";
  for (const auto dim : shape) header += std::to_string(dim) + ", ";
  header += "), }";
  if (shape.size() != 1 && !shape.empty()) header.replace(header.rfind(", )"), 3, ")");
  constexpr std::size_t kStart = 10;
  const auto padded = (kStart + header.size() + 1 + 63) / 64 * 64 - kStart;
  header.resize(padded - 1, ' ');
  const char prefix[] = {1, 0, static_cast<char>(padded & 0xFF), static_cast<char>(padded >> 8)};
  return std::string(kMagic) + std::string(prefix, sizeof prefix) + header + '\n';
}

}  // namespace npy

HostTensor read_npy(const std::filesystem::path& path) {
  const FileReader file(path);
  std::vector<std::byte> bytes(std::min<std::uint64_t>(file.size(), npy::kLongestBeginning));
  file.read(0, bytes);
  const auto header = npy::parse_header(bytes, file.size(), path.string());
  bytes.resize(file.size() - header.data_start);
  file.read(header.data_start, bytes);
  return npy::tensor_of(header, std::move(bytes));
}

void write_npy(const std::filesystem::path& path, const HostTensor& tensor) {
  const auto header = npy::header_text(tensor.dtype, tensor.shape);
  if (!header)
    throw Error(ErrorCode::kUsage, "npy.unsupported_dtype", "cannot write '" + path.string() + "'",
                "NumPy has no dtype for " + std::string(dtype_name(tensor.dtype)));
  AtomicFile file(path);
  file.write(*header);
  file.write(tensor.bytes.data(), tensor.bytes.size());
  file.commit();
}

}  // namespace weightloom
