// Commands that make and change a zoo, and bring networks in and out.

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "cli/command_groups.hpp"
#include "cli/output_file.hpp"
#include "cli/plugin_registry.hpp"
#include "cli/zoo_access.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/formats/npz.hpp"
#include "weightloom/formats/pytorch.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/bundle.hpp"
#include "weightloom/zoo/facts.hpp"
#include "weightloom/zoo/transfer.hpp"

namespace weightloom::cli {
namespace {

// A glob that is a name, too, may mean one network or all that fit; the lists of other commands mean names.
void expect_clear(const Zoo& zoo, const std::string& name, const std::vector<ZooRecord>& fitting) {
  const auto own = zoo.get(name).id;
  const auto other = std::ranges::find_if(fitting, [&](const auto& record) { return record.id != own; });
  if (other == fitting.end()) return;
  throw Error(ErrorCode::kAmbiguous, "zoo.ambiguous", "cannot tell which networks '" + name + "' are",
              "a network has that name, and '" + other->name + "' fits it as a glob",
              "name the one by its id, " + own + ", or ask for all: --where 'name:" + name + "'");
}

// Names, aliases, ids, globs, "-" for names on standard input, and a query, as records without repetition.
std::vector<ZooRecord> chosen(const Zoo& zoo, const std::vector<std::string>& names, const std::string& where) {
  std::vector<ZooRecord> records;
  std::set<std::string> seen;
  const auto add = [&](ZooRecord record) {
    if (seen.insert(record.id).second) records.push_back(std::move(record));
  };
  const auto fitting = [&](const std::string& glob) { return zoo.find(parse_query("name:" + Json(glob).dump())); };
  for (const auto& name : Context::names_or_stdin(names)) {
    if (name.find_first_of("*?[") == std::string::npos || zoo.knows(name)) {
      const bool typed = std::ranges::find(names, name) != names.end();
      if (typed && name.find_first_of("*?") != std::string::npos) expect_clear(zoo, name, fitting(name));
      add(zoo.get(name));
      continue;
    }
    auto found = fitting(name);
    if (found.empty())
      throw Error(ErrorCode::kNotFound, "zoo.not_found", "no network fits '" + name + "'", "",
                  "see what there is with `weightloom zoo list`");
    for (auto& record : found) add(std::move(record));
  }
  if (!where.empty())
    for (auto& record : zoo.find(parse_query(where))) add(std::move(record));
  return records;
}

struct SelectionOptions : WaitOption {
  std::vector<std::string> names;
  std::string where;
};

void declare_selection(CLI::App& app, SelectionOptions& options) {
  app.add_option("networks", options.names,
                 "Names, ids, quoted globs ('svhn/*'), or - to read names from standard input")
      ->type_name("NETWORK...");
  app.add_option("--where", options.where, "Also the networks that satisfy this query")
      ->check(query_text())
      ->type_name("QUERY");
  declare_wait(app, options);
}

void require_selection(const SelectionOptions& options) {
  if (options.names.empty() && options.where.empty())
    throw Error(ErrorCode::kUsage, "option.missing", "which networks?", "neither a name nor --where was given");
}

struct InitOptions {
  std::string directory;
};

void declare_init(CLI::App& app, InitOptions& options) {
  app.add_option("directory", options.directory, "A new or empty folder; without it, what --zoo names")
      ->type_name("DIR");
}

Json run_init(Context& context, const InitOptions& options) {
  const auto zoo =
      Zoo::create(options.directory.empty() ? context.zoo_directory() : std::filesystem::path(options.directory));
  return {{"path", zoo.directory().string()}, {"store", zoo.uuid()}};
}

void print_init(Printer& printer, const Json& result) {
  printer.line("made an empty zoo at " + result.at("path").get<std::string>());
}

// What is known of networks beside their weights.
struct FactOptions {
  std::string dataset, family, split, notes, table;
  std::vector<std::string> metrics, parents;
  Json hyperparameters = Json::object();
};

void declare_facts(CLI::App& app, FactOptions& options) {
  app.add_option("--dataset", options.dataset, "What it was trained on")->type_name("DATA")->check(not_empty());
  app.add_option("--family", options.family, "Lineage that shares an anchor")->type_name("NAME")->check(not_empty());
  app.add_option("--split", options.split, "train or held-out: what may be learnt from it")
      ->check(CLI::IsMember({"train", "held-out"}))
      ->type_name("SPLIT");
  app.add_option("--metric", options.metrics, "A measured figure, such as test_accuracy=0.91")
      ->type_name("KEY=VALUE")
      ->allow_extra_args(false);
  app.add_option("--notes", options.notes, "Free text")->type_name("TEXT")->check(not_empty());
  app.add_option("--parent", options.parents,
                 "A network that it came from, and how where it was not fine-tuned: NAME:KIND")
      ->type_name("NAME[:KIND]")
      ->allow_extra_args(false);
  add_settings_option(app, "--hyper", options.hyperparameters, "A setting of its training, such as seed=3");
  app.add_option("--facts", options.table,
                 "A CSV or JSON file that says this and more of single networks: columns name (or, on import, path), "
                 "dataset, family, split, notes, tags, arch, parent, metric:NAME, hyper.KEY, config.KEY")
      ->check(not_empty())
      ->type_name("FILE");
}

struct ImportCommandOptions : WaitOption, FactOptions {
  std::vector<std::string> paths, tags;
  std::string name, architecture, dialect;
  Json config = Json::object();
  bool consecutive = false, replace = false, dry_run = false, sidecars = false;
};

void declare_import(CLI::App& app, ImportCommandOptions& options) {
  app.add_option("paths", options.paths, "Weights files, the index of a sharded one, folders, or quoted globs")
      ->required()
      ->type_name("PATH...");
  app.add_option("--name", options.name, "Name of the network; goes before the names of several")
      ->type_name("NAME")
      ->check(not_empty());
  auto* architecture =
      app.add_option(
             "--arch", options.architecture,
             "The plugin that describes the networks; their tensors are brought to its names and layouts. Without it, "
             "what the files' own records say; files without one are stored as they are")
          ->type_name("PLUGIN")
          ->check(not_empty());
  add_settings_option(app, "--set", options.config, "Configuration of the architecture, such as depth=20")
      ->needs(architecture);
  app.add_option("--dialect", options.dialect, "How the files name their tensors; without it, found out")
      ->needs(architecture)
      ->type_name("NAME");
  declare_facts(app, options);
  app.add_option("--tag", options.tags, "A tag")->type_name("TAG")->allow_extra_args(false);
  app.add_flag("--consecutive", options.consecutive,
               "The files, in their order, are checkpoints of one training: each continues the one before it, and is "
               "stored as the difference from it where that takes less room");
  app.add_flag("--sidecars", options.sidecars, "Also take what NAME.json beside a file NAME.safetensors says of it");
  app.add_flag("--replace", options.replace, "A network of the same name from other bytes gives way");
  auto* dry_run = app.add_flag("--dry-run", options.dry_run,
                               "Read and check everything, say what would be imported; change nothing");
  declare_wait(app, options)->excludes(dry_run);
}

std::map<std::string, double> parse_metrics(const std::vector<std::string>& assignments) {
  std::map<std::string, double> metrics;
  for (const auto& assignment : assignments) {
    Json value;
    const auto equals = assignment.find('=');
    if (equals != std::string::npos) value = Json::parse(assignment.substr(equals + 1), nullptr, false);
    if (equals == 0 || !value.is_number())
      throw Error(ErrorCode::kUsage, "option.value", "cannot use --metric '" + assignment + "'", "it is not KEY=NUMBER",
                  "for example: --metric test_accuracy=0.91");
    const auto [metric, first] = metrics.try_emplace(assignment.substr(0, equals), value.get<double>());
    if (!first && metric->second != value.get<double>())
      throw Error(ErrorCode::kUsage, "option.conflict", "the metric '" + metric->first + "' is given two values");
  }
  return metrics;
}

// What the command line says of every network.
ZooRecord stated(const FactOptions& options) {
  ZooRecord facts;
  facts.dataset = options.dataset;
  facts.family = options.family;
  facts.split = options.split;
  facts.notes = options.notes;
  facts.metrics = parse_metrics(options.metrics);
  facts.hyperparameters = options.hyperparameters;
  return facts;
}

// The installed plugins, which are looked for when they are first needed.
class Plugins {
 public:
  explicit Plugins(const Context& context) : context_(context) {}
  const PluginRegistry& get() {
    if (!registry_) registry_ = std::make_shared<const PluginRegistry>(plugin_registry(context_));
    return *registry_;
  }

