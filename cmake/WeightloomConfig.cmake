# find_package(Weightloom 0.1): static libraries Weightloom::base, ::network, ::zoo, ::runtime, ..., one for each module.
include(${CMAKE_CURRENT_LIST_DIR}/WeightloomDependencies.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/WeightloomTargets.cmake)
