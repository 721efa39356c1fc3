#pragma once
// Generated networks as zoo records whose lineage is enough to make them again, bit for bit.

#include <string>

#include "weightloom/generator/generator.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// The record of member `index` of a generation: architecture, configuration, data set, recipe (request, index,
// generator and tokenizer ids), and a parent link "generated-by" to the generator. Id, sizes and hashes are the zoo's
// to fill in.
ZooRecord generated_record(const std::string& name, const Generator& generator, const NetworkDescription& description,
                           const std::string& plugin_version, const Request& request, std::int64_t index);

// Follows a record's recipe again. Throws kUsage when the record was not generated, or by another generator or
// tokenizer than given.
TensorMap reproduce(const ZooRecord& record, const Generator& generator, const PluginRegistry& registry,
                    DataCache& data);

}  // namespace weightloom
