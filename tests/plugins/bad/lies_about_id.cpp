// Describes a network of somebody else's architecture.
#include "raw_plugin.hpp"

static std::int32_t describe(const char*, std::uint64_t, const wl_sink* out, const wl_sink*) {
  return raw::write(out,
                    R"({"schema":"weightloom.network/1","architecture":"org.example.other","config":{},)"
                    R"("task":"classification","input":{"name":"image","shape":[4]},"output":"head",)"
                    R"("parameters":[{"name":"head.weight","shape":[2,4],"role":"weight","init":{"kind":"zeros"}}],)"
                    R"("nodes":[{"name":"head","op":"linear","inputs":["image"],)"
                    R"("parameters":{"weight":"head.weight"}}],"dialects":[]})");
}

RAW_PLUGIN(table.describe = describe)
