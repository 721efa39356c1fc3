# find_package(WeightloomSDK 1.0): target weightloom::sdk (headers only) and function weightloom_add_plugin().
if(NOT TARGET weightloom::sdk)
  add_library(weightloom::sdk INTERFACE IMPORTED)
  get_filename_component(prefix ${CMAKE_CURRENT_LIST_DIR}/../../.. ABSOLUTE)
  set_target_properties(weightloom::sdk PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${prefix}/include
    INTERFACE_COMPILE_FEATURES cxx_std_20)
  unset(prefix)
endif()
include(${CMAKE_CURRENT_LIST_DIR}/WeightloomPlugin.cmake)
