# weightloom_module(NAME [TORCH] [APART] SOURCES ... DEPENDS ...): one static library `weightloom_NAME` whose public headers
# live in include/weightloom/NAME. A module sees another one only by depending on it. TORCH gives it LibTorch and the
# precompiled header that goes with it; the other modules share one of their own. APART compiles its files one at a time:
# names in their unnamed namespaces are alike. The global property WEIGHTLOOM_MODULES lists the names of all modules: what is
# installed and checked is what it holds.
function(weightloom_module name)
  cmake_parse_arguments(arg "TORCH;APART" "" "SOURCES;DEPENDS;PRIVATE_DEPENDS" ${ARGN})
  add_library(weightloom_${name} STATIC ${arg_SOURCES})
  add_library(weightloom::${name} ALIAS weightloom_${name})
  set_property(GLOBAL APPEND PROPERTY WEIGHTLOOM_MODULES ${name})
  set_target_properties(weightloom_${name} PROPERTIES EXPORT_NAME ${name})
  target_compile_features(weightloom_${name} PUBLIC cxx_std_20)
  target_include_directories(weightloom_${name} PUBLIC
    $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:include>)
  target_link_libraries(weightloom_${name} PUBLIC ${arg_DEPENDS} PRIVATE ${arg_PRIVATE_DEPENDS})
  weightloom_compile_options(weightloom_${name})
  if(arg_TORCH)
    weightloom_use_torch(weightloom_${name})
  else()
    target_precompile_headers(weightloom_${name} REUSE_FROM weightloom_pch)
  endif()
  if(NOT arg_APART)
    weightloom_unite(weightloom_${name})
  endif()
endfunction()

# Source files of a target several at a time (WEIGHTLOOM_UNITY): most of the time goes into templates of LibTorch, CLI11 and
# the JSON library. Names in the unnamed namespaces of such a target must differ.
function(weightloom_unite target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${WEIGHTLOOM_UNITY} UNITY_BUILD_BATCH_SIZE 12)
  if(WEIGHTLOOM_UNITY)
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)  # it takes the files of a batch for headers
  endif()
endfunction()

function(weightloom_compile_options target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wno-missing-field-initializers)
  # Spelled out, not by POSITION_INDEPENDENT_CODE: executables must share the libraries' precompiled header.
  target_compile_options(${target} PRIVATE -fPIC)
  # The compiler's own garbage collection takes a seventh of its time with its default, however much memory there is.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE --param=ggc-min-expand=300 --param=ggc-min-heapsize=500000)
  endif()
  if(WEIGHTLOOM_WARNINGS_AS_ERRORS)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
  if(WEIGHTLOOM_SANITIZE)
    target_compile_options(${target} PRIVATE -fsanitize=address,undefined -fno-omit-frame-pointer)
    target_link_options(${target} PUBLIC -fsanitize=address,undefined)
  endif()
  if(WEIGHTLOOM_FUZZ)
    target_compile_options(${target} PRIVATE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
      -fno-omit-frame-pointer)
  endif()
endfunction()

# Links LibTorch and its precompiled header: a translation unit that includes LibTorch costs 15 s more without it.
function(weightloom_use_torch target)
  target_link_libraries(${target} PUBLIC Weightloom::torch)
  target_precompile_headers(${target} REUSE_FROM weightloom_torch_pch)
endfunction()

# weightloom_test(NAME [TORCH] [APART] SOURCES ... DEPENDS ...): a Catch2 executable and one ctest entry. Not optimised: what takes
# time is in the libraries, and compiling tests would take longer than compiling what they test.
function(weightloom_test name)
  cmake_parse_arguments(arg "TORCH;APART" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name}_test ${arg_SOURCES})
  target_link_libraries(${name}_test PRIVATE ${arg_DEPENDS} weightloom_catch_main)
  weightloom_compile_options(${name}_test)
  target_compile_options(${name}_test PRIVATE -O0)
  if(arg_TORCH)
    target_precompile_headers(${name}_test REUSE_FROM weightloom_torch_test_pch)
  else()
    target_precompile_headers(${name}_test REUSE_FROM weightloom_test_pch)
  endif()
  if(NOT arg_APART)
    weightloom_unite(${name}_test)
  endif()
  add_test(NAME ${name} COMMAND ${name}_test --order lex)
  set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 600 ENVIRONMENT "${WEIGHTLOOM_TEST_ENVIRONMENT}")
endfunction()

set(WEIGHTLOOM_TEST_ENVIRONMENT
  "WEIGHTLOOM_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}" "WEIGHTLOOM_SOURCE=${PROJECT_SOURCE_DIR}"
  # Made once, by the test language.vectors.
  "WEIGHTLOOM_WORDS=${PROJECT_BINARY_DIR}/words.safetensors"
  # Tests ask for more memory than there is, and expect to be told so.
  "ASAN_OPTIONS=allocator_may_return_null=1")

# weightloom_precompile(NAME [TORCH] HEADERS ... [OPTIONS ...]): headers that many translation units include, compiled once.
function(weightloom_precompile name)
  cmake_parse_arguments(arg "TORCH" "" "HEADERS;OPTIONS" ${ARGN})
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/${name}.cpp CONTENT "")  # unlike WRITE, not at every configuration
  add_library(${name} STATIC ${PROJECT_BINARY_DIR}/${name}.cpp)
  if(arg_TORCH)
    target_link_libraries(${name} PUBLIC Weightloom::torch)
    list(PREPEND arg_HEADERS ${PROJECT_SOURCE_DIR}/core/compute/include/weightloom/compute/torch.hpp)
  endif()
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
  weightloom_compile_options(${name})
  target_compile_options(${name} PRIVATE ${arg_OPTIONS})
endfunction()
