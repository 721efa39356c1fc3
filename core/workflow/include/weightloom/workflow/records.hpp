#pragma once
// Records of networks that this program makes, with their lineage.

#include <string>

#include "weightloom/network/description.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/record.hpp"

namespace weightloom {

// What every record of a network of `description` says: name, architecture and the version of its plugin,
// configuration, family (lineage that shares an anchor, may be empty) and data set (DataSpec text, may be empty).
// Throws kNotFound when no plugin of that architecture is registered.
ZooRecord network_record(const std::string& name, const PluginRegistry& registry, const NetworkDescription& description,
                         const std::string& family, const std::string& dataset);

}  // namespace weightloom
