#pragma once
// What is known of networks beside their weights, from tables and sidecars of other tools. Files may be hostile.
// [any-thread] but for functions that take a Zoo.

#include <filesystem>
#include <string>
#include <vector>

#include "weightloom/zoo/zoo.hpp"

namespace weightloom {

// What is said of one network. In `facts` an empty field says nothing; a parent stands there as text that
// parent_link() takes, without a kind.
struct FactRow {
  std::string name, path;  // which network: the one or the other is given
  ZooRecord facts;
  std::filesystem::path file;  // that says so, and where: "line 3"
  std::string where;
};

// A CSV file (RFC 4180: a line of column names, commas, quotes; a byte-order mark and CRLF will do), or a JSON file: an
// array of objects, or one object that holds them by name. Columns and keys: `name` or `path`; `dataset`, `family`,
// `split`, `notes`, `arch`; `tags` and `parent` (several as a JSON array, in CSV with `;` between them); `metric:NAME`,
// `hyper.KEY`, `config.KEY`, in JSON also objects `metrics`, `hyper` and `config`; any other name with numbers below it
// is a metric. An empty cell and null say nothing. At most 64 MiB. Throws kRefused "facts.*" with file, line and column
// for what means nothing, what read_file() does, and for what the zoo would not store.
std::vector<FactRow> read_facts(const std::filesystem::path& path);

// One JSON object about the network that it lies beside, with the same keys but for `name` and `path`. Of other keys,
// which other tools put there, nothing is taken; they are added to `foreign`.
ZooRecord read_sidecar(const std::filesystem::path& path, std::vector<std::string>& foreign);

// Puts all that `facts` says, but parents, into `record`.
void state_facts(ZooRecord& record, const ZooRecord& facts);

// "NAME" or "NAME:KIND": NAME is a network of the zoo, or the 64 hexadecimal digits of a tokenizer or generator; KIND
// is "fine-tuned-from" when none is given, of those files "generated-by". Throws what Zoo::get() does.
ParentLink parent_link(const Zoo& zoo, const std::string& text);
// Adds it, unless it is there. Returns whether it was not.
bool add_parent(ZooRecord& record, const ParentLink& link);

}  // namespace weightloom
