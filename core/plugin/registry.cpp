#include "weightloom/plugin/registry.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "plugin_process.hpp"
#include "weightloom/base/config.hpp"
#include "weightloom/base/error.hpp"
#include "weightloom/base/log.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/plugin/loaded_plugin.hpp"

namespace weightloom {
namespace fs = std::filesystem;
namespace {

constexpr std::string_view kSuffix = ".wlplugin.so";

std::vector<fs::path> plugin_files(const fs::path& directory) {
  std::vector<fs::path> result;
  std::error_code error;
  for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error)) {
    std::error_code ignored;
    const bool file = entry->is_regular_file(ignored) || entry->is_symlink(ignored);
    if (file && entry->path().filename().string().ends_with(kSuffix)) result.push_back(entry->path());
  }
  if (error) log().debug("plugin directory {} skipped: {}", directory.string(), error.message());
  std::sort(result.begin(), result.end());  // the order of a directory is arbitrary, the registry's must not be
  return result;
}

bool anybody_writes(const struct stat& status) {
  return (status.st_mode & S_IWOTH) != 0;
}

// A plugin is code: what another user owns, in a file or a folder that everybody may write to, anybody may have put
// there.
void expect_trusted(const fs::path& file) {
  struct stat status {
  }, folder{};
  if (::stat(file.c_str(), &status) != 0 || ::stat(file.parent_path().c_str(), &folder) != 0) return;
  const bool ours = status.st_uid == ::geteuid() || status.st_uid == 0;
  if (ours || (!anybody_writes(status) && !anybody_writes(folder))) return;
  throw Error(ErrorCode::kPlugin, "plugin.untrusted", "cannot load plugin " + file.string(),
              "it belongs to another user, and everybody may write to it or to its folder",
              "take that permission away, or copy the file")
      .at(file.string());
}

Json parse_plugin_json(const PluginIdentity& identity, const char* function, const std::string& text) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::kPlugin, "plugin.contract", "plugin " + identity.id + " failed in '" + function + "'",
                std::string("it wrote malformed JSON: ") + error.what(),
                "report it to the author of " + identity.path.string())
        .at(identity.path.string());
  }
}

Error failure(const PluginIdentity& identity, PluginFunction function, const char* id, std::string why) {
  return Error(ErrorCode::kPlugin, id,
               "plugin " + identity.id + " failed in '" + std::string(function_name(function)) + "'", std::move(why),
               "report it to the author of " + identity.path.string() + " (version " + identity.version +
                   "), who finds it with 'weightloom plugin check'")
      .at(identity.path.string());
}

const char* error_id(Transcript::End end) {
  switch (end) {
    case Transcript::End::kSignal:
      return "plugin.crashed";
    case Transcript::End::kExit:
      return "plugin.exited";
    case Transcript::End::kTime:
      return "plugin.hung";
    case Transcript::End::kMemory:
      return "plugin.memory";
    case Transcript::End::kOutput:
      return "plugin.output";
    case Transcript::End::kWhole:
      break;
  }
  return "plugin.contract";
}

// The answer to a request's one call.
std::string final_answer(const PluginIdentity& identity, const SessionRequest& request, const Transcript& transcript) {
  const auto function = request.calls.front().function;
  if (transcript.printed > 0)
    log().debug("plugin {} printed {} bytes in '{}'", identity.id, transcript.printed, function_name(function));
  for (const auto& answer : transcript.answers)
    if (const auto* error = std::get_if<Error>(&answer)) throw *error;
  if (transcript.end != Transcript::End::kWhole)
    throw failure(identity, function, error_id(transcript.end),
                  transcript.ending(request) + (transcript.answers.empty() ? " while it was loaded" : ""));
  return std::get<std::string>(transcript.answers.at(1));
}

Error unsteady(const PluginIdentity& identity, PluginFunction function, const std::string& config) {
  return failure(identity, function, "plugin.unsteady",
                 "asked twice with the configuration " + printable(config) +
                     ", in two processes at different times, it said different things");
}

std::string ask_here(const PluginIdentity& identity, PluginFunction function, const std::string& text) {
  const auto plugin = LoadedPlugin::load(identity);
  if (function == PluginFunction::kSchema) return plugin.schema();
  return function == PluginFunction::kCanonicalise ? plugin.canonicalise(text) : plugin.describe(text);
}

}  // namespace

struct PluginRegistry::Impl {
  Impl(PluginHosting where, const std::vector<fs::path>& directories)
      : hosting(std::move(where)), process(hosting, directories) {}

  const PluginHosting hosting;
  std::vector<PluginIdentity> plugins;
  std::vector<RejectedPlugin> rejected;
  mutable PluginProcess process;

  const PluginIdentity* holder(const std::string& id) const {
    const auto found =
        std::find_if(plugins.begin(), plugins.end(), [&](const auto& plugin) { return plugin.id == id; });
    return found == plugins.end() ? nullptr : &*found;
  }

