# find_package(Weightloom 0.1): static libraries Weightloom::base, ::network, ::zoo, ::runtime, ..., one for each module.
# Debian has no usable package of TurboJPEG's: its find module travels with this one.
set(weightloom_caller_module_path ${CMAKE_MODULE_PATH})
list(APPEND CMAKE_MODULE_PATH ${CMAKE_CURRENT_LIST_DIR})
include(${CMAKE_CURRENT_LIST_DIR}/WeightloomDependencies.cmake)
set(CMAKE_MODULE_PATH ${weightloom_caller_module_path})
unset(weightloom_caller_module_path)
include(${CMAKE_CURRENT_LIST_DIR}/WeightloomTargets.cmake)
