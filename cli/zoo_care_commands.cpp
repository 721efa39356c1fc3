// Commands that keep a zoo's networks safe: copies, and one zoo into another.

#include "cli/command_groups.hpp"
#include "weightloom/base/units.hpp"
#include "weightloom/zoo/backup.hpp"
#include "weightloom/zoo/merge.hpp"

namespace weightloom::cli {
namespace {

Json backup_json(const Backup& backup) {
  return {{"backup", backup.id},
          {"created", backup.created},
          {"store", backup.zoo},
          {"networks", backup.networks},
          {"bytes", backup.bytes}};
}

struct BackupCommandOptions : BackupOptions {
  std::string folder;
  double wait = 0;
};

void declare_backup(CLI::App& app, BackupCommandOptions& options) {
  app.add_option("folder", options.folder, "Where its backups are kept: new, empty, or with earlier ones")
      ->required()
      ->type_name("FOLDER");
  app.add_option("--keep", options.keep, "Remove all but the newest N backups; default: none")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
  app.add_flag("--recheck", options.recheck,
               "Also read what earlier backups have, and copy again what is not as it was");
  app.add_option("--wait", options.wait, "Wait this long for another writer to finish")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
}

Json run_backup(Context& context, const BackupCommandOptions& options) {
  auto zoo = Zoo::open(context.zoo_directory(), Zoo::Access::kWrite, options.wait);
  const auto result = back_up(zoo, options.folder, options, context.progress());
  auto out = backup_json(result.backup);
  out["folder"] = options.folder;
  out["files_copied"] = result.files_copied;
  out["bytes_copied"] = result.bytes_copied;
  out["files_shared"] = result.files_shared;
  out["removed"] = result.removed;
  return out;
}

void print_backup(Printer& printer, const Json& result) {
  printer.line("backup " + result.at("backup").dump() + " in " + result.at("folder").get<std::string>() + ": " +
               result.at("networks").dump() + " networks, " + format_value(result.at("bytes"), Format::kSize));
  printer.line("copied " + result.at("files_copied").dump() + " files of weights (" +
               format_value(result.at("bytes_copied"), Format::kSize) + "), shared " +
               result.at("files_shared").dump() + " with earlier backups");
  if (!result.at("removed").empty())
    printer.line("removed " + std::to_string(result.at("removed").size()) + " older backups");
}

struct BackupsOptions {
  std::string folder;
  bool check = false;
};

void declare_backups(CLI::App& app, BackupsOptions& options) {
  app.add_option("folder", options.folder, "Where backups are kept")->required()->type_name("FOLDER");
  app.add_flag("--check", options.check, "Read every file of every backup against its checksum");
}

Json run_backups(Context& context, const BackupsOptions& options) {
  Json list = Json::array(), findings = Json::array();
  for (const auto& backup : backups(options.folder)) list.push_back(backup_json(backup));
  if (options.check) findings = check_backups(options.folder, context.progress());
  if (!findings.empty()) context.exit_with(ErrorCode::kDamaged);
  return {{"backups", std::move(list)}, {"checked", options.check}, {"findings", std::move(findings)}};
}

void print_backups(Printer& printer, const Json& result) {
  printer.table({{"backup"}, {"created"}, {"networks", "", Format::kCount}, {"bytes", "size", Format::kSize}},
                result.at("backups"));
  for (const auto& finding : result.at("findings")) printer.line("damage: " + finding.get<std::string>());
  if (result.at("checked").get<bool>() && result.at("findings").empty()) printer.line("no damage found");
}

struct RestoreOptions {
  std::string folder, zoo;
  std::uint32_t backup = 0;
};

void declare_restore(CLI::App& app, RestoreOptions& options) {
  app.add_option("folder", options.folder, "Where backups are kept")->required()->type_name("FOLDER");
  app.add_option("zoo", options.zoo, "The zoo to make: a new or empty folder")->required()->type_name("DIR");
  app.add_option("--backup", options.backup, "Which one, by its number in `zoo backups`; default: the newest")
      ->check(CLI::PositiveNumber)
      ->type_name("N");
}

Json run_restore(Context& context, const RestoreOptions& options) {
  auto out = backup_json(restore_backup(options.folder, options.zoo, options.backup, context.progress()));
  out["path"] = options.zoo;
  return out;
}

void print_restore(Printer& printer, const Json& result) {
  printer.line("restored backup " + result.at("backup").dump() + " of " + result.at("created").get<std::string>() +
               " to " + result.at("path").get<std::string>() + ": " + result.at("networks").dump() + " networks, " +
               format_value(result.at("bytes"), Format::kSize));
}

struct MergeCommandOptions {
  std::string other, where, taken = "skip";
  bool dry_run = false;
  double wait = 0;
};

void declare_merge(CLI::App& app, MergeCommandOptions& options) {
  app.add_option("other", options.other, "The zoo whose networks come in; it is only read")
      ->required()
      ->type_name("DIR");
  app.add_option("--where", options.where, "Only its networks that satisfy this query")->type_name("QUERY");
  app.add_option("--taken", options.taken,
                 "What becomes of a network whose name has other weights here: skip, rename (NAME~2), or replace what "
                 "is here")
      ->check(CLI::IsMember({"skip", "rename", "replace"}))
      ->type_name("WAY");
  app.add_flag("--dry-run", options.dry_run, "Say what would come in; change nothing");
  app.add_option("--wait", options.wait, "Wait this long for another writer to finish")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
}

Json run_merge(Context& context, const MergeCommandOptions& options) {
  MergeOptions merging;
  merging.taken = options.taken == "rename"    ? MergeOptions::Taken::kRename
                  : options.taken == "replace" ? MergeOptions::Taken::kReplace
                                               : MergeOptions::Taken::kSkip;
  merging.where = options.where;
  merging.dry_run = options.dry_run;
  const auto from = Zoo::open(options.other, Zoo::Access::kRead);
  auto into = options.dry_run ? Zoo::open(context.zoo_directory(), Zoo::Access::kRead)
                              : Zoo::open(context.zoo_directory(), Zoo::Access::kWrite, options.wait);
  const auto result = merge(into, from, merging, context.progress());
  if (!result.skipped.empty()) context.exit_with(ErrorCode::kRefused);
  Json added = Json::array(), renamed = Json::array();
  for (const auto& record : result.added)
    added.push_back({{"id", record.id}, {"name", record.name}, {"params", record.parameters}, {"bytes", record.bytes}});
  for (const auto& [name, new_name] : result.renamed) renamed.push_back({{"from", name}, {"to", new_name}});
  return {{"dry_run", options.dry_run},    {"added", std::move(added)},
          {"renamed", std::move(renamed)}, {"replaced", result.replaced},
          {"present", result.present},     {"skipped", result.skipped},
          {"aliases", result.aliases},     {"aliases_skipped", result.aliases_skipped}};
}

void print_merge(Printer& printer, const Json& result) {
  const bool dry_run = result.at("dry_run").get<bool>();
  printer.line((dry_run ? "would add " : "added ") + std::to_string(result.at("added").size()) + " networks and " +
               std::to_string(result.at("aliases").size()) + " aliases");
  if (const auto present = result.at("present").size()) printer.line(std::to_string(present) + " were here before");
  for (const auto& one : result.at("renamed"))
    printer.line(one.at("from").get<std::string>() + " came as " + one.at("to").get<std::string>());
  for (const auto& name : result.at("replaced")) printer.line("replaced " + name.get<std::string>());
  for (const auto& name : result.at("skipped"))
    printer.line("skipped " + name.get<std::string>() +
                 ": the name is taken by other weights; --taken says what to do");
  for (const auto& alias : result.at("aliases_skipped"))
    printer.line("skipped the alias " + alias.get<std::string>() + ", which means something else here");
}

struct QuotaOptions {
  std::string size;
  double wait = 0;
};

void declare_quota(CLI::App& app, QuotaOptions& options) {
  app.add_option("size", options.size, "The most that all weights may take, such as 10GB; none takes the limit away")
      ->type_name("SIZE");
  app.add_option("--wait", options.wait, "Wait this long for another writer to finish")
      ->check(CLI::NonNegativeNumber)
      ->type_name("SECONDS");
}

std::uint64_t bytes_of(const std::string& size) {
  const auto bytes = parse_number(size);
  if (!bytes || *bytes < 0 || *bytes > 0x1p60)
    throw Error(ErrorCode::kUsage, "option.value", "cannot use '" + size + "' as a size", "",
                "for example: 500MB, 10GB, 1.5GiB");
  return static_cast<std::uint64_t>(*bytes);
}

Json run_quota(Context& context, const QuotaOptions& options) {
  auto zoo = options.size.empty() ? Zoo::open(context.zoo_directory(), Zoo::Access::kRead)
                                  : Zoo::open(context.zoo_directory(), Zoo::Access::kWrite, options.wait);
  if (options.size == "none")
    zoo.set_quota(std::nullopt);
  else if (!options.size.empty())
    zoo.set_quota(bytes_of(options.size));
  const auto quota = zoo.quota();
  return {{"store", zoo.uuid()}, {"bytes", zoo.stored_bytes()}, {"quota", quota ? Json(*quota) : Json()}};
}

void print_quota(Printer& printer, const Json& result) {
  const auto& quota = result.at("quota");
  printer.line("weights take " + format_value(result.at("bytes"), Format::kSize) +
               (quota.is_null() ? ", without a limit" : " of " + format_value(quota, Format::kSize)));
}

}  // namespace

void add_zoo_care_commands(CommandTable& table) {
  table.add<BackupCommandOptions>("zoo backup", declare_backup, run_backup, page(print_backup, "backup"));
  table.add<BackupsOptions>("zoo backups", declare_backups, run_backups, page(print_backups));
  table.add<RestoreOptions>("zoo restore", declare_restore, run_restore, page(print_restore, "path"));
  table.add<QuotaOptions>("zoo quota", declare_quota, run_quota, page(print_quota));
  table.add<MergeCommandOptions>("zoo merge", declare_merge, run_merge, page(print_merge));
}

}  // namespace weightloom::cli
