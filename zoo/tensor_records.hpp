#pragma once
// The identity of weights: tensors by the hash of their bytes, networks by the hash of their tensors. Private to the
// module.

#include <string>
#include <vector>

#include "weightloom/zoo/record.hpp"

namespace weightloom {

// Throws kUsage "zoo.bad_tensor".
void expect_tensor_name(const std::string& name);

TensorRecord describe_tensor(const std::string& name, const HostTensor& tensor);
// ZooRecord::weights_hash of these tensors.
std::string hash_of_tensors(const std::vector<TensorRecord>& tensors);

}  // namespace weightloom
