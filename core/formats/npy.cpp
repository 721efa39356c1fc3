#include "weightloom/formats/npy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"

namespace weightloom {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::size_t kMaxHeader = 10'000;  // NumPy's own cap
constexpr std::size_t kMaxRank = 32;

struct Descriptor {
  std::string_view text;
  DType dtype;
};
constexpr std::array<Descriptor, 10> kDescriptors{{{"|b1", DType::kBool},
                                                   {"|u1", DType::kU8},
                                                   {"|i1", DType::kI8},
                                                   {"<i2", DType::kI16},
                                                   {"<i4", DType::kI32},
                                                   {"<i8", DType::kI64},
                                                   {"<f2", DType::kF16},
                                                   {"<f4", DType::kF32},
                                                   {"<f8", DType::kF64},
                                                   {"<c8", DType::kC64}}};

Error refusal(const std::filesystem::path& path, const char* id, std::string why, std::uint64_t offset,
              std::string hint = "save the array again with numpy.save") {
  return Error(ErrorCode::kRefused, std::string("npy.") + id, "refusing to read '" + path.string() + "'",
               std::move(why), std::move(hint))
      .at(path.string(), offset);
}

struct Header {
  std::string descr;
  std::optional<bool> fortran_order;
  std::optional<Shape> shape;
};

// The one shape of Python dict literal that NumPy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }
class HeaderParser {
 public:
  HeaderParser(std::string_view text, std::uint64_t offset, const std::filesystem::path& path)
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
  const std::filesystem::path& path_;
  std::size_t at_ = 0;
};

DType dtype_of(const Header& header, bool& big_endian, const std::filesystem::path& path) {
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

HostTensor read_npy(const std::filesystem::path& path) {
  const FileReader file(path);
  std::array<unsigned char, 12> start{};
  if (file.size() < start.size()) throw refusal(path, "too_small", "the file is too small to hold a header", 0);
  file.read(0, std::as_writable_bytes(std::span(start)));
  if (std::string_view(reinterpret_cast<const char*>(start.data()), kMagic.size()) != kMagic)
    throw refusal(path, "bad_magic", "the file does not begin as NumPy arrays do", 0);
  const auto version = start[6];
  if (version < 1 || version > 3) throw refusal(path, "bad_version", "unknown version " + std::to_string(version), 6);
  const std::size_t header_start = version == 1 ? 10 : 12;
  std::size_t length = start[8] | start[9] << 8;
  if (version > 1) length |= static_cast<std::size_t>(start[10]) << 16 | static_cast<std::size_t>(start[11]) << 24;
  if (length > kMaxHeader || header_start + length > file.size())
    throw refusal(path, "header_too_large", "the header claims " + std::to_string(length) + " bytes", 8);
  std::string text(length, '\0');
  file.read(header_start, std::as_writable_bytes(std::span(text)));
  const auto header = HeaderParser(text, header_start, path).parse();

  bool big_endian = false;
  HostTensor tensor{dtype_of(header, big_endian, path), *header.shape, {}};
  const auto data = file.size() - header_start - length;
  std::uint64_t bytes = 0;
  if (__builtin_mul_overflow(static_cast<std::uint64_t>(element_count(tensor.shape)), dtype_bytes(tensor.dtype),
                             &bytes) ||
      bytes != data)
    throw refusal(path, "bytes_mismatch",
                  "shape " + to_string(tensor.shape) + " of " + header.descr + " does not match " +
                      std::to_string(data) + " bytes of data",
                  header_start + length);
  tensor.bytes.resize(bytes);
  file.read(header_start + length, tensor.bytes);
  if (big_endian) swap_bytes(tensor);
  if (*header.fortran_order) to_c_order(tensor);
  return tensor;
}

void write_npy(const std::filesystem::path& path, const HostTensor& tensor) {
  const auto known = std::find_if(kDescriptors.begin(), kDescriptors.end(),
                                  [&](const auto& descriptor) { return descriptor.dtype == tensor.dtype; });
  if (known == kDescriptors.end())
    throw Error(ErrorCode::kUsage, "npy.unsupported_dtype", "cannot write '" + path.string() + "'",
                "NumPy has no dtype for " + std::string(dtype_name(tensor.dtype)));
  std::string header = "{'descr': '" + std::string(known->text) + "', 'fortran_order': False, 'shape': (";
  for (const auto dim : tensor.shape) header += std::to_string(dim) + ", ";
  header += "), }";
  if (tensor.shape.size() != 1 && !tensor.shape.empty()) header.replace(header.rfind(", )"), 3, ")");
  const auto padded = (10 + header.size() + 1 + 63) / 64 * 64 - 10;
  header.resize(padded - 1, ' ');
  header += '\n';
  AtomicFile file(path);
  file.write(kMagic);
  const std::array<unsigned char, 4> prefix{1, 0, static_cast<unsigned char>(padded & 0xFF),
                                            static_cast<unsigned char>(padded >> 8)};
  file.write(prefix.data(), prefix.size());
  file.write(header);
  file.write(tensor.bytes.data(), tensor.bytes.size());
  file.commit();
}

}  // namespace weightloom
