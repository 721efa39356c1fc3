#include "weightloom/workflow/up_to_date.hpp"

#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {

bool model_is_current(const std::filesystem::path& file, const Json& provenance) {
  if (!std::filesystem::exists(file)) return false;
  const auto metadata = read_safetensors(file).metadata;
  const auto found = metadata.find("weightloom.training");
  if (found == metadata.end()) return false;
  const auto training = try_parse_json(found->second);
  return training && *training == provenance;
}

std::optional<Json> current_results(const std::filesystem::path& file, const std::string& fingerprint) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  auto results = try_parse_json(read_file(file));
  if (!results || !results->is_object() || results->value("fingerprint", Json()) != fingerprint) return std::nullopt;
  return results;
}

}  // namespace weightloom
