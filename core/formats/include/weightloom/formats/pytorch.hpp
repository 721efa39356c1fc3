#pragma once
// PyTorch checkpoints (.pt, .pth, .bin), read as hostile input: nothing in them is ever called. No LibTorch.

#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"

namespace weightloom {

struct PytorchFile {
  TensorMap tensors;                  // contiguous, whatever strides they had
  std::vector<std::string> warnings;  // which part of the file was taken, and what was left out
};

// Reads zip archives (since PyTorch 1.6) and what was written before. The weights are the state dict that the file is,
// or that it holds under a usual name ("state_dict", "model", ...); nested dictionaries become names with dots. Throws
// what FileReader does, and kRefused "zip.<case>" and "pt.<case>" (global_refused, call_refused, opcode_refused,
// damaged, bad_tensor, bad_name, no_state_dict, torchscript, big_endian, changed, limit_exceeded) with path and offset.
PytorchFile read_pytorch(const std::filesystem::path& path);

// Writes a state dict as torch.save() does, which torch.load() reads with weights only: contiguous tensors, a storage
// for each. Throws write_error() (base/file.hpp), and before it writes anything kUsage "pt.unsupported_dtype" for a
// type that PyTorch storages lack, and "pt.bad_tensor" for bytes that do not fill a shape.
void write_pytorch(const std::filesystem::path& path, const TensorMap& tensors);

}  // namespace weightloom
