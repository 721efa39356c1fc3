// Checkpoints as torch.save() writes them: the opcodes of protocol 2 that its weights-only loader knows, in a zip
// archive (caffe2/serialize/inline_container.cc).

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "weightloom/base/error.hpp"
#include "weightloom/formats/pytorch.hpp"
#include "zip_writer.hpp"

namespace weightloom {
namespace {

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
  zip.add(folder + "data.pkl", pickled);
  zip.add(folder + "byteorder", "little");
  key = 0;
  for (const auto& [name, tensor] : tensors) zip.add(folder + "data/" + std::to_string(key++), {}, tensor.bytes);
  zip.add(folder + "version", "3\n");
  zip.commit();
}

}  // namespace weightloom
