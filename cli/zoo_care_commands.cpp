// Commands that keep a zoo's networks safe: copies, and one zoo into another.

#include "cli/command_groups.hpp"
#include "cli/zoo_access.hpp"
#include "weightloom/zoo/backup.hpp"
#include "weightloom/zoo/bundle.hpp"
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

// Networks that a copy lacks weights of: there is one, and it is not whole.
void tell_lacking(Context& context, Json& out, const std::vector<std::string>& networks) {
  out["lacking"] = networks;
  if (!networks.empty()) context.exit_with(ErrorCode::kDamaged);
}

void print_lacking(Printer& printer, const Json& result) {
  for (const auto& name : result.at("lacking"))
    printer.line("damage: weights of " + name.get<std::string>() + " are missing; importing its file again mends it");
}

struct BackupCommandOptions : BackupOptions, WaitOption {
  std::string folder;
};

void declare_backup(CLI::App& app, BackupCommandOptions& options) {
  app.add_option("folder", options.folder, "Where its backups are kept: new, empty, or with earlier ones")
      ->required()
      ->type_name("DIR");
  app.add_option("--keep", options.keep, "Remove all but the newest N backups; default: none")
      ->check(positive_number())
      ->type_name("N");
  app.add_flag("--recheck", options.recheck,
               "Also read what earlier backups have, and copy again what is not as it was");
  app.add_flag("--damaged", options.damaged,
               "Back up a zoo whose weights are damaged: leave those out, and say which networks lack them");
  declare_wait(app, options);
}

Json run_backup(Context& context, const BackupCommandOptions& options) {
  auto zoo = open_for_writing(context, options);
  const auto result = back_up(zoo, options.folder, options, context.progress());
  auto out = backup_json(result.backup);
  out["folder"] = options.folder;
  out["files_copied"] = result.files_copied;
  out["bytes_copied"] = result.bytes_copied;
  out["files_shared"] = result.files_shared;
  out["removed"] = result.removed;
  out["mended"] = result.mended;
  out["regained"] = result.regained;
  out["findings"] = result.findings;
  for (const auto& finding : result.findings) context.warn("damage: " + finding);
  tell_lacking(context, out, result.lacking);
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
  for (const auto& file : result.at("mended"))
    printer.line("wrote " + file.get<std::string>() + " anew, which was damaged");
  for (const auto& id : result.at("regained")) printer.line("backup " + id.dump() + " is whole again");
  print_lacking(printer, result);
}

struct BackupsOptions {
  std::string folder;
  bool check = false;
};

void declare_backups(CLI::App& app, BackupsOptions& options) {
  app.add_option("folder", options.folder, "Where backups are kept")->required()->type_name("DIR");
  app.add_flag("--check", options.check, "Read every file of every backup against its checksum");
}

Json run_backups(Context& context, const BackupsOptions& options) {
  Json list = Json::array(), findings = Json::array();
  for (const auto& backup : backups(options.folder)) list.push_back(backup_json(backup));
  findings = options.check ? check_backups(options.folder, context.progress()) : lost_backups(options.folder);
  for (const auto& finding : findings) context.warn("damage: " + finding.get<std::string>());
  if (!findings.empty()) context.exit_with(ErrorCode::kDamaged);
  if (options.check && findings.empty()) context.note("no damage found");
  return {{"backups", std::move(list)}, {"checked", options.check}, {"findings", std::move(findings)}};
}

struct RestoreOptions {
  std::string folder, zoo;
  std::uint32_t backup = 0;
};

void declare_restore(CLI::App& app, RestoreOptions& options) {
  app.add_option("folder", options.folder, "Where backups are kept")->required()->type_name("DIR");
  app.add_option("zoo", options.zoo, "The zoo to make: a new or empty folder")->required()->type_name("DIR");
  app.add_option("--backup", options.backup, "Which one, by its number in `zoo backups`; default: the newest")
      ->check(positive_number())
      ->type_name("N");
}

Json run_restore(Context& context, const RestoreOptions& options) {
  const auto result = restore_backup(options.folder, options.zoo, options.backup, context.progress());
  auto out = backup_json(result.backup);
  out["path"] = options.zoo;
  tell_lacking(context, out, result.lacking);
  out["repairs"] = result.repairs;
  if (!result.repairs.empty()) context.exit_with(ErrorCode::kDamaged);
  return out;
}

void print_restore(Printer& printer, const Json& result) {
  printer.line("restored backup " + result.at("backup").dump() + " of " + result.at("created").get<std::string>() +
               " to " + result.at("path").get<std::string>() + ": " + result.at("networks").dump() + " networks, " +
               format_value(result.at("bytes"), Format::kSize));
  for (const auto& repair : result.at("repairs")) printer.line(repair.get<std::string>());
  print_lacking(printer, result);
}

struct MergeCommandOptions : WaitOption {
  std::string other, where, taken = "skip";
  bool dry_run = false;
};

