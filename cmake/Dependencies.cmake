# Third-party headers as targets: ag::stb ag::flatbuffers ag::json ag::cli11.
#
# Each is copied out of the system's include folder into the build folder and included as SYSTEM from
# there. Naming the system's folder itself (-isystem /usr/include) breaks a cross build: WebAssembly
# must never see the headers of the machine's C library. Where a header is missing, its target does
# not exist and configuring tells the Debian package; without one that is always needed it ends there.
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
  set_property(GLOBAL APPEND PROPERTY AG_MISSING "  ${ARG_PROBE} (Debian's ${ARG_PACKAGE})\n")
endfunction()

# Both <stb_image.h> and <stb/stb_image.h>.
ag_header_library(stb PROBE stb/stb_image.h FILES stb INCLUDE stb PACKAGE libstb-dev)

# <ag_stb_image.h>: stb_image with two lines mended; no pixel changes.
# 1. Where the data of a progressive JPEG end inside a number, releases before 2.28 owe bits, and shift a
#    zero by more than the width of its type: undefined, though every processor leaves the zero a zero.
#    As mended it is never shifted.
# 2. A PNG whose first IDAT is empty copies no bytes to a null pointer: undefined too.
function(ag_mend_stb)
  set(mended_lines
    "j->code_buffer |= b << (24 - j->code_bits)" "if (b != 0)"
    "memcpy(buffer, s->img_buffer, n)" "if (n > 0)")
  set(folder "${AG_THIRD_PARTY_DIR}/stb_patched")
  file(READ "${AG_THIRD_PARTY_DIR}/stb/stb/stb_image.h" text)
  while(mended_lines)
    list(POP_FRONT mended_lines line condition)
    string(FIND "${text}" "${line}" found)
    if(found EQUAL -1)
      message(WARNING "stb_image.h is not as expected: cmake/Dependencies.cmake cannot mend '${line}'")
    endif()
    string(REPLACE "${line}" "${condition} ${line}" text "${text}")
  endwhile()
  file(WRITE "${folder}/new.h" "${text}")
  # Touched only when it changes.
  configure_file("${folder}/new.h" "${folder}/include/ag_stb_image.h" COPYONLY)
  target_include_directories(ag_stb SYSTEM INTERFACE "${folder}/include")
endfunction()

if(TARGET ag_stb)
  ag_mend_stb()
endif()
ag_header_library(flatbuffers PROBE flatbuffers/flatbuffers.h FILES flatbuffers
  PACKAGE libflatbuffers-dev)
ag_header_library(json PROBE nlohmann/json.hpp FILES nlohmann PACKAGE nlohmann-json3-dev)
ag_header_library(cli11 PROBE CLI/CLI.hpp FILES CLI PACKAGE libcli11-dev)

# ag_own_headers(NAME dir MENDED paths...)
# NAME's headers are then found in a copy of `dir`: all of them, because they include each other from
# where they lie, but those of MENDED, each of which ag_mend_header adds.
function(ag_own_headers name dir)
  cmake_parse_arguments(ARG "" "" "MENDED" ${ARGN})
  set(original "${AG_THIRD_PARTY_DIR}/${name}")
  file(GLOB_RECURSE headers RELATIVE "${original}" "${original}/${dir}/*")
  foreach(header IN LISTS headers)
    if(NOT header IN_LIST ARG_MENDED)
      configure_file("${original}/${header}" "${original}_mended/include/${header}" COPYONLY)
    endif()
  endforeach()
  target_include_directories(ag_${name} SYSTEM BEFORE INTERFACE "${original}_mended/include")
endfunction()

# ag_mend_header(NAME path PATTERN REPLACEMENT...)
# Each regular expression is replaced in the copy of this header. (For a semicolon, which would part a
# list, stands <semicolon>.)
function(ag_mend_header name path)
  set(original "${AG_THIRD_PARTY_DIR}/${name}")
  set(folder "${original}_mended")
  file(READ "${original}/${path}" text)
  foreach(edit IN LISTS ARGN)
    if(NOT DEFINED pattern)
      set(pattern "${edit}")
      continue()
    endif()
    string(REGEX REPLACE "${pattern}" "${edit}" changed "${text}")
    if(changed STREQUAL text)
      message(WARNING "${path} is not as expected: cmake/Dependencies.cmake cannot mend it")
    endif()
    string(REPLACE "<semicolon>" ";" text "${changed}")
    unset(pattern)
  endforeach()
  file(WRITE "${folder}/new.h" "${text}")
  # Touched only when it changes.
  configure_file("${folder}/new.h" "${folder}/include/${path}" COPYONLY)
endfunction()

# Where memory is short, the destructor of a value ends the process: it moves what the value holds into
# a list first, so that deep nesting needs no deep stack, and the list may not be to be had (as mended
# it goes down the stack then); and a value whose array or object was not to be had has none to destroy.
if(TARGET ag_json)
  ag_own_headers(json nlohmann MENDED nlohmann/json.hpp)
  set(json_kinds "t == value_t::object || t == value_t::array || t == value_t::string")
  set(json_begin "(if \\(t == value_t::array \\|\\| t == value_t::object\\)[ \n]*){([ \n]*// flatten the current)")
  set(json_end "(// it's now safe that current_item get destructed[^}]*}[ \n]*})")
  ag_mend_header(json nlohmann/json.hpp
    "${json_begin}" "if (object == nullptr && (${json_kinds})) return<semicolon>\n\\1try {\\2"
    "${json_end}" "\\1 catch (const std::bad_alloc&) {}")
endif()

# Where memory is short, CLI11 ends the process: it makes eight validators in each file that includes
# it, before main(), where nothing can be caught (none is used here), and some of its functions are
# noexcept though they allocate.
if(TARGET ag_cli11)
  ag_own_headers(cli11 CLI MENDED CLI/App.hpp CLI/Validators.hpp)
  set(cli11_types "detail::[A-Za-z0-9]+Validator|TypeValidator<double>|Range")
  ag_mend_header(cli11 CLI/Validators.hpp
    "\nconst (${cli11_types}) [A-Z][A-Za-z0-9]+(\\([^\n]*\\))?" "\n")
  ag_mend_header(cli11 CLI/App.hpp
    "(get_option_no_throw\\(std::string option_name\\)( const)?) noexcept" "\\1"
    "(_find_subcommand\\([^)]*\\) const) noexcept" "\\1")
endif()

# What nothing can be built without. (Of WebAssembly json and cli11 are no part.)
get_property(missing GLOBAL PROPERTY AG_MISSING)
if(EMSCRIPTEN)
  list(FILTER missing EXCLUDE REGEX "CLI/|nlohmann/")
endif()
if(missing)
  list(JOIN missing "" missing)
  message(FATAL_ERROR "Headers are missing in ${AG_SYSTEM_INCLUDE_DIRS}:\n${missing}"
    "On Debian './ag setup engine' installs them; -DAG_SYSTEM_INCLUDE_DIRS=DIR names another place.")
endif()
