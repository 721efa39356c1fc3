#pragma once
// What new tensors may be stored as the difference from. Private to the module.

#include <algorithm>
#include <map>
#include <string>

#include "object_store.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// Bytes of a number, as what is alike in neighbouring numbers stands.
inline std::size_t width_of(DType dtype) {
  const auto bytes = dtype_bits(dtype) / 8;
  return dtype == DType::kC64 ? bytes / 2 : std::max<std::size_t>(bytes, 1);
}

// The tensors of a network's parents, which it may differ little from.
class ParentTensors {
 public:
  void add(const ZooRecord& parent) {
    for (const auto& tensor : parent.tensors) tensors_.try_emplace(tensor.name, tensor);
  }
  ObjectBase base_of(const std::string& name, DType dtype, const Shape& shape) const {
    const auto found = tensors_.find(name);
    if (found == tensors_.end() || found->second.dtype != dtype || found->second.shape != shape) return {};
    return {found->second.object, width_of(dtype)};
  }

 private:
  std::map<std::string, TensorRecord> tensors_;
};

}  // namespace weightloom
