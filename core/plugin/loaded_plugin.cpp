#include "weightloom/plugin/loaded_plugin.hpp"

#include <boost/dll/shared_library.hpp>
#include <cstring>
#include <functional>
#include <map>
#include <mutex>

#include "identity_checks.hpp"
#include "weightloom/base/text.hpp"
#include "weightloom/sdk/abi.h"

namespace weightloom {
namespace {

constexpr std::size_t kMostMessage = 64u << 10;
constexpr std::size_t kMostConfig = 1u << 20;
constexpr std::size_t kMostDescription = 64u << 20;

using Entry = const wl_plugin_v1*();

// Never destroyed: whether unloading unmaps a file is not the plugin's property, and pointers into it may be anywhere.
const boost::dll::shared_library& library(const std::filesystem::path& path) {
  static auto& mutex = *new std::mutex;
  static auto& libraries = *new std::map<std::filesystem::path, boost::dll::shared_library>;
  const std::lock_guard lock(mutex);
  auto found = libraries.find(path);
  if (found == libraries.end()) {
    using boost::dll::load_mode::rtld_local, boost::dll::load_mode::rtld_now;
    found = libraries.emplace(path, boost::dll::shared_library(path, rtld_now | rtld_local)).first;
  }
  return found->second;
}

const wl_plugin_v1* entry_table(const std::filesystem::path& path) {
  try {
    const auto& loaded = library(path);
    if (!loaded.has(WL_ENTRY_NAME))
      throw Error(ErrorCode::kPlugin, "plugin.load", "cannot load plugin " + path.string(),
                  "it does not export " WL_ENTRY_NAME, "end its source with WEIGHTLOOM_PLUGIN(schema, describe)")
          .at(path.string());
    return loaded.get<Entry>(WL_ENTRY_NAME)();
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    throw Error(ErrorCode::kPlugin, "plugin.load", "cannot load plugin " + path.string(), error.what(),
                "build it with weightloom_add_plugin() on a system no newer than this one")
        .at(path.string());
  }
}

void check_string(const char* what, const char* text, const std::string& recorded, Mismatches& mismatches) {
  if (text == nullptr)
    mismatches.add(std::string(what) + " is null", "set every mandatory string");
  else if (recorded != std::string_view(text, ::strnlen(text, recorded.size() + 1)))
    mismatches.add(std::string(what) + " '" + printable({text, ::strnlen(text, 256)}) + "' differs from '" + recorded +
                       "' in the identity record",
                   "take both from the same constants, as weightloom_add_plugin() does");
}

void check_table(const PluginIdentity& identity, const wl_plugin_v1* table) {
  Mismatches mismatches;
  const char* rebuild = "rebuild it with weightloom_add_plugin()";
  if (table == nullptr) mismatches.add("its entry returned null", rebuild);
  mismatches.throw_if_any(identity.path);
  if (table->magic != WL_MAGIC) mismatches.add("its entry table has the wrong magic", rebuild);
  if (table->struct_size < sizeof(wl_plugin_v1))
    mismatches.add("its entry table has " + std::to_string(table->struct_size) + " bytes, ABI 1.0 needs " +
                       std::to_string(sizeof(wl_plugin_v1)),
                   rebuild);
  mismatches.throw_if_any(identity.path);  // beyond this point every field is read

  check_abi(table->abi_major, table->abi_minor, mismatches);
  if (table->reserved != 0) mismatches.add("a reserved field is not zero", rebuild);
  check_string("id", table->id, identity.id, mismatches);
  check_string("name", table->name, identity.name, mismatches);
  check_string("version", table->version, identity.version, mismatches);
  check_string("license", table->license, identity.license, mismatches);
  check_string("summary", table->summary, identity.summary, mismatches);
  const char* provide = "provide every function of the table";
  if (table->schema == nullptr) mismatches.add("function 'schema' is null", provide);
  if (table->canonicalise == nullptr) mismatches.add("function 'canonicalise' is null", provide);
  if (table->describe == nullptr) mismatches.add("function 'describe' is null", provide);
  if (table->get_extension == nullptr) mismatches.add("function 'get_extension' is null", provide);
  mismatches.throw_if_any(identity.path);
}

// Gathers text up to a limit; what goes wrong while copying is kept for the host, since nothing may be thrown through
// the plugin.
struct Collector {
  std::size_t limit;
  std::string text;
  bool overflowed = false;

