# Builds examples/plugins with nothing but the installed SDK in sight, and checks every plugin.
function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nexit code ${code}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
run(${CMAKE_COMMAND} -S ${EXAMPLE} -B ${WORK}/build -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX}
  "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror")
run(${CMAKE_COMMAND} --build ${WORK}/build)
file(GLOB plugins ${WORK}/build/*.wlplugin.so)
list(LENGTH plugins count)
if(NOT count EQUAL 6)
  message(FATAL_ERROR "expected six plugins, found: ${plugins}")
endif()
foreach(plugin IN LISTS plugins)
  run(${BUILD}/bin/weightloom plugin check ${plugin})
endforeach()
# What a plugin's schema says that its networks are called is understood.
execute_process(COMMAND ${BUILD}/bin/weightloom understand "handwritten digits with a patch mixer" --json --plugin-dir ${WORK}/build
  OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT output MATCHES "\"architecture\": \"org.example.mixer\"")
  message(FATAL_ERROR "a keyword of examples/plugins/mixer.cpp is not understood:\n${output}")
endif()
