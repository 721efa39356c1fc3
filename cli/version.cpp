#include "cli/version.hpp"

#include <fmt/core.h>
#include <openssl/opensslv.h>
#include <rocksdb/version.h>
#include <spdlog/version.h>
#include <toml++/impl/version.h>
#include <torch/version.h>
#include <zlib.h>

#include <CLI/Version.hpp>
#include <boost/version.hpp>

namespace weightloom::cli {
namespace {

std::string dotted(long major, long minor, long patch) {
  return fmt::format("{}.{}.{}", major, minor, patch);
}

}  // namespace

Json version_json() {
  Json libraries;
  libraries["libtorch"] = dotted(TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR, TORCH_VERSION_PATCH);
  libraries["rocksdb"] = dotted(ROCKSDB_MAJOR, ROCKSDB_MINOR, ROCKSDB_PATCH);
  libraries["boost"] = dotted(BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100);
  libraries["openssl"] = OPENSSL_VERSION_STR;
  libraries["zlib"] = ZLIB_VERSION;
  libraries["nlohmann-json"] =
      dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH);
  libraries["tomlplusplus"] = dotted(TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH);
  libraries["spdlog"] = dotted(SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH);
  libraries["fmt"] = dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100);
  libraries["cli11"] = CLI11_VERSION;
  return {{"schema", "weightloom.version/1"},
          {"version", WEIGHTLOOM_VERSION},
          {"compiler", __VERSION__},
          {"build", WEIGHTLOOM_BUILD_TYPE},
          {"libraries", std::move(libraries)}};
}

std::string version_text() {
  const Json version = version_json();
  std::string text = "weightloom " + version["version"].get<std::string>() + "\n";
  for (const auto& [name, number] : version["libraries"].items())
    text += fmt::format("  {:<14} {}\n", name, number.get<std::string>());
  return text;
}

}  // namespace weightloom::cli
