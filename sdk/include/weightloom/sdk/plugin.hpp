#pragma once
// Turns two functions of an author into a plugin:
//
//   ConfigSchema schema();                        // what can be configured
//   Network describe(const Config& config);       // the network of one configuration
//   WEIGHTLOOM_PLUGIN(schema, describe)           // at the end of the file, once
//
// weightloom_add_plugin() supplies the identity. What the author's functions throw becomes a return code and a message:
// nothing crosses the boundary but text (docs/plugin_abi.md).

#include <cstdint>
#include <exception>
#include <string>
#include <string_view>

#include "weightloom/sdk/abi.h"
#include "weightloom/sdk/config.hpp"
#include "weightloom/sdk/json.hpp"
#include "weightloom/sdk/network.hpp"

#if !defined(WEIGHTLOOM_PLUGIN_ID) || !defined(WEIGHTLOOM_PLUGIN_NAME) || !defined(WEIGHTLOOM_PLUGIN_VERSION) || \
    !defined(WEIGHTLOOM_PLUGIN_LICENSE) || !defined(WEIGHTLOOM_PLUGIN_SUMMARY)
#error "build the plugin with weightloom_add_plugin(), which defines its identity"
#endif

namespace weightloom::sdk::detail {

inline std::int32_t fail(const wl_sink* err, std::int32_t code, std::string_view message) noexcept {
  err->write(err->ctx, message.data(), message.size());
  return code;
}

// Runs `produce` and hands its text to the host; no exception leaves.
template <class Produce>
std::int32_t guarded(const wl_sink* out, const wl_sink* err, Produce produce) noexcept {
  try {
    const std::string text = produce();
    if (out->write(out->ctx, text.data(), text.size()) != 0) return fail(err, WL_INTERNAL, "the host refused the text");
    return WL_OK;
  } catch (const ConfigError& error) {
    return fail(err, WL_INVALID_CONFIG, error.what());
  } catch (const JsonError& error) {
    return fail(err, WL_INVALID_CONFIG, error.what());
  } catch (const Unsupported& error) {
    return fail(err, WL_UNSUPPORTED, error.what());
  } catch (const std::exception& error) {
    return fail(err, WL_INTERNAL, error.what());
  } catch (...) {
    return fail(err, WL_INTERNAL, "the plugin threw something that is not a std::exception");
  }
}

template <ConfigSchema (*schema)(), Network (*describe)(const Config&)>
struct Table {
  static std::int32_t write_schema(const wl_sink* out, const wl_sink* err) noexcept {
    return guarded(out, err, [] { return schema().to_json().dump(); });
  }
  static std::int32_t write_canonical(const char* config, std::uint64_t size, const wl_sink* out,
                                      const wl_sink* err) noexcept {
    return guarded(out, err, [&] { return schema().read({config, size}).json().dump(); });
  }
  static std::int32_t write_description(const char* text, std::uint64_t size, const wl_sink* out,
                                        const wl_sink* err) noexcept {
    return guarded(out, err, [&] {
      const Config config = schema().read({text, size});
      return describe(config).to_json(WEIGHTLOOM_PLUGIN_ID, config.json()).dump();
    });
  }
  static const void* extension(const char*) noexcept { return nullptr; }

  static constexpr wl_plugin_v1 value{sizeof(wl_plugin_v1),
                                      WL_MAGIC,
                                      WL_ABI_MAJOR,
                                      WL_ABI_MINOR,
                                      0,
                                      WEIGHTLOOM_PLUGIN_ID,
                                      WEIGHTLOOM_PLUGIN_NAME,
                                      WEIGHTLOOM_PLUGIN_VERSION,
                                      WEIGHTLOOM_PLUGIN_LICENSE,
                                      WEIGHTLOOM_PLUGIN_SUMMARY,
                                      write_schema,
                                      write_canonical,
                                      write_description,
                                      extension};
};

}  // namespace weightloom::sdk::detail

// The record that the host reads before it loads the file.
#define WEIGHTLOOM_IDENTITY_RECORD                                                                        \
  __attribute__((used, section(WL_IDENTITY_SECTION))) static const wl_identity_v1 weightloom_identity = { \
      {'W', 'L', 'P', 'L', 'U', 'G', 'I', 'N'},                                                           \
      sizeof(wl_identity_v1),                                                                             \
      WL_ABI_MAJOR,                                                                                       \
      WL_ABI_MINOR,                                                                                       \
      WEIGHTLOOM_PLUGIN_ID,                                                                               \
      WEIGHTLOOM_PLUGIN_NAME,                                                                             \
      WEIGHTLOOM_PLUGIN_VERSION,                                                                          \
      WEIGHTLOOM_PLUGIN_LICENSE,                                                                          \
      WEIGHTLOOM_PLUGIN_SUMMARY};

#define WEIGHTLOOM_PLUGIN(schema, describe)                            \
  WEIGHTLOOM_IDENTITY_RECORD                                           \
  extern "C" WL_EXPORT const wl_plugin_v1* weightloom_plugin_v1() {    \
    return &::weightloom::sdk::detail::Table<schema, describe>::value; \
  }
