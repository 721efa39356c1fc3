# Every third-party package that the libraries use, found once. Modules name the targets they use. Also a part of the
# installed package: what links a static library needs its dependencies too.
find_package(Threads REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(tomlplusplus REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(TurboJPEG REQUIRED)
find_package(Freetype REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS filesystem)
find_package(RocksDB 7.8 REQUIRED)

# Debian's TorchConfig adds flags to the directory it is called from and links everything that
# LibTorch ships; the engine needs the CPU library alone.
find_path(TORCH_INCLUDE_DIR torch/csrc/api/include/torch/torch.h REQUIRED)
find_library(TORCH_CPU_LIBRARY torch_cpu REQUIRED)
find_library(TORCH_C10_LIBRARY c10 REQUIRED)
if(NOT TARGET Weightloom::torch)
  add_library(Weightloom::torch INTERFACE IMPORTED)
  target_include_directories(Weightloom::torch INTERFACE
    ${TORCH_INCLUDE_DIR} ${TORCH_INCLUDE_DIR}/torch/csrc/api/include)
  target_link_libraries(Weightloom::torch INTERFACE ${TORCH_CPU_LIBRARY} ${TORCH_C10_LIBRARY} Threads::Threads)
endif()
