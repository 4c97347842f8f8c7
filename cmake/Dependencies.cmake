# Third-party headers as targets: ag::stb ag::flatbuffers ag::json ag::cli11 ag::httplib.
#
# Each is copied out of the system's include folder into the build folder and included as SYSTEM from
# there. Naming the system's folder itself (-isystem /usr/include) breaks a cross build: WebAssembly
# must never see the headers of the machine's C library. Where a header is missing, its target does
# not exist and configuring tells the Debian package.
set(AG_THIRD_PARTY_DIR "${PROJECT_BINARY_DIR}/third_party")
set(AG_SYSTEM_INCLUDE_DIRS /usr/include /usr/local/include
  CACHE STRING "Where header-only libraries are looked for")

# ag_header_library(NAME PROBE file PACKAGE debian-package FILES paths... [INCLUDE subdirs...])
# PROBE and FILES are relative to one of AG_SYSTEM_INCLUDE_DIRS; FILES may be folders.
function(ag_header_library name)
  cmake_parse_arguments(ARG "" "PROBE;PACKAGE" "FILES;INCLUDE" ${ARGN})
  foreach(root IN LISTS AG_SYSTEM_INCLUDE_DIRS)
    if(NOT EXISTS "${root}/${ARG_PROBE}")
      continue()
    endif()
    set(copy "${AG_THIRD_PARTY_DIR}/${name}")
    foreach(file IN LISTS ARG_FILES)
      file(COPY "${root}/${file}" DESTINATION "${copy}")
    endforeach()
    add_library(ag_${name} INTERFACE)
    target_include_directories(ag_${name} SYSTEM INTERFACE "${copy}")
    foreach(subdir IN LISTS ARG_INCLUDE)
      target_include_directories(ag_${name} SYSTEM INTERFACE "${copy}/${subdir}")
    endforeach()
    add_library(ag::${name} ALIAS ag_${name})
    return()
  endforeach()
  message(STATUS "ag::${name}: ${ARG_PROBE} not found (Debian package ${ARG_PACKAGE})")
endfunction()

# Both <stb_image.h> and <stb/stb_image.h>.
ag_header_library(stb PROBE stb/stb_image.h FILES stb INCLUDE stb PACKAGE libstb-dev)

# <ag_stb_image.h>: stb_image with one line mended. Where the data of a progressive JPEG end inside a
# number, releases before 2.28 owe bits, and shift a zero by more than the width of its type: undefined,
# though every processor leaves the zero a zero. As patched it is never shifted; no pixel changes.
if(TARGET ag_stb)
  set(stb_shift "j->code_buffer |= b << (24 - j->code_bits);")
  set(stb_folder "${AG_THIRD_PARTY_DIR}/stb_patched")
  file(READ "${AG_THIRD_PARTY_DIR}/stb/stb/stb_image.h" stb_text)
  string(FIND "${stb_text}" "${stb_shift}" stb_found)
  if(stb_found EQUAL -1)
    message(WARNING "stb_image.h is not as expected: cmake/Dependencies.cmake cannot mend its shift")
  endif()
  string(REPLACE "${stb_shift}" "if (b != 0) ${stb_shift}" stb_text "${stb_text}")
  file(WRITE "${stb_folder}/new.h" "${stb_text}")
  # Touched only when it changes.
  configure_file("${stb_folder}/new.h" "${stb_folder}/include/ag_stb_image.h" COPYONLY)
  target_include_directories(ag_stb SYSTEM INTERFACE "${stb_folder}/include")
endif()
ag_header_library(flatbuffers PROBE flatbuffers/flatbuffers.h FILES flatbuffers
  PACKAGE libflatbuffers-dev)
ag_header_library(json PROBE nlohmann/json.hpp FILES nlohmann PACKAGE nlohmann-json3-dev)
ag_header_library(cli11 PROBE CLI/CLI.hpp FILES CLI PACKAGE libcli11-dev)

# Debian compiles the larger half of cpp-httplib into a shared library.
find_library(AG_HTTPLIB_LIBRARY cpp-httplib)
if(AG_HTTPLIB_LIBRARY)
  ag_header_library(httplib PROBE httplib.h FILES httplib.h PACKAGE libcpp-httplib-dev)
  if(TARGET ag_httplib)
    target_link_libraries(ag_httplib INTERFACE "${AG_HTTPLIB_LIBRARY}")
  endif()
endif()
