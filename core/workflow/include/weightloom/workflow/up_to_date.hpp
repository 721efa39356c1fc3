#pragma once
// Is an output still what its inputs would give? Then commands keep it instead of making it again.

#include <filesystem>
#include <optional>
#include <string>

#include "weightloom/base/json.hpp"

namespace weightloom {

// A tokenizer or generator file whose stored provenance (Tokenizer::training(), Generator::training()) equals
// `provenance`. False when there is no such file or it says something else; throws kRefused when it is no readable
// safetensors file.
bool model_is_current(const std::filesystem::path& file, const Json& provenance);

// The results file of an earlier assessment with this fingerprint; nothing when it is missing, malformed or of another
// one.
std::optional<Json> current_results(const std::filesystem::path& file, const std::string& fingerprint);

}  // namespace weightloom
