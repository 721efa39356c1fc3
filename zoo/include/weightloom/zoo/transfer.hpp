#pragma once
// Networks in from safetensors files, and out again.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

struct ImportFile {
  std::filesystem::path path;
  std::string name;  // that the network gets
};

// What files, folders (searched recursively) and globs mean, in name order. A network is named after its file, relative
// to the folder; `name` names the one network, or goes before the names of several. A sharded set is one network.
// Throws kNotFound when a path is not there or nothing fits.
std::vector<ImportFile> files_to_import(const std::vector<std::string>& paths, const std::string& name = {});

struct ImportOptions {
  ZooRecord
      facts;  // architecture, plugin_version, config, dataset, family, split, metrics, tags, notes for every network
  std::function<TensorMap(const TensorMap&)> to_canonical;  // empty: tensors are stored as they are
};

struct ImportResult {
  std::vector<ZooRecord> stored;
  std::vector<ImportFile> skipped;    // stored before under the same name, from the same bytes
  std::vector<std::string> warnings;  // "path: text"
};

// Reads, checks and stores, in batches that are stored as a whole or not at all; running it again skips what is stored.
// A file that write_network() made keeps its record's facts where `options` says nothing. Throws kRefused for a bad
// file, kUsage when a name is taken, kInterrupted after the current batch.
ImportResult import_networks(Zoo& zoo, const std::vector<ImportFile>& files, const ImportOptions& options,
                             const ProgressSink& progress = {});

// Writes weights as safetensors with the record as metadata "weightloom.record". `dialect` is stated in the metadata;
// `tensors` are in it.
void write_network(const std::filesystem::path& path, const ZooRecord& record, const TensorMap& tensors,
                   const std::string& dialect = "canonical");

}  // namespace weightloom
