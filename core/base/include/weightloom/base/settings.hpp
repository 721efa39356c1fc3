#pragma once
// Settings that nest, put together: each has a value, or further settings below it, never both. [any-thread]

#include "weightloom/base/json.hpp"

namespace weightloom {

// Which value counts where both say one.
enum class SettingConflict { kLastCounts, kRefuse };

// Puts the settings of the object `from` into the object `into`; null is an empty one. Throws kUsage
// "settings.conflict" where one has a value and the other has settings below it, and with kRefuse where their values
// differ; `into` then holds some of them.
void merge_settings(Json& into, const Json& from, SettingConflict conflict);

}  // namespace weightloom
