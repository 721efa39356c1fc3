set(WEIGHTLOOM_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "Version script: one exported symbol")

# weightloom_add_plugin(NAME SOURCES ... ID reverse.uri.name VERSION x.y.z LICENSE spdx SUMMARY "one line"
#                       [STATIC_RUNTIME] [NO_INSTALL])
# makes NAME.wlplugin.so: a loadable module that exports one symbol and leaves none undefined. STATIC_RUNTIME links libstdc++ and
# libgcc into it, so that it loads on systems with an older one. The file lands in
# WEIGHTLOOM_PLUGIN_OUTPUT_DIRECTORY when that is set, and installs to lib/weightloom/plugins.
function(weightloom_add_plugin name)
  cmake_parse_arguments(arg "STATIC_RUNTIME;NO_INSTALL" "ID;VERSION;LICENSE;SUMMARY" "SOURCES" ${ARGN})
  foreach(required SOURCES ID VERSION LICENSE SUMMARY)
    if(NOT arg_${required})
      message(FATAL_ERROR "weightloom_add_plugin(${name}): ${required} is missing")
    endif()
  endforeach()
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "weightloom_add_plugin(${name}): unknown arguments ${arg_UNPARSED_ARGUMENTS}")
  endif()
  if(NOT arg_ID MATCHES "^[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$")
    message(FATAL_ERROR "weightloom_add_plugin(${name}): ID '${arg_ID}' is not of the form org.example.name")
  endif()
  if(NOT arg_VERSION MATCHES "^[0-9]+\\.[0-9]+\\.[0-9]+$")
    message(FATAL_ERROR "weightloom_add_plugin(${name}): VERSION '${arg_VERSION}' is not of the form 1.2.3")
  endif()

  add_library(${name} MODULE ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE weightloom::sdk)
  target_compile_definitions(${name} PRIVATE
    WEIGHTLOOM_PLUGIN_ID="${arg_ID}" WEIGHTLOOM_PLUGIN_NAME="${name}" WEIGHTLOOM_PLUGIN_VERSION="${arg_VERSION}"
    WEIGHTLOOM_PLUGIN_LICENSE="${arg_LICENSE}" WEIGHTLOOM_PLUGIN_SUMMARY="${arg_SUMMARY}")
  set_target_properties(${name} PROPERTIES PREFIX "" SUFFIX ".wlplugin.so"
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS ${WEIGHTLOOM_PLUGIN_MAP})
  if(WEIGHTLOOM_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${WEIGHTLOOM_PLUGIN_OUTPUT_DIRECTORY})
  endif()
  target_link_options(${name} PRIVATE -Wl,--version-script=${WEIGHTLOOM_PLUGIN_MAP} -Wl,-z,defs)
  if(arg_STATIC_RUNTIME)
    target_link_options(${name} PRIVATE -static-libstdc++ -static-libgcc)
  endif()
  if(NOT arg_NO_INSTALL)
    install(TARGETS ${name} LIBRARY DESTINATION lib/weightloom/plugins COMPONENT plugins)
  endif()
endfunction()
