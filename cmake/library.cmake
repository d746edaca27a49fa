# libhatpose.so: explicit symbols only. libhatpose.a: the same objects in
# one, with hp_* made local. Installed with the header, hatpose.pc and a
# CMake package.
add_library(hatpose SHARED)
set_target_properties(hatpose PROPERTIES
  SOVERSION 1
  VERSION 1.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH}
  PUBLIC_HEADER ${PROJECT_SOURCE_DIR}/include/hatpose.h
  LINK_DEPENDS ${PROJECT_SOURCE_DIR}/pkgconfig/hatpose.map)
target_link_libraries(hatpose PRIVATE
  $<BUILD_INTERFACE:hatpose_objects> $<BUILD_INTERFACE:hatpose_dependencies>)
target_include_directories(hatpose INTERFACE
  $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_options(hatpose PRIVATE
  -Wl,--version-script=${PROJECT_SOURCE_DIR}/pkgconfig/hatpose.map)
if(NOT HATPOSE_SANITIZE AND NOT HATPOSE_FUZZ)
  target_link_options(hatpose PRIVATE -Wl,-z,defs)
endif()

# Hidden symbols become local, so that a program that links the archive
# cannot meet them.
set(archive ${PROJECT_BINARY_DIR}/libhatpose.a)
set(joined ${PROJECT_BINARY_DIR}/hatpose_joined.o)
add_custom_command(OUTPUT ${archive}
  COMMAND ${CMAKE_C_COMPILER} -nostdlib -r -o ${joined}
    $<TARGET_OBJECTS:hatpose_objects>
  COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${joined}
  COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
  COMMAND ${CMAKE_AR} rcs ${archive} ${joined}
  DEPENDS hatpose_objects $<TARGET_OBJECTS:hatpose_objects>
  COMMAND_EXPAND_LISTS VERBATIM)
add_custom_target(hatpose_archive ALL DEPENDS ${archive})

string(JOIN " " HATPOSE_LIBS_PRIVATE ${HATPOSE_PRIVATE_LIBRARIES})
# Relative, so that it is right wherever --prefix puts it.
file(RELATIVE_PATH include_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
  ${CMAKE_INSTALL_FULL_INCLUDEDIR})
configure_file(${PROJECT_SOURCE_DIR}/pkgconfig/hatpose.pc.in
  ${PROJECT_BINARY_DIR}/hatpose.pc @ONLY)

include(CMakePackageConfigHelpers)
write_basic_package_version_file(
  ${PROJECT_BINARY_DIR}/hatpose-config-version.cmake
  COMPATIBILITY SameMajorVersion)
set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/hatpose)
install(TARGETS hatpose EXPORT hatpose
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  PUBLIC_HEADER DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT hatpose FILE hatpose-config.cmake NAMESPACE hatpose::
  DESTINATION ${package_dir})
install(FILES ${PROJECT_BINARY_DIR}/hatpose-config-version.cmake
  DESTINATION ${package_dir})
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${PROJECT_BINARY_DIR}/hatpose.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
