# What is installed: headers, libraries, the CMake package weft and weft.pc.

include(CMakePackageConfigHelpers)

get_property(floors GLOBAL PROPERTY WEFT_FLOORS)
list(TRANSFORM floors PREPEND "weft_" OUTPUT_VARIABLE targets)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/weft)
set(pkgconfig_dir ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/weft ${PROJECT_BINARY_DIR}/include/weft
        DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(TARGETS ${targets} EXPORT weftTargets)
install(EXPORT weftTargets NAMESPACE weft:: DESTINATION ${package_dir})

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/weftConfig.cmake.in ${PROJECT_BINARY_DIR}/weftConfig.cmake
                              INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
# Before 1.0 a minor version may break its users.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/weftConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/weftConfig.cmake ${PROJECT_BINARY_DIR}/weftConfigVersion.cmake
        DESTINATION ${package_dir})

# pkg-config: the compiled floors, users before what they use. The prefix is found from the file's own place, so that
# the copy may be moved.
set(WEFT_PC_LIBS "")
foreach(floor IN LISTS floors)
  get_target_property(type weft_${floor} TYPE)
  if(NOT type STREQUAL "INTERFACE_LIBRARY")
    string(PREPEND WEFT_PC_LIBS " -lweft_${floor}")
  endif()
endforeach()
get_property(libraries GLOBAL PROPERTY WEFT_LIBRARIES)
foreach(library IN LISTS libraries)
  string(APPEND WEFT_PC_LIBS " -l${library}")
endforeach()
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir}
           OUTPUT_VARIABLE WEFT_PC_PREFIX)
configure_file(${PROJECT_SOURCE_DIR}/cmake/weft.pc.in ${PROJECT_BINARY_DIR}/weft.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/weft.pc DESTINATION ${pkgconfig_dir})
