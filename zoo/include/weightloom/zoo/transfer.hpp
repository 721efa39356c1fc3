#pragma once
// Networks in from weights files, and out again. Not thread-safe where a Zoo is passed, else [any-thread].

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "weightloom/base/progress.hpp"
#include "weightloom/base/tensor.hpp"
#include "weightloom/formats/weights_folder.hpp"
#include "weightloom/zoo/facts.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// A network as a weights file holds it.
struct NetworkFile {
  TensorMap tensors;                  // under the names and layouts of `dialect`
  std::optional<ZooRecord> record;    // as write_network() put it there; empty when the tensors are no longer its own
  std::string dialect = "canonical";  // what the record says; empty or without one: unknown
  std::vector<std::string> warnings;  // lenient choices taken
  std::string format;                 // WeightsFile::format
  std::map<std::string, std::string> metadata;  // what else the file says, such as "format" and a licence
};

// Throws what read_weights() does.
NetworkFile read_network(const std::filesystem::path& path);
// Of a sharded set without an index.
NetworkFile read_network(const std::vector<std::filesystem::path>& shards);

// Writes weights as safetensors with their record (docs/zoo_format.md, "Weights files"). `tensors` are in `dialect`.
// The record need not come from a zoo: an empty weights_hash is filled in when the tensors are canonical. What the file
// that it was imported from said beside its tensors is written along; where that file was is not.
void write_network(const std::filesystem::path& path, const ZooRecord& record, const TensorMap& tensors,
                   const std::string& dialect = "canonical");
// The same in shards of at most `shard_bytes` bytes: returns and throws what write_safetensors_set() does
// (formats/safetensors.hpp).
std::vector<std::filesystem::path> write_network_set(const std::filesystem::path& path, const ZooRecord& record,
                                                     TensorMap tensors, const std::string& dialect,
                                                     std::uint64_t shard_bytes);

struct ImportFile {
  std::filesystem::path path;
  std::string name;                           // that the network gets
  std::vector<std::filesystem::path> shards;  // of a sharded set without an index
};

struct ImportPlan {
  std::vector<ImportFile> files;
  std::vector<LeftOut> refused;      // looks like a network and cannot be read, or a folder that cannot be searched
  std::vector<LeftOut> passed_over;  // not meant
};

// What files, folders (searched recursively for checkpoints, whatever they are called) and globs (`*`, `?` and `[a-z]`
// within a name, `**` for any folders) mean, in name order. A network is named after its file, relative to the folder;
// `name` names the one network, or goes before the names of several. A sharded set is one network. Hidden folders and
// links to folders are not searched. Throws kNotFound when a path is not there or nothing fits.
ImportPlan files_to_import(const std::vector<std::string>& paths, const std::string& name = {});

struct ImportOptions {
  // architecture, plugin_version, config, dataset, family, split, metrics, tags, notes, hyperparameters for every
  // network, and parents as text that parent_link() takes; a parent may be a network of the same plan.
  ZooRecord facts;
  std::vector<FactRow> rows;  // of single ones, by name or by path (relative ones from their file's folder)
  bool sidecars = false;      // also what NAME.json beside NAME.EXTENSION says
  // Rows and sidecars name a plugin and what differs from its defaults; this fills in all of its configuration.
  std::function<void(ZooRecord& facts)> complete_architecture;
  // Empty: tensors are stored as they are, and records of files in a foreign dialect are not used. A file of which rows
  // or a sidecar say the architecture comes with a record that says it and an empty dialect.
  // What it puts into `warnings` is told in the result, with the file.
  std::function<TensorMap(NetworkFile, std::vector<std::string>& warnings)> to_canonical;
  // Together with to_canonical: would it take the tensors of a file as they are? Of those called `names`, with these
  // shapes, and a record in this dialect (empty: without one). Asked of large files, which need not be held then.
  std::function<bool(const std::map<std::string, Shape>& tensors, const std::string& dialect)> is_canonical;
  // The files, in their order (w2 before w10), are checkpoints of one training: each one continues the one before it.
  bool consecutive = false;
  bool replace = false;  // a network of that name from other bytes gives way
  bool dry_run = false;  // everything is read and checked, and nothing is stored
};

struct ImportResult {
  std::vector<ZooRecord> stored;               // empty in a dry run
  std::vector<ImportFile> imported, replaced;  // what they came from, also in a dry run
  std::vector<ImportFile> skipped;             // stored before under the same name, from the same bytes
  std::vector<ImportFile> updated;             // the same, and now with the given facts
  std::vector<ImportFile> mended;              // the same, and their damaged weights are whole again
  std::vector<LeftOut> refused, passed_over;   // with those of the plan
  std::vector<std::string> warnings;           // "path: text"
};

// Reads, checks and stores, in batches that are stored as a whole or not at all; running it again skips what is stored.
// A file's record is kept, but for id and name, where `options.facts` says nothing. What is wrong with one of several
// files is told in the result, and the others are imported; of a plan of one file alone it is thrown: kRefused for a
// bad file, kUsage when a name is taken. Throws kInterrupted after the current batch.
ImportResult import_networks(Zoo& zoo, const ImportPlan& plan, const ImportOptions& options,
                             const ProgressSink& progress = {});

}  // namespace weightloom
