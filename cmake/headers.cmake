# The target weft_headers (not part of all): each header compiled alone, so that it can be included first; and one file
# with all of them, which is how the linter sees what no source includes.

file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/include/*.hpp)
set(all_includes "")
set(sources "")
foreach(header IN LISTS headers)
  set(source ${PROJECT_BINARY_DIR}/headers/${header}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "#include <${header}>\n")
  list(APPEND sources ${source})
  string(APPEND all_includes "#include <${header}>\n")
endforeach()
file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/headers/all_headers.cpp CONTENT "${all_includes}")

add_library(weft_headers OBJECT EXCLUDE_FROM_ALL ${sources} ${PROJECT_BINARY_DIR}/headers/all_headers.cpp)
weft_own_target(weft_headers)
target_link_libraries(weft_headers PRIVATE weft::weft)
