# Every third-party package, found once. Modules name the targets they use.
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(TurboJPEG REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
find_package(RocksDB 7.8 REQUIRED)
find_package(CLI11 2.1 REQUIRED)

# Debian's TorchConfig adds flags to the directory it is called from and links everything that
# LibTorch ships; the engine needs the CPU library alone.
find_path(TORCH_INCLUDE_DIR torch/csrc/api/include/torch/torch.h REQUIRED)
find_library(TORCH_CPU_LIBRARY torch_cpu REQUIRED)
find_library(TORCH_C10_LIBRARY c10 REQUIRED)
add_library(weightloom_torch INTERFACE)
target_include_directories(weightloom_torch SYSTEM INTERFACE
  ${TORCH_INCLUDE_DIR} ${TORCH_INCLUDE_DIR}/torch/csrc/api/include)
target_link_libraries(weightloom_torch INTERFACE ${TORCH_CPU_LIBRARY} ${TORCH_C10_LIBRARY} Threads::Threads)

if(WEIGHTLOOM_TESTS)
  find_package(Catch2 2.13 REQUIRED)
  # Catch's own main is compiled once.
  file(WRITE ${PROJECT_BINARY_DIR}/catch_main.cpp "#define CATCH_CONFIG_MAIN\n#include <catch2/catch.hpp>\n")
  add_library(weightloom_catch_main STATIC ${PROJECT_BINARY_DIR}/catch_main.cpp)
  target_link_libraries(weightloom_catch_main PUBLIC Catch2::Catch2)
endif()