 private:
  const Context& context_;
  std::shared_ptr<const PluginRegistry> registry_;
};

// Tables name a plugin as people do, and its configuration where it differs from the default.
void complete_architecture(const PluginRegistry& registry, ZooRecord& facts) {
  const auto description = registry.describe(facts.architecture, facts.config);
  facts.plugin_version = registry.find(facts.architecture).version;
  facts.architecture = description.architecture;
  facts.config = description.config;
}

Json imported_json(const ZooRecord& record) {
  return {{"id", record.id}, {"name", record.name}, {"params", record.parameters}, {"bytes", record.bytes}};
}

Json files_json(const std::vector<ImportFile>& files) {
  Json out = Json::array();
  for (const auto& file : files) out.push_back({{"name", file.name}, {"path", file.path.string()}});
  return out;
}

// Would nothing have to be converted? What does not fit at all is refused with the tensors at hand.
bool are_canonical(const NetworkDescription& description, const std::string& dialect,
                   const std::map<std::string, Shape>& shapes) {
  std::map<std::string, Shape> canonical;
  for (const auto& parameter : description.parameters) canonical.emplace(parameter.name, parameter.shape);
  if (shapes != canonical) return false;
  if (!dialect.empty()) return dialect == "canonical";
  TensorMap skeleton;
  for (const auto& [name, shape] : shapes) skeleton[name].shape = shape;
  try {
    return detect_dialect(description, skeleton) == "canonical";
  } catch (const Error&) {  // the names are those of two dialects
    return false;
  }
}

TensorMap fitted(const NetworkDescription& description, const std::string& dialect, TensorMap tensors,
                 std::vector<std::string>& warnings) {
  auto found = fit_tensors(description, dialect, std::move(tensors));
  if (!found.prefix.empty()) warnings.push_back("took '" + found.prefix + "' off all names of tensors");
  if (found.averaged) warnings.push_back("left out 'n_averaged', which counts what its weights are the average of");
  return std::move(found.tensors);
}

// Every file is checked against the architecture that the command line names, and converted to it.
void use_architecture(const Context& context, const ImportCommandOptions& options, ImportOptions& import_options) {
  const auto registry = plugin_registry(context);
  const auto description = registry.describe(options.architecture, options.config);
  import_options.facts.architecture = description.architecture;
  import_options.facts.plugin_version = registry.find(options.architecture).version;
  import_options.facts.config = description.config;
  import_options.is_canonical = [description, dialect = options.dialect](const auto& shapes, const auto&) {
    return are_canonical(description, dialect, shapes);
  };
  import_options.to_canonical = [description, dialect = options.dialect](NetworkFile file,
                                                                         std::vector<std::string>& warnings) {
    return fitted(description, dialect, std::move(file.tensors), warnings);
  };
}

// Files say what they are; only those exported for another library need the plugin that their record names.
void use_records(const Context& context, ImportOptions& import_options) {
  import_options.is_canonical = [](const std::map<std::string, Shape>& shapes, const std::string& dialect) {
    TensorMap names;
    for (const auto& [name, shape] : shapes) names[name].shape = shape;
    return dialect == "canonical" || (dialect.empty() && wrapper_prefix(names).empty());
  };
  import_options.to_canonical = [&context](NetworkFile file, std::vector<std::string>& warnings) {
    if (!file.record) {
      if (const auto prefix = wrapper_prefix(file.tensors); !prefix.empty())
        warnings.push_back("all names of tensors begin with '" + prefix + "'; with --arch it would be taken off");
      return std::move(file.tensors);
    }
    if (file.dialect == "canonical") return std::move(file.tensors);
    const auto description = plugin_registry(context).describe(file.record->architecture, file.record->config);
    if (file.dialect.empty()) return fitted(description, "", std::move(file.tensors), warnings);
    return to_canonical(description, file.dialect, file.tensors).tensors;
  };
}

Json left_out_json(const std::vector<LeftOut>& files) {
  Json out = Json::array();
  for (const auto& file : files) out.push_back({{"path", file.path.string()}, {"id", file.id}, {"why", file.why}});
  return out;
}

Json import_json(const ImportResult& result, bool dry_run) {
  Json out = {{"dry_run", dry_run}};
  if (dry_run) {
    out["would_import"] = files_json(result.imported);
  } else {
    out["imported"] = Json::array();
    for (const auto& record : result.stored) out["imported"].push_back(imported_json(record));
  }
  out["replaced"] = files_json(result.replaced);
  out["skipped"] = files_json(result.skipped);
  out["updated"] = files_json(result.updated);
  out["mended"] = files_json(result.mended);
  out["refused"] = left_out_json(result.refused);
  out["passed_over"] = left_out_json(result.passed_over);
  out["warnings"] = result.warnings;
  return out;
}

// A folder may have more of them later.
bool is_one_file(const std::vector<std::string>& paths, const ImportPlan& plan) {
  return plan.files.size() == 1 && plan.refused.empty() &&
         std::ranges::all_of(paths, [](const auto& path) { return std::filesystem::is_regular_file(path); });
}

Json run_import(Context& context, const ImportCommandOptions& options) {
  ImportOptions import_options;
  import_options.facts = stated(options);
  for (const auto& parent : options.parents) import_options.facts.parents.push_back({"", parent});
  if (options.architecture.empty())
    use_records(context, import_options);
  else
    use_architecture(context, options, import_options);
  if (!options.table.empty()) import_options.rows = read_facts(options.table);
  import_options.sidecars = options.sidecars;
  import_options.complete_architecture = [plugins = Plugins(context)](ZooRecord& facts) mutable {
    complete_architecture(plugins.get(), facts);
  };
  for (const auto& tag : options.tags) expect_tag(tag);
  import_options.facts.tags = {options.tags.begin(), options.tags.end()};
  import_options.consecutive = options.consecutive;
  import_options.replace = options.replace;
  import_options.dry_run = options.dry_run;
  auto storable = import_options.facts;
  storable.parents.clear();  // names, as yet
  expect_storable(storable);
  const auto plan = files_to_import(options.paths, options.name);
  if (options.consecutive && is_one_file(options.paths, plan))
    throw Error(ErrorCode::kUsage, "option.conflict", "one file is no series of checkpoints", "",
                "name them all, or leave out --consecutive");
  auto zoo = open_to_change(context, options, options.dry_run);
  const auto result = import_networks(zoo, plan, import_options, context.progress());
  for (const auto& warning : result.warnings) context.warn(warning);
  if (!result.refused.empty()) context.exit_with(ErrorCode::kRefused);
  return import_json(result, options.dry_run);
}

void print_import(Printer& printer, const Json& result) {
  if (result.at("dry_run").get<bool>()) {
    for (const auto& file : result.at("would_import"))
      printer.line("would import " + file.at("path").get<std::string>() + " as " + file.at("name").get<std::string>());
  } else {
    printer.table(
        {{"name", "imported"}, {"params", "weights", Format::kCount}, {"bytes", "size", Format::kSize}, {"id"}},
        result.at("imported"));
  }
  const auto count = [&](const char* key, const char* what) {
    if (const auto n = result.at(key).size()) printer.line(std::to_string(n) + what);
  };
  count("skipped", " skipped: stored before, from the same bytes");
  const bool dry = result.at("dry_run").get<bool>();
  count("updated", dry ? " stored before, from the same bytes, would get these facts"
                       : " stored before, from the same bytes, and now with these facts");
  count("replaced", dry ? " of a name that is taken would be replaced" : " replaced what had their names");
  for (const auto& file : result.at("mended"))
    printer.line((dry ? "would mend " : "mended ") + file.at("name").get<std::string>() +
                 ": its weights in the zoo were damaged");
  const auto each = [&](const char* key, const char* what) {
    for (const auto& file : result.at(key))
      printer.line(what + file.at("path").get<std::string>() + ": " + file.at("why").get<std::string>() + " (" +
                   file.at("id").get<std::string>() + ")");
  };
  each("passed_over", "passed over ");
  each("refused", "refused ");
}

// Networks that are read, so that an alias stands for its network.
void declare_sources(CLI::App& app, std::vector<std::string>& names, std::string& where) {
  app.add_option("networks", names,
                 "Names, aliases, ids, quoted globs ('svhn/*'), or - to read names from standard input")
      ->type_name("NETWORK...");
  app.add_option("--where", where, "Also the networks that satisfy this query")
      ->check(query_text())
      ->type_name("QUERY");
}

struct ExportOptions {
  std::vector<std::string> names;
  std::string where, out, dialect = "canonical", shard_size;
};

void declare_export(CLI::App& app, ExportOptions& options) {
  declare_sources(app, options.names, options.where);
  app.add_option(
         "--out,-o", options.out,
         "The file to write: a PyTorch checkpoint where it ends in .pt, .pth, .ckpt or .bin, NumPy arrays in "
         ".npz, else safetensors; where a folder is there, or its name ends in /, a file for each network in it")
      ->required()
      ->type_name("FILE|FOLDER");
  app.add_option("--shard-size", options.shard_size,
                 "Write safetensors in shards of at most this size, such as 200MB, and an index of them")
      ->type_name("SIZE");
  app.add_option("--dialect", options.dialect, "Write the tensors under the names and layouts of another library")
      ->type_name("NAME");
}

enum class ExportFormat { kSafetensors, kPytorch, kNpz };

// What the file's name asks for. A name that other programs' formats have would say what is not in it.
ExportFormat export_format(const std::string& out) {
  using Format = ExportFormat;
  static const std::pair<std::string_view, Format> kEndings[] = {{".pt", Format::kPytorch},
                                                                 {".pth", Format::kPytorch},
                                                                 {".ckpt", Format::kPytorch},
                                                                 {".bin", Format::kPytorch},
                                                                 {".npz", Format::kNpz}};
  static const std::string_view kOthers[] = {".gz",   ".tgz",  ".bz2", ".xz",   ".zst",   ".7z",  ".rar",
                                             ".npy",  ".onnx", ".h5",  ".hdf5", ".keras", ".pb",  ".tflite",
                                             ".gguf", ".json", ".pkl", ".zip",  ".tar",   ".csv", ".toml"};
  if (out == "-")
    throw Error(ErrorCode::kUsage, "export.format", "weights are not written to standard output", "",
                "name a file: --out weights.safetensors");
  auto name = out;
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  for (const auto& [ending, format] : kEndings)
    if (name.ends_with(ending)) return format;
  for (const auto ending : kOthers)
    if (name.ends_with(ending))
      throw Error(ErrorCode::kUsage, "export.format", "cannot write '" + out + "'",
                  "files in " + std::string(ending) + " are of a format that is not written",
                  "name a .safetensors, .pt or .npz file");
  return Format::kSafetensors;
}

// In the format that the file's name asks for; the files that were written.
std::vector<std::filesystem::path> write_export(const ExportOptions& options, const std::string& out,
                                                const ZooRecord& record, TensorMap tensors) {
  const auto format = export_format(out);
  if (!options.shard_size.empty()) {
    if (format != ExportFormat::kSafetensors)
      throw Error(ErrorCode::kUsage, "option.conflict", "cannot write '" + out + "' in shards", "only safetensors are",
                  "leave out --shard-size, or name a .safetensors file");
    return write_network_set(out, record, std::move(tensors), options.dialect,
                             parse_size("--shard-size", options.shard_size, 1));
  }
  if (format == ExportFormat::kPytorch)
    write_pytorch(out, tensors);
  else if (format == ExportFormat::kNpz)
    write_npz(out, tensors);
  else
    write_network(out, record, tensors, options.dialect);
  return {out};
}

Json export_network(Context& context, const Zoo& zoo, const ExportOptions& options, const ZooRecord& record,
                    const std::string& out) {
  auto tensors = zoo.weights(record);
  if (options.dialect != "canonical") {
    if (record.architecture.empty())
      throw Error(ErrorCode::kUsage, "export.no_architecture",
                  "cannot export '" + record.name + "' as " + options.dialect, "the zoo does not know its architecture",
                  "import it again with --arch");
    const auto description = plugin_registry(context).describe(record.architecture, record.config);
    tensors = to_dialect(description, options.dialect, tensors);
  }
  const auto files = write_export(options, out, record, std::move(tensors));
  std::uintmax_t bytes = 0;
  for (const auto& file : files) bytes += std::filesystem::file_size(file);
  Json result = {{"id", record.id}, {"name", record.name}, {"path", files.back().string()}, {"bytes", bytes}};
  if (files.size() > 1) result["shards"] = files.size() - 1;
  return result;
}

// A network's file in a folder of exports; its name must not lead out of there.
std::string file_in(const std::filesystem::path& folder, const ZooRecord& record) {
  const std::filesystem::path name(record.name);
  if (name.is_absolute() || std::ranges::any_of(name, [](const auto& part) { return part == ".." || part == "."; }))
    throw Error(ErrorCode::kUsage, "export.name", "cannot write '" + record.name + "' into a folder",
                "its name would lead out of it", "export it by itself, with --out FILE");
  if (std::ranges::any_of(name, [](const auto& part) { return part.native().starts_with('.'); }))
    throw Error(ErrorCode::kUsage, "export.name", "cannot write '" + record.name + "' into a folder",
                "it would be hidden there", "export it by itself, with --out FILE, or rename it");
  return (folder / (record.name + ".safetensors")).string();
}

// Those that cannot be written, such as one whose name is none for a file, keep the others from nothing.
Json export_networks(Context& context, const Zoo& zoo, const ExportOptions& options,
                     const std::vector<ZooRecord>& records) {
  const auto progress = context.progress();
  Json networks = Json::array(), refused = Json::array();
  std::map<std::filesystem::path, std::string> taken;  // files by whom
  for (const auto& record : records) {
    throw_if_interrupted();
    try {
      const auto out = file_in(options.out, record);
      const auto [other, first] = taken.emplace(std::filesystem::path(out).lexically_normal(), record.name);
      if (!first)
        throw Error(ErrorCode::kUsage, "export.name", "cannot write '" + record.name + "' into a folder",
                    "'" + other->second + "' has the same file there", "export it by itself, with --out FILE");
      expect_replaceable(out);
      std::filesystem::create_directories(std::filesystem::path(out).parent_path());
      networks.push_back(export_network(context, zoo, options, record, out));
    } catch (const std::filesystem::filesystem_error& error) {
      refused.push_back({{"name", record.name}, {"id", "export.name"}, {"why", error.code().message()}});
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kOverQuota || error.code() == ErrorCode::kInterrupted) throw;
      refused.push_back({{"name", record.name}, {"id", error.id()}, {"why", error.what()}});
    }
    progress({.task = "export",
              .done = networks.size() + refused.size(),
              .total = records.size(),
              .unit = "networks",
              .detail = nullptr,
              .finished = networks.size() + refused.size() == records.size()});
  }
  if (!refused.empty()) context.exit_with(ErrorCode::kRefused);
  return {{"path", options.out}, {"networks", std::move(networks)}, {"refused", std::move(refused)}};
}

// The same, where there has to be one.
std::vector<ZooRecord> some_chosen(const Zoo& zoo, const std::vector<std::string>& names, const std::string& where) {
  if (names.empty() && where.empty())
    throw Error(ErrorCode::kUsage, "option.missing", "which networks?", "neither a name nor --where was given");
  auto records = chosen(zoo, names, where);
  if (records.empty())
    throw Error(ErrorCode::kNotFound, "zoo.not_found", "no network satisfies '" + where + "'", "",
                "see what there is with `weightloom zoo list`");
  return records;
}

Json run_export(Context& context, const ExportOptions& options) {
  const auto zoo = open_for_reading(context);
  const auto records = some_chosen(zoo, options.names, options.where);
  if (options.out.ends_with('/') || std::filesystem::is_directory(options.out))
    return export_networks(context, zoo, options, records);
  if (records.size() != 1)
    throw Error(ErrorCode::kUsage, "export.several",
                "cannot write " + std::to_string(records.size()) + " networks to the file '" + options.out + "'", "",
                "name a folder, such as --out '" + options.out + "/'");
  export_format(options.out);  // before the weights are read
  expect_replaceable(options.out);
  return export_network(context, zoo, options, records.front(), options.out);
}

void print_export(Printer& printer, const Json& result) {
  const auto print = [&](const Json& written) {
    printer.line("wrote " + written.at("path").get<std::string>() +
                 (written.contains("shards") ? " and " + written.at("shards").dump() + " shards (" : " (") +
                 format_value(written.at("bytes"), Format::kSize) + ")");
  };
  if (!result.contains("networks")) return print(result);
  for (const auto& written : result.at("networks")) print(written);
  for (const auto& one : result.at("refused"))
    printer.line("refused " + one.at("name").get<std::string>() + ": " + one.at("why").get<std::string>() + " (" +
                 one.at("id").get<std::string>() + ")");
}

struct BundleOptions {
  std::vector<std::string> names;
  std::string where, out;
  bool ancestors = false, damaged = false;
};

void declare_bundle(CLI::App& app, BundleOptions& options) {
  declare_sources(app, options.names, options.where);
  app.add_flag("--ancestors", options.ancestors, "Also all that they come from, as far as the zoo has it");
  app.add_flag("--damaged", options.damaged,
               "Leave out networks whose weights are damaged, and say which; without it they keep the bundle from "
               "being written");
  app.add_option("--out,-o", options.out, "The file to write")->required()->type_name("FILE");
}

Json run_bundle(Context& context, const BundleOptions& options) {
  const auto zoo = open_for_reading(context);
  auto records = some_chosen(zoo, options.names, options.where);
  std::set<std::string> ids;
  for (const auto& record : records) ids.insert(record.id);
  if (options.ancestors)
    for (const auto& id : std::vector(ids.begin(), ids.end()))
      for (auto& ancestor : zoo.ancestors(id))
        if (ids.insert(ancestor.id).second) records.push_back(std::move(ancestor));
  expect_bundle_replaceable(options.out, ids);
  const auto result = write_bundle(zoo, records, options.out, options.damaged, context.progress());
  if (!result.lacking.empty()) context.exit_with(ErrorCode::kDamaged);
  if (!result.left_behind.empty())
    context.note(std::to_string(result.left_behind.size()) +
                 " of their parents stay behind; --ancestors takes them along");
  return {{"path", options.out},
          {"networks", result.networks},
          {"bytes", result.bytes},
          {"left_behind", result.left_behind},
          {"lacking", result.lacking}};
}

void print_bundle(Printer& printer, const Json& result) {
  printer.line("wrote " + result.at("path").get<std::string>() + " with " + result.at("networks").dump() +
               " networks (" + format_value(result.at("bytes"), Format::kSize) + ")");
  for (const auto& name : result.at("lacking"))
    printer.line("damage: " + name.get<std::string>() + " was left out; importing its file again mends it");
}

struct TagOptions : SelectionOptions {
  std::vector<std::string> add, remove;
};

void declare_tag(CLI::App& app, TagOptions& options) {
  declare_selection(app, options);
  app.add_option("--add", options.add, "Give this tag")->type_name("TAG")->allow_extra_args(false);
  app.add_option("--remove", options.remove, "Take this tag away")->type_name("TAG")->allow_extra_args(false);
}

Json run_tag(Context& context, const TagOptions& options) {
  require_selection(options);
  if (options.add.empty() && options.remove.empty())
    throw Error(ErrorCode::kUsage, "option.missing", "which tags?", "neither --add nor --remove was given");
  for (const auto& tag : options.remove)
    if (std::ranges::find(options.add, tag) != options.add.end())
      throw Error(ErrorCode::kUsage, "option.conflict", "the tag '" + tag + "' is both given and taken away");
  for (const auto& tag : options.add) expect_tag(tag);
  auto zoo = open_for_writing(context, options);
  Json networks = Json::array();
  std::vector<ZooRecord> changed;
  for (auto& record : chosen(zoo, options.names, options.where)) {
    const auto before = record.tags;
    record.tags.insert(options.add.begin(), options.add.end());
    for (const auto& tag : options.remove) record.tags.erase(tag);
    networks.push_back({{"id", record.id}, {"name", record.name}, {"tags", record.tags}});
    if (record.tags != before) changed.push_back(std::move(record));
  }
  zoo.update(changed);
  return {{"networks", std::move(networks)}};
}

struct AliasOptions : WaitOption {
  std::string alias, name;
};

void declare_alias(CLI::App& app, AliasOptions& options) {
  app.add_option("alias", options.alias, "A further name, such as svhn/best@champion; moves when it exists")
      ->required()
      ->type_name("ALIAS");
  app.add_option("network", options.name, "Name, alias or id")->required()->type_name("NETWORK");
  declare_wait(app, options);
}

Json run_alias(Context& context, const AliasOptions& options) {
  auto zoo = open_for_writing(context, options);
  zoo.set_alias(options.alias, options.name);
  const auto record = zoo.get(options.alias);
  return {{"id", record.id}, {"name", record.name}, {"alias", options.alias}};
}

struct UnaliasOptions : WaitOption {
  std::string alias;
};

void declare_unalias(CLI::App& app, UnaliasOptions& options) {
  app.add_option("alias", options.alias, "The alias; its network stays")->required()->type_name("ALIAS");
  declare_wait(app, options);
}

Json run_unalias(Context& context, const UnaliasOptions& options) {
  auto zoo = open_for_writing(context, options);
  const auto record = zoo.get(options.alias);
  zoo.remove_alias(options.alias);
  return {{"id", record.id}, {"name", record.name}, {"alias", options.alias}};
}

struct SetOptions : SelectionOptions, FactOptions {
  std::string architecture;
  std::vector<std::string> unset;
  Json config = Json::object();
};

void declare_set(CLI::App& app, SetOptions& options) {
  declare_selection(app, options);
  auto* architecture = app.add_option("--arch", options.architecture,
                                      "The plugin that describes the networks; their "
                                      "tensors must have its names and shapes")
                           ->type_name("PLUGIN")
                           ->check(not_empty());
  add_settings_option(app, "--set", options.config, "Configuration of the architecture, such as depth=20")
      ->needs(architecture);
  declare_facts(app, options);
  app.get_option("--facts")->excludes(app.get_option("networks"))->excludes(app.get_option("--where"));
  app.add_option("--unset", options.unset, "Forget this: dataset, family, split, notes, parent, hyper.KEY or a metric")
      ->type_name("FIELD")
      ->allow_extra_args(false);
}

// The setting that queries call `path`: keys may hold dots themselves. False where there is none.
bool forget(Json& settings, const std::string& path) {
  if (!settings.is_object()) return false;
  if (settings.erase(path) > 0) return true;
  const auto dot = path.find('.');
  const auto member = dot == std::string::npos ? settings.end() : settings.find(path.substr(0, dot));
  if (member == settings.end() || !forget(*member, path.substr(dot + 1))) return false;
  if (member->empty()) settings.erase(member);  // where nothing is left a value may stand again
  return true;
}

constexpr std::string_view kHyperField = "hyper.";
constexpr std::pair<std::string_view, std::string ZooRecord::*> kUnsettable[] = {{"dataset", &ZooRecord::dataset},
                                                                                 {"family", &ZooRecord::family},
                                                                                 {"split", &ZooRecord::split},
                                                                                 {"notes", &ZooRecord::notes}};

void unset(ZooRecord& record, const std::string& field) {
  for (const auto& [name, text] : kUnsettable)
    if (field == name) return (record.*text).clear();
  if (field == "parent") return record.parents.clear();
  if (field.starts_with(kHyperField) && forget(record.hyperparameters, field.substr(kHyperField.size()))) return;
  if (record.metrics.erase(field) == 0)
    throw Error(ErrorCode::kUsage, "set.unknown_field", "cannot forget '" + field + "' of '" + record.name + "'",
                "it has no such metric", "name dataset, family, split, notes, parent, hyper.KEY or one of its metrics");
}

// The tensors of a network whose architecture is given later are what they are.
void expect_to_fit(const Zoo& zoo, const ZooRecord& record, const NetworkDescription& description) {
  const auto tensors = zoo.weights(record);
  const auto dialect = detect_dialect(description, tensors);
  if (dialect != "canonical")
    throw Error(ErrorCode::kUsage, "set.dialect", "cannot say that '" + record.name + "' is " + description.label(),
                "its tensors are stored under the names of '" + dialect + "'",
                "export it, and import it again with --arch and --replace");
  to_canonical(description, dialect, tensors);  // names what has another shape
}

// A network, and what a table says of it.
struct Stated {
  ZooRecord record;
  ZooRecord facts;
};

std::vector<Stated> stated_in_table(const Zoo& zoo, const std::string& table) {
  std::vector<Stated> out;
  std::set<std::string> seen;
  std::string unknown;
  for (auto& row : read_facts(table)) {
    if (zoo.knows(row.name)) {
      out.push_back({zoo.get(row.name), std::move(row.facts)});
      if (!seen.insert(out.back().record.id).second)
        throw Error(ErrorCode::kRefused, "facts.value", "cannot use '" + table + "'",
                    row.where + ": '" + row.name + "' is a network that stands there already")
            .at(table);
      continue;
    }
    unknown += "\n  " + row.where + ": " + (row.name.empty() ? "it names a path" : "'" + row.name + "'");
  }
  if (!unknown.empty())
    throw Error(ErrorCode::kRefused, "facts.no_network", "cannot use '" + table + "'",
                "the zoo has no such networks:" + unknown, "take the lines out, or import the networks first")
        .at(table);
  return out;
}

// Is a value given for what --unset calls `field`?
bool states(const SetOptions& options, const ZooRecord& given, const std::string& field) {
  for (const auto& [name, text] : kUnsettable)
    if (field == name) return !(given.*text).empty();
  if (field == "parent") return !options.parents.empty();
  auto settings = given.hyperparameters;
  if (field.starts_with(kHyperField) && forget(settings, field.substr(kHyperField.size()))) return true;
  return given.metrics.contains(field);
}

void expect_no_contradiction(const SetOptions& options, const ZooRecord& given) {
  for (const auto& field : options.unset)
    if (states(options, given, field))
      throw Error(ErrorCode::kUsage, "option.conflict", "'" + field + "' is both set and forgotten", "",
                  "leave out --unset: what is set takes the place of what was there");
}

std::vector<Stated> stated_networks(const Zoo& zoo, const SetOptions& options) {
  if (!options.table.empty()) return stated_in_table(zoo, options.table);
  std::vector<Stated> out;
  for (auto& record : chosen(zoo, options.names, options.where)) out.push_back({std::move(record), {}});
  return out;
}

void expect_something_to_set(const SetOptions& options) {
  if (options.table.empty()) require_selection(options);
  const bool anything = !options.architecture.empty() || !options.dataset.empty() || !options.family.empty() ||
                        !options.split.empty() || !options.notes.empty() || !options.metrics.empty() ||
                        !options.unset.empty() || !options.parents.empty() || !options.hyperparameters.empty() ||
                        !options.table.empty();
  if (!anything)
    throw Error(ErrorCode::kUsage, "option.missing", "set what?", "no fact was given",
                "see `weightloom zoo set --help`");
}

Json run_set(Context& context, const SetOptions& options) {
  expect_something_to_set(options);
  auto given = stated(options);
  given.architecture = options.architecture;
  given.config = options.config;
  expect_no_contradiction(options, given);
  auto zoo = open_for_writing(context, options);
  Plugins plugins(context);
  std::vector<ZooRecord> records;
  for (auto& [record, facts] : stated_networks(zoo, options)) {
    const auto said_parents = facts.parents;
    state_facts(facts, given);
    if (!facts.architecture.empty()) {
      expect_to_fit(zoo, record, plugins.get().describe(facts.architecture, facts.config));
      complete_architecture(plugins.get(), facts);
    }
    for (const auto& field : options.unset) unset(record, field);
    state_facts(record, facts);
    for (const auto& parent : said_parents) add_parent(record, parent_link(zoo, parent.parent));
    for (const auto& parent : options.parents) add_parent(record, parent_link(zoo, parent));
    expect_storable(record);
    records.push_back(std::move(record));
  }
  zoo.update(records);
  Json networks = Json::array();
  for (const auto& record : records) networks.push_back({{"id", record.id}, {"name", record.name}});
  return {{"networks", std::move(networks)}};
}

struct RenameOptions : WaitOption {
  std::string name, new_name;
};

void declare_rename(CLI::App& app, RenameOptions& options) {
  app.add_option("network", options.name, "Name, alias or id")->required()->type_name("NETWORK");
  app.add_option("new_name", options.new_name, "Its new name")->required()->type_name("NEW");
  declare_wait(app, options);
}

Json run_rename(Context& context, const RenameOptions& options) {
  auto zoo = open_for_writing(context, options);
  const auto record = zoo.get(options.name);
  zoo.rename(options.name, options.new_name);
  return {{"id", record.id}, {"name", options.new_name}, {"old_name", record.name}};
}

struct RemoveOptions : SelectionOptions {
  bool dry_run = false, purge = false;
};

void declare_remove(CLI::App& app, RemoveOptions& options) {
  declare_selection(app, options);
  app.add_flag("--purge", options.purge, "Remove them for good, past the trash, and give their room back");
  auto* dry_run = app.add_flag("--dry-run", options.dry_run, "Say what would be removed; change nothing");
  app.get_option("--wait")->excludes(dry_run);
}

constexpr std::size_t kMostAsked = 20;  // networks that a question names

std::string names_to_remove(const std::vector<ZooRecord>& records) {
  std::string text;
  for (std::size_t i = 0; i < std::min(records.size(), kMostAsked); ++i)
    text += records[i].name + " (" + format_size(static_cast<std::uint64_t>(records[i].bytes)) + ")\n";
  if (records.size() > kMostAsked) text += "and " + std::to_string(records.size() - kMostAsked) + " more\n";
  return text;
}

std::string counted(std::size_t networks, std::int64_t bytes) {
  return std::to_string(networks) + (networks == 1 ? " network (" : " networks (") +
         format_size(static_cast<std::uint64_t>(bytes)) + ")";
}

std::string question(std::size_t networks, std::int64_t bytes, Removal how, const Garbage& crowded_out, bool purge) {
  const auto what = counted(networks, bytes);
  if (how == Removal::kForGood)
    return "remove " + what + " for good" + (purge ? "?" : ", since the trash keeps no more than the zoo has left?");
  if (crowded_out.networks == 0) return "move " + what + " to the trash?";
  return "move " + what + " to the trash, which " + counted(crowded_out.networks, crowded_out.bytes) +
         " of before will leave for good?";
}

Json run_remove(Context& context, const RemoveOptions& options) {
  require_selection(options);
  auto zoo = options.purge ? open_to_remove(context, options, options.dry_run)
                           : open_to_change(context, options, options.dry_run);
  const auto records = chosen(zoo, options.names, options.where);
  for (const auto& name : options.names)
    if (zoo.knows(name)) zoo.expect_itself(name);
  std::int64_t bytes = 0;
  Json networks = Json::array();
  std::vector<std::string> ids;
  for (const auto& record : records) {
    bytes += record.bytes;
    networks.push_back(imported_json(record));
    ids.push_back(record.id);
  }
  const auto how = options.purge ? Removal::kForGood : zoo.removal(ids);
  const auto crowded_out = how == Removal::kForGood ? Garbage() : zoo.crowded_out(ids);
  const bool remove =
      !options.dry_run && !records.empty() &&
      context.confirm(question(records.size(), bytes, how, crowded_out, options.purge), names_to_remove(records));
  if (remove) zoo.remove(ids, how);
  return {{"removed", remove},
          {"to_trash", how == Removal::kToTrash},
          {"bytes", bytes},
          {"networks", std::move(networks)},
          {"crowded_out", {{"networks", crowded_out.networks}, {"bytes", crowded_out.bytes}}}};
}

void print_remove(Printer& printer, const Json& result) {
  const bool to_trash = result.at("to_trash").get<bool>();
  const std::string verb =
      std::string(result.at("removed").get<bool>() ? "" : "would have ") + (to_trash ? "moved " : "removed ");
  for (const auto& network : result.at("networks"))
    printer.line(verb + network.at("name").get<std::string>() + " (" +
                 format_value(network.at("bytes"), Format::kSize) + ")" + (to_trash ? " to the trash" : " for good"));
  const auto& crowded_out = result.at("crowded_out");
  if (const auto networks = crowded_out.at("networks").get<std::size_t>(); networks > 0 && !result.at("removed"))
    printer.line(counted(networks, crowded_out.at("bytes")) + " of before would leave the trash for good");
}

View one_line(std::string (*text)(const Json&)) {
  return page([text](Printer& printer, const Json& result) { printer.line(text(result)); }, "id");
}

}  // namespace

