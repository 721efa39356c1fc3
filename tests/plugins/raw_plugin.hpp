#pragma once
// A minimal plugin in the plain terms of the ABI, without the SDK's guard. Each fixture changes one thing of it.

#include <weightloom/sdk/abi.h>

#include <string_view>

namespace raw {

inline std::int32_t write(const wl_sink* sink, std::string_view text) {
  return sink->write(sink->ctx, text.data(), text.size());
}

inline std::int32_t schema(const wl_sink* out, const wl_sink*) {
  return write(out, R"({"schema":"weightloom.config/1","keys":{},"defaults_when":[],"presets":{}})");
}

inline std::int32_t canonicalise(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  return write(out, "{}");
}

inline std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  return write(out, R"({"schema":"weightloom.network/1","architecture":")" WEIGHTLOOM_PLUGIN_ID
                    R"(","config":{},"task":"classification","input":{"name":"image","shape":[1,2,2]},"output":"head",)"
                    R"("parameters":[{"name":"head.weight","shape":[2,4],"role":"weight","init":{"kind":"zeros"}}],)"
                    R"("nodes":[{"name":"flat","op":"flatten","inputs":["image"]},{"name":"head","op":"linear",)"
                    R"("inputs":["flat"],"parameters":{"weight":"head.weight"}}],"dialects":[]})");
}

inline const void* extension(const char*) {
  return nullptr;
}

inline wl_plugin_v1 table() {
  return {sizeof(wl_plugin_v1),
          WL_MAGIC,
          WL_ABI_MAJOR,
          WL_ABI_MINOR,
          0,
          WEIGHTLOOM_PLUGIN_ID,
          WEIGHTLOOM_PLUGIN_NAME,
          WEIGHTLOOM_PLUGIN_VERSION,
          WEIGHTLOOM_PLUGIN_LICENSE,
          WEIGHTLOOM_PLUGIN_SUMMARY,
          schema,
          canonicalise,
          describe,
          extension};
}

}  // namespace raw

#define RAW_RECORD(major, minor, id)                                                               \
  __attribute__((used, section(WL_IDENTITY_SECTION))) static const wl_identity_v1 raw_identity = { \
      {'W', 'L', 'P', 'L', 'U', 'G', 'I', 'N'},                                                    \
      sizeof(wl_identity_v1),                                                                      \
      major,                                                                                       \
      minor,                                                                                       \
      id,                                                                                          \
      WEIGHTLOOM_PLUGIN_NAME,                                                                      \
      WEIGHTLOOM_PLUGIN_VERSION,                                                                   \
      WEIGHTLOOM_PLUGIN_LICENSE,                                                                   \
      WEIGHTLOOM_PLUGIN_SUMMARY};

// `change` is a statement about `table`.
#define RAW_ENTRY(change)                                           \
  extern "C" WL_EXPORT const wl_plugin_v1* weightloom_plugin_v1() { \
    static const wl_plugin_v1 result = [] {                         \
      auto table = raw::table();                                    \
      change;                                                       \
      return table;                                                 \
    }();                                                            \
    return &result;                                                 \
  }

#define RAW_PLUGIN(change)                                     \
  RAW_RECORD(WL_ABI_MAJOR, WL_ABI_MINOR, WEIGHTLOOM_PLUGIN_ID) \
  RAW_ENTRY(change)
