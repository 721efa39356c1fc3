# cmake --install: both executables, libraries, public headers and documents. The SDK and the plugins install themselves.
install(TARGETS weightloom weightloom-engine COMPONENT runtime)

foreach(module base network formats plugin data zoo runtime tokenizer generator report)
  if(TARGET weightloom_${module})
    install(TARGETS weightloom_${module} COMPONENT development)
    get_target_property(folder weightloom_${module} SOURCE_DIR)
    if(EXISTS ${folder}/include)
      install(DIRECTORY ${folder}/include/ TYPE INCLUDE COMPONENT development)
    endif()
  endif()
endforeach()

install(DIRECTORY docs/ TYPE DOC COMPONENT runtime)
install(FILES README.md CHANGELOG.md TYPE DOC COMPONENT runtime)