void declare_merge(CLI::App& app, MergeCommandOptions& options) {
  app.add_option("other", options.other, "The zoo, or the bundle, whose networks come in; it is only read")
      ->required()
      ->type_name("DIR|FILE");
  app.add_option("--where", options.where, "Only its networks that satisfy this query")
      ->check(query_text())
      ->type_name("QUERY");
  app.add_option("--taken", options.taken,
                 "What becomes of a network whose name has other weights here: skip, rename (NAME~2), or replace what "
                 "is here")
      ->check(CLI::IsMember({"skip", "rename", "replace"}))
      ->type_name("WAY");
  auto* dry_run = app.add_flag("--dry-run", options.dry_run, "Say what would come in; change nothing");
  declare_wait(app, options)->excludes(dry_run);
}

MergeResult merge_other(Context& context, const MergeCommandOptions& options, const MergeOptions& merging) {
  if (std::filesystem::is_regular_file(options.other)) {
    auto into = open_to_change(context, options, options.dry_run);
    return merge_bundle(into, options.other, merging, context.progress());
  }
  const auto from = Zoo::open(options.other, Zoo::Access::kRead);
  auto into = open_to_change(context, options, options.dry_run);
  return merge(into, from, merging, context.progress());
}

Json run_merge(Context& context, const MergeCommandOptions& options) {
  MergeOptions merging;
  merging.taken = options.taken == "rename"    ? MergeOptions::Taken::kRename
                  : options.taken == "replace" ? MergeOptions::Taken::kReplace
                                               : MergeOptions::Taken::kSkip;
  merging.where = options.where;
  merging.dry_run = options.dry_run;
  const auto result = merge_other(context, options, merging);
  if (!result.skipped.empty() || !result.in_trash.empty()) context.exit_with(ErrorCode::kRefused);
  if (!result.damaged.empty()) context.exit_with(ErrorCode::kDamaged);
  for (const auto& warning : result.warnings) context.warn(warning);
  Json added = Json::array(), renamed = Json::array(), damaged = Json::array();
  for (const auto& record : result.added)
    added.push_back({{"id", record.id}, {"name", record.name}, {"params", record.parameters}, {"bytes", record.bytes}});
  for (const auto& [name, new_name] : result.renamed) renamed.push_back({{"from", name}, {"to", new_name}});
  for (const auto& network : result.damaged) damaged.push_back({{"name", network.name}, {"why", network.why}});
  return {
      {"dry_run", options.dry_run},    {"added", std::move(added)},     {"renamed", std::move(renamed)},
      {"replaced", result.replaced},   {"present", result.present},     {"mended", result.mended},
      {"skipped", result.skipped},     {"undeleted", result.undeleted}, {"in_trash", result.in_trash},
      {"damaged", std::move(damaged)}, {"aliases", result.aliases},     {"aliases_skipped", result.aliases_skipped}};
}

void print_merge(Printer& printer, const Json& result) {
  const bool dry_run = result.at("dry_run").get<bool>();
  printer.line((dry_run ? "would add " : "added ") + std::to_string(result.at("added").size()) + " networks and " +
               std::to_string(result.at("aliases").size()) + " aliases");
  if (const auto present = result.at("present").size()) printer.line(std::to_string(present) + " were here before");
  for (const auto& name : result.at("mended")) printer.line("mended " + name.get<std::string>());
  for (const auto& one : result.at("renamed"))
    printer.line(one.at("from").get<std::string>() + " came as " + one.at("to").get<std::string>());
  for (const auto& name : result.at("replaced")) printer.line("replaced " + name.get<std::string>());
  for (const auto& name : result.at("skipped"))
    printer.line("skipped " + name.get<std::string>() +
                 ": the name is taken by other weights; --taken says what to do");
  for (const auto& name : result.at("undeleted"))
    printer.line(name.get<std::string>() + (dry_run ? " would come" : " came") + " back from the trash, as it was");
  for (const auto& name : result.at("in_trash"))
    printer.line("skipped " + name.get<std::string>() +
                 ": it is in the trash here, and its name is taken; `weightloom zoo undelete` brings it back");
  for (const auto& network : result.at("damaged"))
    printer.line("damage: " + network.at("name").get<std::string>() + ": " + network.at("why").get<std::string>());
  for (const auto& alias : result.at("aliases_skipped"))
    printer.line("skipped the alias " + alias.get<std::string>() + ", which means something else here");
}

struct QuotaOptions : WaitOption {
  std::string size;
};

void declare_quota(CLI::App& app, QuotaOptions& options) {
  auto* size = app.add_option("size", options.size,
                              "The most that all weights may take, such as 10GB; none takes the limit away")
                   ->type_name("SIZE");
  declare_wait(app, options)->needs(size);
}

Json run_quota(Context& context, const QuotaOptions& options) {
  auto zoo = open_to_change(context, options, options.size.empty());
  if (options.size == "none")
    zoo.set_quota(std::nullopt);
  else if (!options.size.empty())
    zoo.set_quota(parse_size("the quota", options.size, 0));
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
  table.add<BackupsOptions>("zoo backups", declare_backups, run_backups,
                            listing("backups", "backup",
                                    {{"backup", "", Format::kNumber},
                                     {"created"},
                                     {"networks", "", Format::kCount},
                                     {"bytes", "size", Format::kSize}}));
  table.add<RestoreOptions>("zoo restore", declare_restore, run_restore, page(print_restore, "path"));
  table.add<QuotaOptions>("zoo quota", declare_quota, run_quota, page(print_quota));
  table.add<MergeCommandOptions>("zoo merge", declare_merge, run_merge, page(print_merge));
}

}  // namespace weightloom::cli