  wl_sink sink() { return {this, write}; }

  static std::int32_t write(void* context, const char* utf8, std::uint64_t size) noexcept {
    auto& self = *static_cast<Collector*>(context);
    try {
      if (size > self.limit - self.text.size()) {
        self.overflowed = true;
        return 1;
      }
      self.text.append(utf8, size);
      return 0;
    } catch (...) {
      self.overflowed = true;
      return 1;
    }
  }
};

using Call = std::function<std::int32_t(const wl_sink*, const wl_sink*)>;

[[noreturn]] void broke_contract(const PluginIdentity& identity, const std::string& function, const std::string& why) {
  throw Error(ErrorCode::kPlugin, "plugin.contract", "plugin " + identity.id + " failed in '" + function + "'", why,
              "report it to the author of " + identity.path.string() + " (version " + identity.version + ")")
      .at(identity.path.string());
}

std::string collect(const PluginIdentity& identity, const char* function, std::size_t limit, const Call& call) {
  Collector out{limit, {}}, err{kMostMessage, {}};
  const auto out_sink = out.sink(), err_sink = err.sink();
  std::int32_t code = WL_INTERNAL;
  try {
    code = call(&out_sink, &err_sink);
  } catch (...) {
    broke_contract(identity, function, "it threw an exception across the boundary");
  }
  const auto message = err.text.empty() ? std::string("it gave no reason") : err.text;
  if (out.overflowed) broke_contract(identity, function, "it wrote more than " + std::to_string(limit) + " bytes");
  if (code == WL_INVALID_CONFIG)
    throw Error(ErrorCode::kUsage, "plugin.config", "the configuration does not suit " + identity.name, message,
                "see 'weightloom plugin inspect " + identity.name + "' for its keys");
  if (code == WL_UNSUPPORTED)
    throw Error(ErrorCode::kUsage, "plugin.unsupported", identity.name + " does not support this configuration",
                message);
  if (code != WL_OK) broke_contract(identity, function, message);
  if (out.text.empty()) broke_contract(identity, function, "it reported success but wrote nothing");
  return std::move(out.text);
}

}  // namespace

LoadedPlugin::LoadedPlugin(PluginIdentity identity, const wl_plugin_v1* table)
    : identity_(std::move(identity)), table_(table) {}

LoadedPlugin LoadedPlugin::load(const PluginIdentity& identity) {
  const auto* table = entry_table(identity.path);
  check_table(identity, table);
  return {identity, table};
}

std::string LoadedPlugin::schema() const {
  return collect(identity_, "schema", kMostConfig,
                 [&](const wl_sink* out, const wl_sink* err) { return table_->schema(out, err); });
}

std::string LoadedPlugin::canonicalise(std::string_view config) const {
  return collect(identity_, "canonicalise", kMostConfig, [&](const wl_sink* out, const wl_sink* err) {
    return table_->canonicalise(config.data(), config.size(), out, err);
  });
}

std::string LoadedPlugin::describe(std::string_view config) const {
  return collect(identity_, "describe", kMostDescription, [&](const wl_sink* out, const wl_sink* err) {
    return table_->describe(config.data(), config.size(), out, err);
  });
}

bool LoadedPlugin::has_extension(const std::string& id) const {
  return table_->get_extension(id.c_str()) != nullptr;
}

std::int32_t LoadedPlugin::describe_in_vain(std::string_view config) const {
  const wl_sink refusing{nullptr, [](void*, const char*, std::uint64_t) -> std::int32_t { return 1; }};
  return table_->describe(config.data(), config.size(), &refusing, &refusing);
}

}  // namespace weightloom
