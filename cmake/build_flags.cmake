# How our own code is compiled. Nothing here reaches the targets that we install.

set(WEFT_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion $<$<BOOL:${WEFT_WERROR}>:-Werror>)

# Gives a target of this project its warnings.
function(weft_own_target target)
  target_compile_options(${target} PRIVATE ${WEFT_WARNINGS})
endfunction()

# The same for a program of tests. Compiling them takes most of the time that the sanitizers' builds take, and half of it
# goes into optimising what runs for milliseconds; the library is built as ever.
function(weft_test_target target)
  weft_own_target(${target})
  if(WEFT_SANITIZE)
    target_compile_options(${target} PRIVATE -O0)
  endif()
  if(WEFT_FUZZ)
    target_compile_options(${target} PRIVATE -fno-sanitize=fuzzer-no-link)
  endif()
endfunction()

if(WEFT_SANITIZE)
  add_compile_options(-fsanitize=${WEFT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${WEFT_SANITIZE})
endif()

if(WEFT_FUZZ)
  if(NOT CMAKE_CXX_COMPILER_ID MATCHES "Clang")
    message(FATAL_ERROR "WEFT_FUZZ needs clang: libFuzzer is part of it.")
  endif()
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

if(WEFT_FAST_BUILD)
  # Objects must not depend on where the clone lies, so that every clone on a machine shares the cache.
  add_compile_options(-ffile-prefix-map=${PROJECT_SOURCE_DIR}=.)
  find_program(WEFT_CCACHE ccache)
  if(WEFT_CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${WEFT_CCACHE})
  endif()
  find_program(WEFT_MOLD mold)
  if(WEFT_MOLD)
    add_link_options(-fuse-ld=mold)
  endif()
endif()
