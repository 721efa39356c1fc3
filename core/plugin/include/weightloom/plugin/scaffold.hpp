#pragma once
// Starts a plugin project from the SDK's template, or from a shipped plugin.

#include <filesystem>
#include <string>
#include <vector>

namespace weightloom {

// The template that belongs to the running executable, `../share/weightloom/sdk/template`; throws kNotFound.
std::filesystem::path plugin_template();

// Writes a project that builds against the installed SDK into `directory`, which must not exist or be empty, and
// returns the files written. `name`: [a-z][a-z0-9_]{0,62}; `id`: reverse URI such as org.example.mixer, at most 127
// characters. `like` names a shipped plugin whose source it begins with; empty: the template's. Throws kUsage for bad
// names, kNotFound for an unknown plugin, kRefused when the directory holds something; a failure leaves nothing behind.
std::vector<std::filesystem::path> new_plugin(const std::filesystem::path& directory, const std::string& name,
                                              const std::string& id, const std::string& like = {},
                                              const std::filesystem::path& template_directory = plugin_template());

}  // namespace weightloom
