// Checkpoints as torch.save() writes them: the opcodes of protocol 2 that its weights-only loader knows, in a zip
// archive of stored entries that begin at multiples of 64 (caffe2/serialize/inline_container.cc).

#include <zlib.h>

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/base/file.hpp"
#include "weightloom/formats/pytorch.hpp"

namespace weightloom {
namespace {

constexpr std::uint64_t kAlignment = 64;
constexpr std::uint16_t kZip64 = 1, kPadding = 0x4246;  // extra fields; "FB" is PyTorch's own

template <class T>
std::string raw(T value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

const char* storage_type(DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return "FloatStorage";
    case DType::kF64:
      return "DoubleStorage";
    case DType::kF16:
      return "HalfStorage";
    case DType::kBF16:
      return "BFloat16Storage";
    case DType::kI64:
      return "LongStorage";
    case DType::kI32:
      return "IntStorage";
    case DType::kI16:
      return "ShortStorage";
    case DType::kI8:
      return "CharStorage";
    case DType::kU8:
      return "ByteStorage";
    case DType::kBool:
      return "BoolStorage";
    case DType::kC64:
      return "ComplexFloatStorage";
    default:
      return nullptr;
  }
}

class Pickler {
 public:
  Pickler() : out_("\x80\x02") {
    empty_dict();
    out_ += '(';
  }

  void add(const std::string& name, const std::string& key, const HostTensor& tensor) {
    text(name);
    global("torch._utils", "_rebuild_tensor_v2");
    out_ += "((";
    text("storage");
    global("torch", storage_type(tensor.dtype));
    text(key);
    text("cpu");
    integer(element_count(tensor.shape));
    out_ += "tQ";
    integer(0);
    std::vector<std::int64_t> strides(tensor.shape.size(), 1);
    for (std::size_t d = strides.size(); d-- > 1;)
      strides[d - 1] = strides[d] * std::max<std::int64_t>(1, tensor.shape[d]);
    tuple(tensor.shape);
    tuple(strides);
    out_ += '\x89';
    empty_dict();
    out_ += "tR";
  }

  std::string take() { return std::move(out_) + "u."; }

 private:
  void text(std::string_view value) {
    (out_ += 'X') += raw(static_cast<std::uint32_t>(value.size())) + std::string(value);
  }
  void global(const char* module, const char* name) { out_ += std::string("c") + module + '\n' + name + '\n'; }
  void empty_dict() {
    global("collections", "OrderedDict");
    out_ += ")R";
  }
  void integer(std::int64_t value) {
    if (value <= INT32_MAX)
      (out_ += 'J') += raw(static_cast<std::int32_t>(value));
    else
      (out_ += "\x8a\x08") += raw(value);
  }
  void tuple(const std::vector<std::int64_t>& values) {
    out_ += '(';
    for (const auto value : values) integer(value);
    out_ += 't';
  }

  std::string out_;
};

class ZipWriter {
 public:
  explicit ZipWriter(const std::filesystem::path& path) : file_(path) {}

  void add(const std::string& name, std::span<const std::byte> bytes) {
    const auto crc =
        static_cast<std::uint32_t>(::crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
    const auto offset = at_;
    const auto begins = offset + 30 + name.size();
    // Sizes beyond 32 bits stand in an extra field, and so does what fills up to the alignment.
    const std::string sizes =
        bytes.size() >= UINT32_MAX ? raw(std::uint64_t{bytes.size()}) + raw(std::uint64_t{bytes.size()}) : "";
    const auto wide = sizes.empty() ? std::string() : field(kZip64, sizes);
    const auto gap = (kAlignment - (begins + wide.size() + 4) % kAlignment) % kAlignment;
    const auto extra = wide + field(kPadding, std::string(gap, 'Z'));
    write("PK\x03\x04" + head(crc, bytes.size()) + raw(static_cast<std::uint16_t>(name.size())) +
          raw(static_cast<std::uint16_t>(extra.size())) + name + extra);
    file_.write(bytes.data(), bytes.size());
    at_ += bytes.size();
    const auto beyond = sizes + (offset >= UINT32_MAX ? raw(offset) : "");
    const auto central = beyond.empty() ? std::string() : field(kZip64, beyond);
    directory_ += "PK\x01\x02" + raw<std::uint16_t>(45) + head(crc, bytes.size()) +
                  raw(static_cast<std::uint16_t>(name.size())) + raw(static_cast<std::uint16_t>(central.size())) +
                  std::string(10, '\0') + raw(narrow(offset)) + name + central;
    ++entries_;
  }

  void finish() {
    const auto begin = at_;
    write(directory_);
    if (begin >= UINT32_MAX || entries_ >= UINT16_MAX) {
      const auto end = at_;
      write("PK\x06\x06" + raw(std::uint64_t{44}) + raw<std::uint16_t>(45) + raw<std::uint16_t>(45) +
            std::string(8, '\0') + raw(entries_) + raw(entries_) + raw(std::uint64_t{directory_.size()}) + raw(begin));
      write("PK\x06\x07" + std::string(4, '\0') + raw(end) + raw(std::uint32_t{1}));
    }
    const auto count = static_cast<std::uint16_t>(std::min<std::uint64_t>(entries_, UINT16_MAX));
    write("PK\x05\x06" + std::string(4, '\0') + raw(count) + raw(count) + raw(narrow(directory_.size())) +
          raw(narrow(begin)) + std::string(2, '\0'));
    file_.commit();
  }

 private:
  static std::uint32_t narrow(std::uint64_t value) {
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(value, UINT32_MAX));
  }
  static std::string field(std::uint16_t id, const std::string& value) {
    return raw(id) + raw(static_cast<std::uint16_t>(value.size())) + value;
  }
  // What the two headers of an entry share: version, flags (names are UTF-8), method (stored), time, checksum, sizes.
  static std::string head(std::uint32_t crc, std::uint64_t size) {
    return raw<std::uint16_t>(45) + raw<std::uint16_t>(0x800) + std::string(6, '\0') + raw(crc) + raw(narrow(size)) +
           raw(narrow(size));
  }
  void write(const std::string& text) {
    file_.write(text);
    at_ += text.size();
  }

  AtomicFile file_;
  std::string directory_;
  std::uint64_t at_ = 0, entries_ = 0;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

}  // namespace

void write_pytorch(const std::filesystem::path& path, const TensorMap& tensors) {
  Pickler pickler;
  std::uint64_t key = 0;
  for (const auto& [name, tensor] : tensors) {
    const auto fail = [&, &name = name](const char* id, const std::string& why) {
      throw Error(ErrorCode::kUsage, id, "cannot write tensor '" + name + "' for PyTorch", why);
    };
    if (!storage_type(tensor.dtype))
      fail("pt.unsupported_dtype", "PyTorch has no storage of type " + std::string(dtype_name(tensor.dtype)));
    if (tensor.bytes.size() != byte_count(tensor.dtype, tensor.shape))
      fail("pt.bad_tensor", "its bytes do not fill the shape " + to_string(tensor.shape));
    pickler.add(name, std::to_string(key++), tensor);
  }
  const std::string folder = "archive/";
  ZipWriter zip(path);
  const auto pickled = pickler.take();
  zip.add(folder + "data.pkl", bytes_of(pickled));
  zip.add(folder + "byteorder", bytes_of("little"));
  key = 0;
  for (const auto& [name, tensor] : tensors) zip.add(folder + "data/" + std::to_string(key++), tensor.bytes);
  zip.add(folder + "version", bytes_of("3\n"));
  zip.finish();
}

}  // namespace weightloom
