# cmake -D COMMAND=COMPILER;ARGUMENT... -D SOURCE=FILE -P check.cmake: compiling FILE must fail, and say all that it says.

execute_process(COMMAND ${COMMAND} ${SOURCE} RESULT_VARIABLE status ERROR_VARIABLE said OUTPUT_QUIET)
if(status EQUAL 0)
  message(FATAL_ERROR "${SOURCE} compiles")
endif()
file(STRINGS ${SOURCE} wanted REGEX "// says: ")
foreach(line IN LISTS wanted)
  string(REGEX REPLACE "^ *// says: " "" pattern "${line}")
  if(NOT said MATCHES "${pattern}")
    message(SEND_ERROR "The compiler does not say: ${pattern}\n${said}")
  endif()
endforeach()
