# Walls between folders: a library's headers are found by those that link it, and by nobody else, so that
# an include that its CMakeLists.txt does not allow is an error of the compiler ("No such file").
#
# Headers are included by their path from the repository's root ("native/run/record.h"). Each folder has
# a root of its own in the build folder, include/<folder>, with nothing but a link to it.

# ag_folder_root(VARIABLE): the current folder's.
function(ag_folder_root variable)
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  string(REPLACE "/" "." name "${folder}")
  set(root "${PROJECT_BINARY_DIR}/include/${name}")
  cmake_path(GET folder PARENT_PATH parent)
  file(MAKE_DIRECTORY "${root}/${parent}")
  # A checkout may have moved since.
  file(REMOVE "${root}/${folder}")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${root}/${folder}" SYMBOLIC)
  set(${variable} "${root}" PARENT_SCOPE)
endfunction()

# ag_library(NAME files... [PUBLIC targets...] [PRIVATE targets...])
# A static library of the current folder's files. PUBLIC: what its headers include too.
function(ag_library name)
  cmake_parse_arguments(ARG "" "" "PUBLIC;PRIVATE" ${ARGN})
  ag_folder_root(root)
  add_library(${name} STATIC ${ARG_UNPARSED_ARGUMENTS})
  target_include_directories(${name} PUBLIC "${root}")
  target_link_libraries(${name} PUBLIC ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE} ag_options)
endfunction()

# ag_listed_files(VARIABLE LIST FOLDER SUFFIX): of each line AG_...(Name) of the file LIST (next to the
# code that is made from it) FOLDER/<name>SUFFIX, the name in lower case. What the list names and nobody
# wrote is then an error of CMake's.
function(ag_listed_files variable list folder suffix)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${list}")
  file(STRINGS "${list}" lines REGEX "^AG_[A-Z_]+\\(")
  set(files "")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^AG_[A-Z_]+\\(([A-Za-z0-9]+)\\).*" "\\1" name "${line}")
    string(TOLOWER "${name}" name)
    list(APPEND files "${folder}/${name}${suffix}")
  endforeach()
  set(${variable} "${files}" PARENT_SCOPE)
endfunction()

# ag_program(NAME file-name files... LIBS targets...)
# A program of the current folder's files in bin/; nobody else includes its headers.
function(ag_program name output)
  cmake_parse_arguments(ARG "" "" "LIBS" ${ARGN})
  ag_folder_root(root)
  add_executable(${name} ${ARG_UNPARSED_ARGUMENTS})
  set_target_properties(${name} PROPERTIES OUTPUT_NAME "${output}")
  target_include_directories(${name} PRIVATE "${root}")
  target_link_libraries(${name} PRIVATE ${ARG_LIBS} ag_options)
endfunction()
