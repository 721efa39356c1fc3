#include "weightloom/workflow/up_to_date.hpp"

#include "weightloom/base/file.hpp"
#include "weightloom/formats/safetensors.hpp"

namespace weightloom {

bool model_is_current(const std::filesystem::path& file, const Json& provenance) {
  if (!std::filesystem::exists(file)) return false;
  const auto metadata = read_safetensors(file).metadata;
  const auto is = [&](const char* key, const Json::json_pointer& place) {
    const auto found = metadata.find(key);
    if (found == metadata.end()) return false;
    const auto json = try_parse_json(found->second);
    if (!json || !json->contains(place)) return false;
    Json training = json->at(place);
    // What was learnt on top of it makes a model no older.
    if (training.is_object()) training.erase("adaptations");
    return training == provenance;
  };
  // A generator's file holds its tokenizer's as well.
  return metadata.contains("weightloom.generator") ? is("weightloom.generator", Json::json_pointer("/training"))
                                                   : is("weightloom.training", Json::json_pointer(""));
}

std::optional<Json> current_results(const std::filesystem::path& file, const std::string& fingerprint) {
  if (!std::filesystem::exists(file)) return std::nullopt;
  auto results = try_parse_json(read_file(file));
  if (!results || !results->is_object() || results->value("fingerprint", Json()) != fingerprint) return std::nullopt;
  return results;
}

}  // namespace weightloom
