#include "weightloom/workflow/records.hpp"

namespace weightloom {

ZooRecord network_record(const std::string& name, const PluginRegistry& registry, const NetworkDescription& description,
                         const std::string& family, const std::string& dataset) {
  ZooRecord record;
  record.name = name;
  record.architecture = description.architecture;
  record.plugin_version = registry.find(description.architecture).version;
  record.config = description.config;
  record.family = family;
  record.dataset = dataset;
  return record;
}

}  // namespace weightloom
