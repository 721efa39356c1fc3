#pragma once
// The options that every command takes, and where their values come from: command line over environment over project
// file (weightloom.toml, searched upward from the working directory) over user file
// ($XDG_CONFIG_HOME/weightloom/config.toml).

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace weightloom::cli {

inline const std::vector<std::string> kProgressModes{"auto", "bar", "plain", "json", "none"};
inline const std::vector<std::string> kColorModes{"auto", "always", "never"};
inline const std::vector<std::string> kLogLevels{"trace", "debug", "info", "warn", "error", "off"};

struct Settings {
  bool json = false, jsonl = false, quiet = false, verbose = false, yes = false, no_input = false;
  std::string progress = "auto", color = "auto";
  std::string log = "warn";
  std::optional<std::filesystem::path> zoo;
  std::vector<std::filesystem::path> plugin_dirs;
  std::filesystem::path words;         // file of word vectors
  std::filesystem::path evaluations;   // folder of those that are kept
  std::filesystem::path plugin_cards;  // file of what plugins said of themselves
  int threads = 0;                     // 0: one for each core

  bool machine() const { return json || jsonl; }
};

// What the command line said; unset where it said nothing.
struct GlobalOptions {
  bool json = false, jsonl = false, quiet = false, verbose = false, yes = false, no_input = false;
  std::optional<std::string> progress, color, log, zoo;
  std::vector<std::string> plugin_dirs;
  std::optional<int> threads;
};

// Reads files and environment. Throws kUsage for an unknown key, a value out of range, or TOML that does not parse.
Settings resolve_settings(const GlobalOptions& given);

}  // namespace weightloom::cli
