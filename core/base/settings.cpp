#include "weightloom/base/settings.hpp"

#include <string>

#include "weightloom/base/error.hpp"
#include "weightloom/base/text.hpp"

namespace weightloom {
namespace {

[[noreturn]] void refuse_setting(const std::string& path, const std::string& why, std::string hint) {
  throw Error(ErrorCode::kUsage, "settings.conflict", "cannot take the setting '" + printable(path) + "'", why,
              std::move(hint));
}

void merge_into(Json& into, const Json& from, SettingConflict conflict, const std::string& prefix) {
  if (into.is_null()) into = Json::object();
  for (const auto& [key, value] : from.items()) {
    const auto path = prefix + key;
    const auto there = into.find(key);
    if (there == into.end()) {
      into[key] = value;
    } else if (there->is_object() && value.is_object()) {
      merge_into(*there, value, conflict, path + ".");
    } else if (there->is_object() || value.is_object()) {
      refuse_setting(path, "it would have a value and settings below it",
                     "give the one or the other; what is stored is forgotten with --unset");
    } else if (conflict == SettingConflict::kRefuse && *there != value) {
      refuse_setting(path, "it is given two values", "give one of them");
    } else {
      *there = value;
    }
  }
}

}  // namespace

void merge_settings(Json& into, const Json& from, SettingConflict conflict) {
  merge_into(into, from, conflict, "");
}

}  // namespace weightloom
