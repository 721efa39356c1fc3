// Commands that make and change a zoo, and bring networks in and out.

#include <algorithm>

#include "cli/command_groups.hpp"
#include "cli/plugin_registry.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/network/dialect.hpp"
#include "weightloom/plugin/registry.hpp"
#include "weightloom/zoo/transfer.hpp"
#include "weightloom/zoo/zoo.hpp"

namespace weightloom::cli {
namespace {

struct WaitOption {
  double wait = 0;
};

void declare_wait(CLI::App& app, WaitOption& options) {
  app.add_option("--wait", options.wait, "Wait this long for another writer to finish")->type_name("SECONDS");
}

Zoo open_for_writing(const Context& context, const WaitOption& options) {
  return Zoo::open(context.zoo_directory(), Zoo::Access::kWrite, options.wait);
}

// Names, aliases, ids, globs, "-" for names on standard input, and a query, as records without repetition.
std::vector<ZooRecord> chosen(const Zoo& zoo, const std::vector<std::string>& names, const std::string& where) {
  std::vector<ZooRecord> records;
  const auto add = [&](ZooRecord record) {
    if (std::ranges::none_of(records, [&](const auto& known) { return known.id == record.id; }))
      records.push_back(std::move(record));
  };
  for (const auto& name : Context::names_or_stdin(names)) {
    if (name.find_first_of("*?[") == std::string::npos || zoo.contains(name)) {
      add(zoo.get(name));
      continue;
    }
    auto found = zoo.find(parse_query("name:" + Json(name).dump()));
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
      ->type_name("NAME...");
  app.add_option("--where", options.where, "Also the networks that satisfy this query")->type_name("QUERY");
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

struct ImportCommandOptions : WaitOption {
  std::vector<std::string> paths, metrics, tags;
  std::string name, architecture, dialect, dataset, family, split, notes;
  Json config = Json::object();
  bool dry_run = false;
};

void declare_import(CLI::App& app, ImportCommandOptions& options) {
  app.add_option("paths", options.paths, "Weights files, the index of a sharded one, folders, or quoted globs")
      ->required()
      ->type_name("PATH...");
  app.add_option("--name", options.name, "Name of the network; goes before the names of several")->type_name("NAME");
  auto* architecture =
      app.add_option(
             "--arch", options.architecture,
             "The plugin that describes the networks; their tensors are brought to its names and layouts. Without it, "
             "what the files' own records say; files without one are stored as they are")
          ->type_name("PLUGIN");
  add_settings_option(app, "--set", options.config, "Configuration of the architecture, such as depth=20")
      ->needs(architecture);
  app.add_option("--dialect", options.dialect, "How the files name their tensors; without it, found out")
      ->needs(architecture)
      ->type_name("NAME");
  app.add_option("--dataset", options.dataset, "What the network was trained on")->type_name("DATA");
  app.add_option("--family", options.family, "Lineage that shares an anchor")->type_name("NAME");
  app.add_option("--split", options.split, "train or held-out: what may be learnt from it")->type_name("SPLIT");
  app.add_option("--metric", options.metrics, "A measured figure, such as test_accuracy=0.91")->type_name("KEY=VALUE");
  app.add_option("--tag", options.tags, "A tag")->type_name("TAG");
  app.add_option("--notes", options.notes, "Free text")->type_name("TEXT");
  app.add_flag("--dry-run", options.dry_run, "Say what would be imported; change nothing");
  declare_wait(app, options);
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
    metrics[assignment.substr(0, equals)] = value.get<double>();
  }
  return metrics;
}

Json imported_json(const ZooRecord& record) {
  return {{"id", record.id}, {"name", record.name}, {"params", record.parameters}, {"bytes", record.bytes}};
}

Json files_json(const std::vector<ImportFile>& files) {
  Json out = Json::array();
  for (const auto& file : files) out.push_back({{"name", file.name}, {"path", file.path.string()}});
  return out;
}

// Every file is checked against the architecture that the command line names, and converted to it.
void use_architecture(const Context& context, const ImportCommandOptions& options, ImportOptions& import_options) {
  const auto registry = plugin_registry(context);
  const auto description = registry.describe(options.architecture, options.config);
  import_options.facts.architecture = description.architecture;
  import_options.facts.plugin_version = registry.find(options.architecture).version;
  import_options.facts.config = description.config;
  const auto dialect = options.dialect;
  import_options.to_canonical = [description, dialect](const NetworkFile& file) {
    const auto from = dialect.empty() ? detect_dialect(description, file.tensors) : dialect;
    return to_canonical(description, from, file.tensors).tensors;
  };
}

// Files say what they are; only those exported for another library need the plugin that their record names.
void use_records(const Context& context, ImportOptions& import_options) {
  import_options.to_canonical = [&context](const NetworkFile& file) {
    if (!file.record || file.dialect == "canonical") return file.tensors;
    const auto description = plugin_registry(context).describe(file.record->architecture, file.record->config);
    return to_canonical(description, file.dialect, file.tensors).tensors;
  };
}

Json run_import(Context& context, const ImportCommandOptions& options) {
  ImportOptions import_options;
  if (options.architecture.empty())
    use_records(context, import_options);
  else
    use_architecture(context, options, import_options);
  import_options.facts.dataset = options.dataset;
  import_options.facts.family = options.family;
  import_options.facts.split = options.split;
  import_options.facts.notes = options.notes;
  import_options.facts.metrics = parse_metrics(options.metrics);
  import_options.facts.tags = {options.tags.begin(), options.tags.end()};
  const auto files = files_to_import(options.paths, options.name);
  if (options.dry_run) return {{"dry_run", true}, {"would_import", files_json(files)}};
  auto zoo = open_for_writing(context, options);
  const auto result = import_networks(zoo, files, import_options, context.progress());
  for (const auto& warning : result.warnings) context.warn(warning);
  Json stored = Json::array();
  for (const auto& record : result.stored) stored.push_back(imported_json(record));
  return {{"dry_run", false},
          {"imported", std::move(stored)},
          {"skipped", files_json(result.skipped)},
          {"warnings", result.warnings}};
}

void print_import(Printer& printer, const Json& result) {
  if (result.at("dry_run").get<bool>()) {
    for (const auto& file : result.at("would_import"))
      printer.line("would import " + file.at("path").get<std::string>() + " as " + file.at("name").get<std::string>());
    return;
  }
  printer.table({{"name", "imported"}, {"params", "weights", Format::kCount}, {"bytes", "size", Format::kSize}, {"id"}},
                result.at("imported"));
  if (const auto skipped = result.at("skipped").size())
    printer.line(std::to_string(skipped) + " skipped: stored before, from the same bytes");
}

struct ExportOptions {
  std::string name, out, dialect = "canonical";
};

void declare_export(CLI::App& app, ExportOptions& options) {
  app.add_option("network", options.name, "Name, alias or id")->required()->type_name("NAME");
  app.add_option("--out,-o", options.out, "The safetensors file to write")->required()->type_name("FILE");
  app.add_option("--dialect", options.dialect, "Write the tensors under the names and layouts of another library")
      ->type_name("NAME");
}

Json run_export(Context& context, const ExportOptions& options) {
  const auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kRead);
  const auto record = zoo.get(options.name);
  auto tensors = zoo.weights(record);
  if (options.dialect != "canonical") {
    if (record.architecture.empty())
      throw Error(ErrorCode::kUsage, "export.no_architecture",
                  "cannot export '" + record.name + "' as " + options.dialect, "the zoo does not know its architecture",
                  "import it again with --arch");
    const auto description = plugin_registry(context).describe(record.architecture, record.config);
    tensors = to_dialect(description, options.dialect, tensors);
  }
  write_network(options.out, record, tensors, options.dialect);
  return {{"id", record.id},
          {"name", record.name},
          {"path", options.out},
          {"bytes", std::filesystem::file_size(options.out)}};
}

void print_export(Printer& printer, const Json& result) {
  printer.line("wrote " + result.at("path").get<std::string>() + " (" +
               format_value(result.at("bytes"), Format::kSize) + ")");
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
  auto zoo = open_for_writing(context, options);
  Json networks = Json::array();
  for (auto& record : chosen(zoo, options.names, options.where)) {
    throw_if_interrupted();
    const auto before = record.tags;
    record.tags.insert(options.add.begin(), options.add.end());
    for (const auto& tag : options.remove) record.tags.erase(tag);
    if (record.tags != before) zoo.update(record);
    networks.push_back({{"id", record.id}, {"name", record.name}, {"tags", record.tags}});
  }
  return {{"networks", std::move(networks)}};
}

struct AliasOptions : WaitOption {
  std::string alias, name;
};

void declare_alias(CLI::App& app, AliasOptions& options) {
  app.add_option("alias", options.alias, "A further name, such as svhn/best@champion; moves when it exists")
      ->required()
      ->type_name("ALIAS");
  app.add_option("network", options.name, "Name, alias or id")->required()->type_name("NAME");
  declare_wait(app, options);
}

Json run_alias(Context& context, const AliasOptions& options) {
  auto zoo = open_for_writing(context, options);
  zoo.set_alias(options.alias, options.name);
  const auto record = zoo.get(options.alias);
  return {{"id", record.id}, {"name", record.name}, {"alias", options.alias}};
}

struct RenameOptions : WaitOption {
  std::string name, new_name;
};

void declare_rename(CLI::App& app, RenameOptions& options) {
  app.add_option("network", options.name, "Name, alias or id")->required()->type_name("NAME");
  app.add_option("new_name", options.new_name, "Its new name")->required()->type_name("NEW");
  declare_wait(app, options);
}

Json run_rename(Context& context, const RenameOptions& options) {
  auto zoo = open_for_writing(context, options);
  const auto record = zoo.get(options.name);
  zoo.rename(record.id, options.new_name);
  return {{"id", record.id}, {"name", options.new_name}, {"old_name", record.name}};
}

struct RemoveOptions : SelectionOptions {
  bool dry_run = false;
};

void declare_remove(CLI::App& app, RemoveOptions& options) {
  declare_selection(app, options);
  app.add_flag("--dry-run", options.dry_run, "Say what would be removed; change nothing");
}

Json run_remove(Context& context, const RemoveOptions& options) {
  require_selection(options);
  auto zoo =
      options.dry_run ? Zoo::open(context.zoo_directory(), Zoo::Access::kRead) : open_for_writing(context, options);
  const auto records = chosen(zoo, options.names, options.where);
  std::int64_t bytes = 0;
  Json networks = Json::array();
  for (const auto& record : records) {
    bytes += record.bytes;
    networks.push_back(imported_json(record));
  }
  const auto count = std::to_string(records.size()) + (records.size() == 1 ? " network" : " networks");
  const bool remove =
      !options.dry_run && !records.empty() &&
      context.confirm("remove " + count + " (" + format_size(static_cast<std::uint64_t>(bytes)) + ") for good?");
  if (remove)
    for (const auto& record : records) {
      throw_if_interrupted();
      zoo.remove(record.id);
    }
  return {{"removed", remove}, {"bytes", bytes}, {"networks", std::move(networks)}};
}

void print_remove(Printer& printer, const Json& result) {
  const std::string verb = result.at("removed").get<bool>() ? "removed " : "would remove ";
  for (const auto& network : result.at("networks"))
    printer.line(verb + network.at("name").get<std::string>() + " (" +
                 format_value(network.at("bytes"), Format::kSize) + ")");
}

View one_line(std::string (*text)(const Json&)) {
  return page([text](Printer& printer, const Json& result) { printer.line(text(result)); }, "id");
}

}  // namespace

void add_zoo_change_commands(CommandTable& table) {
  table.add<InitOptions>("zoo init", declare_init, run_init, page(print_init, "store"));
  table.add<ImportCommandOptions>("zoo import", declare_import, run_import, page(print_import));
  table.add<ExportOptions>("zoo export", declare_export, run_export, page(print_export, "path"));
  table.add<TagOptions>("zoo tag", declare_tag, run_tag, listing("networks", "name", {{"name"}, {"tags"}}));
  table.add<AliasOptions>("zoo alias", declare_alias, run_alias, one_line([](const Json& result) {
                            return result.at("alias").get<std::string>() + " is " +
                                   result.at("name").get<std::string>();
                          }));
  table.add<RenameOptions>("zoo rename", declare_rename, run_rename, one_line([](const Json& result) {
                             return result.at("old_name").get<std::string>() + " is now " +
                                    result.at("name").get<std::string>();
                           }));
  table.add<RemoveOptions>("zoo rm", declare_remove, run_remove, page(print_remove));
}

}  // namespace weightloom::cli
