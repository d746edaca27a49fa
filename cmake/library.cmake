# libhatpose.so: explicit symbols only. libhatpose.a: hp_* made local.
add_library(hatpose SHARED)
set_target_properties(hatpose PROPERTIES
  VERSION 1.${PROJECT_VERSION_MINOR}.${PROJECT_VERSION_PATCH} SOVERSION 1
  LINK_DEPENDS ${CMAKE_SOURCE_DIR}/pkgconfig/hatpose.map)
target_link_libraries(hatpose PRIVATE hatpose_objects hatpose_dependencies)
target_include_directories(hatpose INTERFACE
  $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}/include>
  $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_options(hatpose PRIVATE
  -Wl,--version-script=${CMAKE_SOURCE_DIR}/pkgconfig/hatpose.map)
if(NOT HATPOSE_SANITIZE AND NOT HATPOSE_FUZZ)
  target_link_options(hatpose PRIVATE -Wl,-z,defs)
endif()
