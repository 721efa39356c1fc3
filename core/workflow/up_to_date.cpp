#include "weightloom/workflow/up_to_date.hpp"

#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {

bool model_is_current(const std::filesystem::path& file, const Json& provenance) {
  if (!std::filesystem::exists(file)) return false;
  const auto metadata = read_safetensors(file).metadata;
  const auto found = metadata.find("weightloom.training");
  return found != metadata.end() && Json::parse(found->second, nullptr, false) == provenance;
}

std::optional<Json> current_results(const std::filesystem::path& file, const std::string& fingerprint) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  auto results = Json::parse(read_file(file), nullptr, false);
  if (!results.is_object() || results.value("fingerprint", "") != fingerprint) return std::nullopt;
  return results;
}

}  // namespace weightloom
