#pragma once
// Times, sizes and memory, for the benchmarks.

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

namespace weightloom::benchmark {

template <class Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

// Of up to eleven runs, fewer when they take long.
template <class Work>
double median_milliseconds(Work work) {
  std::vector<double> times;
  for (double spent = 0; times.size() < 11 && (times.empty() || spent < 2000); spent += times.back())
    times.push_back(milliseconds(work));
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

inline std::uintmax_t bytes_below(const std::filesystem::path& path) {
  if (!std::filesystem::is_directory(path)) return std::filesystem::file_size(path);
  std::uintmax_t bytes = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path))
    if (entry.is_regular_file()) bytes += entry.file_size();
  return bytes;
}

template <class Work>
void print_filling(int networks, const std::filesystem::path& store, Work work) {
  const double seconds = milliseconds(work) / 1000;
  std::printf("stored %d networks in %.1f s, %.0f a second; %.1f MB on disk\n", networks, seconds, networks / seconds,
              static_cast<double>(bytes_below(store)) / 1e6);
}

inline void print_query(double milliseconds, std::size_t hits, const std::string& text) {
  std::printf("%8.2f ms  %7zu hits  %s\n", milliseconds, hits, text.c_str());
  std::fflush(stdout);
}

inline void print_peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("peak memory %.0f MB\n", static_cast<double>(usage.ru_maxrss) * 1024 / 1e6);
}

}  // namespace weightloom::benchmark
