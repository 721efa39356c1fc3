#pragma once
// Executes the declarative checkpoint dialects of a description in both directions. Normative text:
// docs/network_description.md, "Dialects". Values and dtypes never change; results own copies. Pure functions
// [any-thread]. No LibTorch.

#include <string>
#include <vector>

#include "weightloom/base/tensor.hpp"
#include "weightloom/network/description.hpp"

namespace weightloom {

struct DialectConversion {
  TensorMap tensors;
  std::vector<std::string> ignored;  // source tensors that the dialect drops by rule (e.g. num_batches_tracked)
};

// Foreign names and layouts -> canonical ones ("canonical": as they are). Throws kUsage for an unknown dialect,
// kRefused "dialect.*" listing every missing, unexpected or misshapen tensor with expected and found shape.
DialectConversion to_canonical(const NetworkDescription& description, const std::string& dialect,
                               const TensorMap& foreign);
// Canonical -> foreign. Exact inverse on the tensors that the dialect covers. Throws as to_canonical() does.
TensorMap to_dialect(const NetworkDescription& description, const std::string& dialect, const TensorMap& canonical);
// The one dialect ("canonical" included) whose tensor names fit. Throws kRefused "dialect.none", naming the closest
// dialect and what differs, or "dialect.ambiguous".
std::string detect_dialect(const NetworkDescription& description, const TensorMap& foreign);

// What training frameworks put before every name when they wrap a network: "module." (data parallel), "_orig_mod."
// (compiled), "model.", "ema_model.", ..., also several of them. The whole of what all names begin with; empty when
// they do not.
std::string wrapper_prefix(const TensorMap& tensors);

struct FittedTensors {
  TensorMap tensors;            // canonical
  std::string dialect, prefix;  // that was found, and that was taken off
  bool averaged = false;        // the counter of averaged weights was left out
};
// The tensors of a file, made canonical. `dialect` may be empty: it is detected. Where they do not fit as they are, the
// counter `n_averaged` of averaged weights is left out, also behind what all names begin with, and what
// wrapper_prefix() finds, or any other beginning up to a dot that all names share, is taken off. Throws what
// detect_dialect() and to_canonical() do.
FittedTensors fit_tensors(const NetworkDescription& description, const std::string& dialect, TensorMap foreign);

// Checks the rules alone (called by parse_description): every canonical parameter produced exactly once, shapes survive
// there and back. Throws kPlugin "description.*".
void validate_dialects(const NetworkDescription& description);

}  // namespace weightloom
