/* The plugin boundary, ABI 1.0 (normative text: docs/plugin_abi.md). Frozen: a field is never reordered, removed,
 * retyped or given a new meaning; new capabilities are new extension ids. Clean as C11 and as C++11 and later. */
#ifndef WEIGHTLOOM_SDK_ABI_H
#define WEIGHTLOOM_SDK_ABI_H

#include <stddef.h>
#include <stdint.h>

#define WL_ABI_MAJOR 1
#define WL_ABI_MINOR 0
#define WL_MAGIC 0x47504C57u /* bytes "WLPG" in a little-endian file */
#define WL_ENTRY_NAME "weightloom_plugin_v1"
#define WL_IDENTITY_SECTION ".weightloom.id"
#define WL_IDENTITY_MAGIC "WLPLUGIN"

/* What a table function returns. Values are never reused. */
#define WL_OK 0
#define WL_INVALID_CONFIG 1 /* the caller's configuration; `err` names the key */
#define WL_UNSUPPORTED 2    /* valid, but this plugin does not do it */
#define WL_INTERNAL 3       /* a fault of the plugin */

#if defined(__GNUC__)
#define WL_EXPORT __attribute__((visibility("default")))
#else
#define WL_EXPORT
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Receives text. Supplied by the host and valid during the call only; write() copies at once and may be called several
 * times, the pieces are joined. A non-zero result obliges the plugin to stop writing and return non-zero. */
typedef struct wl_sink {
  void* ctx;
  int32_t (*write)(void* ctx, const char* utf8, uint64_t size);
} wl_sink;

/* Static storage. Table functions are [any-thread], callable concurrently. Input text belongs to the caller for the
 * duration of the call and is not NUL-terminated. On a non-zero return `out` is discarded and `err` holds one message.
 * No exception may leave a function. */
typedef struct wl_plugin_v1 {
  uint32_t struct_size;          /* sizeof as the plugin saw it */
  uint32_t magic;                /* WL_MAGIC */
  uint16_t abi_major, abi_minor; /* loaded if major == host's and minor <= host's */
  uint32_t reserved;             /* zero */
  const char *id, *name, *version, *license,
      *summary; /* mandatory, UTF-8, NUL-terminated, equal to the identity record */
  /* Writes the configuration's schema, `weightloom.config/1`. */
  int32_t (*schema)(const wl_sink* out, const wl_sink* err);
  /* Writes the configuration with every key explicit, in the schema's order. Idempotent. Empty text means {}. */
  int32_t (*canonicalise)(const char* config, uint64_t size, const wl_sink* out, const wl_sink* err);
  /* Writes the network description, `weightloom.network/1`: a pure function of `config`, byte-equal every time. */
  int32_t (*describe)(const char* config, uint64_t size, const wl_sink* out, const wl_sink* err);
  /* A const structure that `extension_id` ("weightloom.NAME/REV") defines; NULL for an unknown id. */
  const void* (*get_extension)(const char* extension_id);
} wl_plugin_v1;

/* What the host reads from section WL_IDENTITY_SECTION before it loads the file. Strings are NUL-terminated within
 * their arrays and NUL-padded. */
typedef struct wl_identity_v1 {
  char magic[8];        /* WL_IDENTITY_MAGIC, no terminator */
  uint32_t struct_size; /* sizeof as the plugin saw it */
  uint16_t abi_major, abi_minor;
  char id[128];      /* reverse URI: "org.example.mixer" */
  char name[64];     /* short name: "mixer" */
  char version[32];  /* MAJOR.MINOR.PATCH */
  char license[64];  /* SPDX expression */
  char summary[256]; /* one line */
} wl_identity_v1;

/* The only symbol that a plugin exports. */
WL_EXPORT const wl_plugin_v1* weightloom_plugin_v1(void);

#ifdef __cplusplus
}
#define WL_STATIC_ASSERT static_assert
#else
#define WL_STATIC_ASSERT _Static_assert
#endif

WL_STATIC_ASSERT(sizeof(wl_sink) == 2 * sizeof(void*), "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, magic) == 4, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, abi_major) == 8, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, abi_minor) == 10, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, reserved) == 12, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, id) == 16, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, summary) == 16 + 4 * sizeof(void*), "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, schema) == 16 + 5 * sizeof(void*), "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_plugin_v1, get_extension) == 16 + 8 * sizeof(void*), "v1 layout is frozen");
WL_STATIC_ASSERT(sizeof(wl_plugin_v1) == 16 + 9 * sizeof(void*), "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_identity_v1, struct_size) == 8, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_identity_v1, abi_major) == 12, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_identity_v1, id) == 16, "v1 layout is frozen");
WL_STATIC_ASSERT(offsetof(wl_identity_v1, summary) == 16 + 128 + 64 + 32 + 64, "v1 layout is frozen");
WL_STATIC_ASSERT(sizeof(wl_identity_v1) == 560, "v1 layout is frozen");

#endif /* WEIGHTLOOM_SDK_ABI_H */
