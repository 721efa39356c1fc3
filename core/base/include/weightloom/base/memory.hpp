#pragma once
// How much memory there is, to refuse in words what the system would end with a kill.

#include <cstdint>
#include <optional>
#include <string>

namespace weightloom {

// Bytes that this process can still take: what the system has left, and no more than the process's control group and
// its own limit of address space leave. Nothing where the system does not say. [any-thread]
std::optional<std::uint64_t> available_memory();

// Throws kFailure "memory.short" when `what` takes more than that; `hint` says what would help. 0 bytes never do.
void expect_memory(std::uint64_t bytes, const std::string& what, const std::string& hint);

// The most memory that this process has held, in bytes, since it began or since reset_peak_memory(), which also gives
// back what is free; 0 where the system does not say.
std::uint64_t peak_memory();
void reset_peak_memory();

}  // namespace weightloom