  // Throws when the file is refused; false when it is known already.
  bool accept(const fs::path& file, bool first) {
    auto identity = read_plugin_identity(file);
    if (const auto* other = holder(identity.id)) {
      if (other->path == identity.path) return false;
      throw Error(ErrorCode::kPlugin, "plugin.duplicate", "cannot load plugin " + identity.path.string(),
                  "id '" + identity.id + "' is already taken by " + other->path.string(), "remove one of the two files")
          .at(identity.path.string());
    }
    plugins.insert(first ? plugins.begin() : plugins.end(), std::move(identity));
    return true;
  }

  void scan(const fs::path& directory) {
    for (const auto& file : plugin_files(directory)) {
      try {
        expect_trusted(file);
        if (accept(file, false)) log().debug("plugin file {} accepted", file.string());
      } catch (const Error& error) {
        const auto remedy = error.hint().empty() ? "" : "; " + error.hint();
        rejected.push_back({file, error.why() + remedy});
        log().debug("plugin file {} rejected: {}", file.string(), error.why());
      }
    }
  }

  std::string ask(const PluginIdentity& identity, PluginFunction function, const Json& config) const {
    const auto text = function == PluginFunction::kSchema ? std::string() : config.dump();
    if (hosting.in_process) return ask_here(identity, function, text);
    SessionRequest request{.plugin = identity.path, .calls = {{function, text}}};
    if (function != PluginFunction::kSchema) request.places.push_back(Place::kElsewhere);
    const auto transcripts = process.run(request);
    auto answer = final_answer(identity, request, transcripts.front());
    for (const auto& other : transcripts)
      if (final_answer(identity, request, other) != answer) throw unsteady(identity, function, text);
    return answer;
  }
};

PluginRegistry::PluginRegistry(std::vector<fs::path> directories, PluginHosting hosting)
    : impl_(std::make_unique<Impl>(std::move(hosting), directories)) {
  for (const auto& directory : directories) impl_->scan(directory);
}
PluginRegistry::~PluginRegistry() = default;
PluginRegistry::PluginRegistry(PluginRegistry&&) noexcept = default;

const std::vector<PluginIdentity>& PluginRegistry::plugins() const {
  return impl_->plugins;
}
const std::vector<RejectedPlugin>& PluginRegistry::rejected() const {
  return impl_->rejected;
}

const PluginIdentity& PluginRegistry::find(const std::string& id_or_name) const {
  const PluginIdentity* found = nullptr;
  std::vector<std::string> known;
  for (const auto& plugin : impl_->plugins) {
    if (plugin.id == id_or_name) return plugin;
    known.insert(known.end(), {plugin.id, plugin.name});
    if (plugin.name != id_or_name) continue;
    if (found)
      throw Error(ErrorCode::kAmbiguous, "plugin.ambiguous", "the name '" + id_or_name + "' fits more than one plugin",
                  found->id + " and " + plugin.id, "use the full id");
    found = &plugin;
  }
  if (found) return *found;
  for (const auto& file : impl_->rejected)
    if (file.path.filename() == id_or_name.substr(id_or_name.rfind('.') + 1) + std::string(kSuffix))
      throw Error(ErrorCode::kPlugin, "plugin.refused", "cannot load plugin " + file.path.string(), file.why)
          .at(file.path.string());
  const auto nearest = nearest_name(id_or_name, known);
  throw Error(ErrorCode::kNotFound, "plugin.not_found", "no plugin '" + id_or_name + "'",
              nearest.empty() ? "" : "the closest is '" + nearest + "'",
              "'weightloom plugin list --rejected' shows all plugins and refused files");
}

const PluginIdentity& PluginRegistry::add(const fs::path& file) {
  impl_->accept(file, true);
  const auto path = fs::weakly_canonical(fs::absolute(file));
  return *std::find_if(impl_->plugins.begin(), impl_->plugins.end(),
                       [&](const auto& plugin) { return plugin.path == path; });
}

Json PluginRegistry::schema(const std::string& id_or_name) const {
  const auto& identity = find(id_or_name);
  return parse_plugin_json(identity, "schema", impl_->ask(identity, PluginFunction::kSchema, {}));
}

Json PluginRegistry::canonicalise(const std::string& id_or_name, const Json& config) const {
  const auto& identity = find(id_or_name);
  return parse_plugin_json(identity, "canonicalise", impl_->ask(identity, PluginFunction::kCanonicalise, config));
}

std::string PluginRegistry::describe_text(const std::string& id_or_name, const Json& config) const {
  return impl_->ask(find(id_or_name), PluginFunction::kDescribe, config);
}

NetworkDescription PluginRegistry::describe(const std::string& id_or_name, const Json& config) const {
  const auto& identity = find(id_or_name);
  auto description = parse_description(describe_text(id_or_name, config));
  if (description.architecture != identity.id)
    throw Error(ErrorCode::kPlugin, "plugin.contract", "plugin " + identity.id + " failed in 'describe'",
                "it described architecture '" + description.architecture + "'", "report it to its author")
        .at(identity.path.string());
  return description;
}

}  // namespace weightloom