void add_zoo_change_commands(CommandTable& table) {
  table.add<InitOptions>("zoo init", declare_init, run_init, page(print_init, "store"));
  table.add<ImportCommandOptions>("zoo import", declare_import, run_import, page(print_import));
  table.add<ExportOptions>("zoo export", declare_export, run_export, page(print_export, "path"));
  table.add<BundleOptions>("zoo bundle", declare_bundle, run_bundle, page(print_bundle, "path"));
  table.add<TagOptions>("zoo tag", declare_tag, run_tag, changing(listing("networks", "name", {{"name"}, {"tags"}})));
  table.add<AliasOptions>("zoo alias", declare_alias, run_alias, one_line([](const Json& result) {
                            return result.at("alias").get<std::string>() + " is " +
                                   result.at("name").get<std::string>();
                          }));
  table.add<UnaliasOptions>("zoo unalias", declare_unalias, run_unalias, one_line([](const Json& result) {
                              return result.at("alias").get<std::string>() + " is no longer an alias of " +
                                     result.at("name").get<std::string>();
                            }));
  table.add<SetOptions>("zoo set", declare_set, run_set, changing(listing("networks", "name", {{"name"}, {"id"}})));
  table.add<RenameOptions>("zoo rename", declare_rename, run_rename, one_line([](const Json& result) {
                             return result.at("old_name").get<std::string>() + " is now " +
                                    result.at("name").get<std::string>();
                           }));
  table.add<RemoveOptions>("zoo rm", declare_remove, run_remove, page(print_remove));
}

}  // namespace weightloom::cli
