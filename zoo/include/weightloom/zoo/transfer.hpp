#pragma once
// Networks in from weights files, and out again. Not thread-safe where a Zoo is passed, else [any-thread].

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// A network as a weights file holds it.
struct NetworkFile {
  TensorMap tensors;                  // under the names and layouts of `dialect`
  std::optional<ZooRecord> record;    // as write_network() put it there; empty when the tensors are no longer its own
  std::string dialect = "canonical";  // what the record says; without one, unknown
  std::vector<std::string> warnings;  // lenient choices taken
  std::string format;                 // WeightsFile::format
};

// Throws what read_weights() does.
NetworkFile read_network(const std::filesystem::path& path);

// Writes weights as safetensors with their record (docs/zoo_format.md, "Weights files"). `tensors` are in `dialect`.
// The record need not come from a zoo: an empty weights_hash is filled in when the tensors are canonical.
void write_network(const std::filesystem::path& path, const ZooRecord& record, const TensorMap& tensors,
                   const std::string& dialect = "canonical");

struct ImportFile {
  std::filesystem::path path;
  std::string name;  // that the network gets
};

// What files, folders (searched recursively for checkpoints, whatever they are called) and globs mean, in name order. A
// network is named after its file, relative to the folder; `name` names the one network, or goes before the names of
// several. A sharded set is one network. Throws kNotFound when a path is not there or nothing fits.
std::vector<ImportFile> files_to_import(const std::vector<std::string>& paths, const std::string& name = {});

struct ImportOptions {
  // architecture, plugin_version, config, dataset, family, split, metrics, tags, notes for every network
  ZooRecord facts;
  // Empty: tensors are stored as they are, and records of files in a foreign dialect are not used.
  std::function<TensorMap(const NetworkFile&)> to_canonical;
};

struct ImportResult {
  std::vector<ZooRecord> stored;
  std::vector<ImportFile> skipped;    // stored before under the same name, from the same bytes
  std::vector<std::string> warnings;  // "path: text"
};

// Reads, checks and stores, in batches that are stored as a whole or not at all; running it again skips what is stored.
// A file's record is kept, but for id and name, where `options.facts` says nothing. Throws kRefused for a bad
// file, kUsage when a name is taken, kInterrupted after the current batch.
ImportResult import_networks(Zoo& zoo, const std::vector<ImportFile>& files, const ImportOptions& options,
                             const ProgressSink& progress = {});

}  // namespace weightloom
