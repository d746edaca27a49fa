# What the library itself links: zlib, libm, threads, stb_image (headers),
# libjpeg-turbo when found.
include(CheckSymbolExists)

add_library(hatpose_dependencies INTERFACE)

find_package(ZLIB REQUIRED)
find_package(Threads REQUIRED)
target_link_libraries(hatpose_dependencies INTERFACE
  ZLIB::ZLIB Threads::Threads m)

# For programs that link the archive (hatpose.pc).
set(HATPOSE_PRIVATE_LIBRARIES -lz -lm -lpthread)

find_path(STB_INCLUDE_DIR stb_image.h PATH_SUFFIXES stb REQUIRED)
target_include_directories(hatpose_dependencies SYSTEM INTERFACE
  ${STB_INCLUDE_DIR})

set(HATPOSE_HAVE_LIBJPEG OFF)
if(HATPOSE_LIBJPEG)
  find_package(JPEG QUIET)
  if(JPEG_FOUND)
    # Other libjpegs lack the blue-first order, and decode otherwise.
    set(CMAKE_REQUIRED_LIBRARIES JPEG::JPEG)
    check_symbol_exists(JCS_EXTENSIONS "stddef.h;stdio.h;jpeglib.h"
      HATPOSE_LIBJPEG_IS_TURBO)
    unset(CMAKE_REQUIRED_LIBRARIES)
  endif()
  if(HATPOSE_LIBJPEG_IS_TURBO)
    set(HATPOSE_HAVE_LIBJPEG ON)
    target_link_libraries(hatpose_dependencies INTERFACE JPEG::JPEG)
    target_compile_definitions(hatpose_dependencies INTERFACE
      HP_HAVE_LIBJPEG=1)
    list(APPEND HATPOSE_PRIVATE_LIBRARIES -ljpeg)
  else()
    message(STATUS "libjpeg-turbo not found: stb_image decodes JPEG")
  endif()
endif()

if(HATPOSE_OPENBLAS)
  # Its header only: conv_blas.c loads the library when it is wanted. Debian
  # has a header for each of its builds.
  find_path(OPENBLAS_INCLUDE_DIR cblas.h
    PATH_SUFFIXES openblas-serial openblas
      ${CMAKE_LIBRARY_ARCHITECTURE}/openblas-serial
    REQUIRED)
  target_include_directories(hatpose_dependencies SYSTEM INTERFACE
    ${OPENBLAS_INCLUDE_DIR})
  target_link_libraries(hatpose_dependencies INTERFACE ${CMAKE_DL_LIBS})
  target_compile_definitions(hatpose_dependencies INTERFACE
    HP_HAVE_OPENBLAS=1)
  list(APPEND HATPOSE_PRIVATE_LIBRARIES -ldl)
endif()
