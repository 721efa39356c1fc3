# Installs weightloom, builds the example with nothing else in sight, and runs it on a zoo that the installed commands made.
function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGN}\nexit code ${code}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix)
file(COPY ${EXAMPLE} DESTINATION ${WORK})
run(${CMAKE_COMMAND} -S library -B build -DCMAKE_BUILD_TYPE=Debug -DCMAKE_PREFIX_PATH=${WORK}/prefix
  -DCMAKE_CXX_COMPILER=${CXX} "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Wshadow -Werror")
run(${CMAKE_COMMAND} --build build)

# The package leaves its caller's variables alone.
file(WRITE ${WORK}/caller/CMakeLists.txt [=[
cmake_minimum_required(VERSION 3.25)
project(caller LANGUAGES CXX)
set(CMAKE_MODULE_PATH one two)
find_package(Weightloom 0.1 REQUIRED)
if(NOT CMAKE_MODULE_PATH STREQUAL "one;two")
  message(FATAL_ERROR "CMAKE_MODULE_PATH is ${CMAKE_MODULE_PATH}")
endif()
]=])
run(${CMAKE_COMMAND} -S caller -B caller/build -DCMAKE_PREFIX_PATH=${WORK}/prefix -DCMAKE_CXX_COMPILER=${CXX})

# Two classes of 4 x 4 images, told apart by which half is bright.
foreach(code RANGE 90 126)
  string(ASCII ${code} bright)
  file(WRITE ${WORK}/images/left/${code}.pgm "P5 4 4 255\n${bright}${bright}  ${bright}${bright}  ${bright}${bright}  ${bright}${bright}  ")
  file(WRITE ${WORK}/images/right/${code}.pgm "P5 4 4 255\n  ${bright}${bright}  ${bright}${bright}  ${bright}${bright}  ${bright}${bright}")
endforeach()
file(WRITE ${WORK}/recipe.toml [=[
seed = 1
form = {channels = 1, size = 4}
[[population]]
family = "mlp"
config = {width = 8}
data = "images"
vary = {seed = [0, 1, 2]}
steps = 60
learning_rate = 0.02
batch = 16
[tokenizer]
chunk = 16
codebooks = 2
codes = 8
steps = 10
batch = 32
[generator]
width = 16
layers = 1
steps = 12
networks = 2
images = 8
shots = 4
]=])
run(${WORK}/prefix/bin/weightloom zoo init zoo)
run(${WORK}/prefix/bin/weightloom zoo grow recipe.toml --zoo zoo --progress none)
run(${WORK}/prefix/bin/weightloom tokenizer train --recipe recipe.toml --zoo zoo --progress none)
run(${WORK}/prefix/bin/weightloom generator train --recipe recipe.toml --zoo zoo --progress none)
run(${CMAKE_COMMAND} -E env WEIGHTLOOM_PLUGIN_PATH=${WORK}/prefix/lib/weightloom/plugins build/library zoo "name=mlp/0"
  generator.safetensors)
if(NOT output MATCHES "^mlp/0 1 generated [01][.0-9]*\n$")
  message(FATAL_ERROR "the example says something else:\n${output}")
endif()
file(REMOVE_RECURSE ${WORK})
