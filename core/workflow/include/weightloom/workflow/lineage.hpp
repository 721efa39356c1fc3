#pragma once
// Generated networks as zoo records whose lineage is enough to make them again, bit for bit.

#include <cstdint>
#include <string>

#include "weightloom/generator/start.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// The record of network `index` of `made`: architecture, configuration, family of the anchor that was used, data set,
// recipe (request, index, ids of generator and tokenizer), and a parent link "generated-by" to the generator.
ZooRecord generated_record(const std::string& name, const PluginRegistry& registry, const Generator& generator,
                           const Generated& made, const Request& request, std::int64_t index);

// The record of a start: the same without a generator.
ZooRecord start_record(const std::string& name, const PluginRegistry& registry, const Generator& generator,
                       const Start& start, const Request& request);

// Follows a record's recipe again. Throws kUsage "reproduce.*" when the record is of no generated network or start, or
// of another generator or tokenizer than given; kRefused when its recipe is malformed.
TensorMap reproduce(const ZooRecord& record, const Generator& generator, const PluginRegistry& registry,
                    DataCache& data);

}  // namespace weightloom
