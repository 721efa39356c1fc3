#pragma once
// Pickles of PyTorch checkpoints, read without ever calling anything: what a pickle names is one of a few known things,
// or the pickle is refused (CPython's pickletools; torch/_weights_only_unpickler.py names the same things). Private to
// the module.

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom::pickle {

// What a GLOBAL may name.
enum class Global : std::uint8_t {
  kOrderedDict,
  kSize,
  kDevice,
  kDType,
  kStorage,         // of a dtype
  kUntypedStorage,  // of bytes
  kParameter,
  kRebuildTensor,
  kRebuildTensorV2,
  kRebuildTensorV3,
  kRebuildParameter
};

// A view of a storage, in elements.
struct View {
  std::string storage;                              // key of the storage
  std::int64_t numel = 0;                           // of the storage
  std::int64_t offset = 0;                          // where the view begins
  DType stored = DType::kF32, dtype = DType::kF32;  // an untyped storage's elements are bytes
  Shape shape, strides;
};

struct Value {
  enum class Kind : std::uint8_t {
    kNone,
    kBool,
    kInteger,
    kBigInteger,  // `text`: its bytes, little-endian
    kNumber,
    kText,
    kTuple,
    kList,
    kDict,  // `items`: key, value, key, value, ...
    kGlobal,
    kStorage,  // `view.storage`, `view.numel`, `view.stored`
    kTensor,   // `view`
    kOther     // a device, a set: nothing that weights are made of
  };
  Kind kind = Kind::kNone;
  std::int64_t integer = 0;
  std::string text;
  std::vector<const Value*> items;
  Global global = Global::kOrderedDict;
  std::optional<DType> dtype;  // of kGlobal
  View view;
};

// One pickle, and what it holds. Values live as long as it does, and may refer to each other in circles.
class Pickle {
 public:
  // Reads the pickle that `bytes` begin with; size() says where it ends. `path` and `offset` (of the bytes in the file)
  // are for messages. Throws kRefused "pt.<case>" (global_refused, call_refused, opcode_refused, damaged,
  // limit_exceeded).
  Pickle(std::string_view bytes, const std::string& path, std::uint64_t offset);

  const Value& root() const { return *root_; }
  std::size_t size() const { return size_; }
  // All that were made on the way.
  const std::deque<Value>& values() const { return values_; }

 private:
  friend class Machine;
  std::deque<Value> values_;
  const Value* root_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace weightloom::pickle
