# cmake --install: both executables, documents, and the CMake package `Weightloom` with a static library
# Weightloom::NAME for each module. The SDK, a package of its own, and the plugins install themselves.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/Weightloom)

install(TARGETS weightloom weightloom-engine weightloom-plugin-host COMPONENT runtime)

get_property(modules GLOBAL PROPERTY WEIGHTLOOM_MODULES)
foreach(module IN LISTS modules)
  install(TARGETS weightloom_${module} EXPORT WeightloomTargets COMPONENT development)
  get_target_property(folder weightloom_${module} SOURCE_DIR)
  install(DIRECTORY ${folder}/include/ TYPE INCLUDE COMPONENT development)
endforeach()
install(TARGETS weightloom_sdk EXPORT WeightloomTargets COMPONENT development)
install(EXPORT WeightloomTargets NAMESPACE Weightloom:: DESTINATION ${package_folder} COMPONENT development)

# Before 1.0 a minor version may change the libraries.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/WeightloomConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/WeightloomConfigVersion.cmake
  cmake/WeightloomConfig.cmake
  cmake/WeightloomDependencies.cmake
  cmake/FindTurboJPEG.cmake
  DESTINATION ${package_folder} COMPONENT development)

install(DIRECTORY docs/ TYPE DOC COMPONENT runtime)
install(DIRECTORY examples/benchmarks DESTINATION ${CMAKE_INSTALL_DATADIR}/weightloom COMPONENT runtime)
install(FILES README.md CHANGELOG.md TYPE DOC COMPONENT runtime)
