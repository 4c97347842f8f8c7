# ag::xnnpack: XNNPACK with all that it needs (<xnnpack.h>, <pthreadpool.h>), static, in link order.
#
# Built outside of any preset and uninstrumented (cmake/xnnpack), in one of three ways:
#   ./ag                      once per target into .deps/native, .deps/wasm-simd or .deps/wasm-relaxed
#   AG_XNNPACK_PREFIX=DIR     somebody else did
#   AG_XNNPACK_TARBALL=...    here, while CMake configures, from source tarballs of this machine
# Versions and hashes are in cmake/dependencies.txt.
set(AG_XNNPACK_PREFIX "" CACHE PATH "Prefix that holds include/xnnpack.h and lib/libXNNPACK.a; empty: ./ag's")
set(AG_XNNPACK_TARBALL "" CACHE STRING
  "XNNPACK's source and those of what it needs: tarballs, or the folder that they lie in")
set(xnnpack_sources xnnpack pthreadpool cpuinfo fxdiv fp16)

if(EMSCRIPTEN)
  # cpuinfo asks real processors what they are: a WebAssembly module cannot.
  set(xnnpack_target "wasm-${AG_WASM_VARIANT}")
  set(xnnpack_libraries XNNPACK microkernels-prod pthreadpool)
else()
  find_package(Threads REQUIRED)
  set(xnnpack_target native)
  set(xnnpack_libraries XNNPACK microkernels-prod pthreadpool cpuinfo)
endif()

# Sets sha256_NAME for each of xnnpack_sources, and `table`: lines of names, versions and hashes.
set(table "")
file(STRINGS "${PROJECT_SOURCE_DIR}/cmake/dependencies.txt" lines REGEX "^[a-z]")
foreach(line IN LISTS lines)
  separate_arguments(words UNIX_COMMAND "${line}")
  list(GET words 0 name)
  if(name IN_LIST xnnpack_sources)
    list(GET words 3 version)
    list(GET words 5 sha256_${name})
    string(APPEND table "    ${name} ${version}\n      ${sha256_${name}}\n")
  endif()
endforeach()

# Sets tarball_NAME for each of xnnpack_sources, from AG_XNNPACK_TARBALL and what lies beside those files.
function(ag_find_tarballs)
  set(named "")
  set(candidates "")
  foreach(entry IN LISTS AG_XNNPACK_TARBALL)
    get_filename_component(entry "${entry}" ABSOLUTE BASE_DIR "${CMAKE_BINARY_DIR}")
    set(folder "${entry}")
    if(NOT EXISTS "${entry}")
      message(FATAL_ERROR "AG_XNNPACK_TARBALL: ${entry} does not exist")
    elseif(NOT IS_DIRECTORY "${entry}")
      list(APPEND named "${entry}")
      get_filename_component(folder "${entry}" DIRECTORY)
    endif()
    # Below a folder as well: that is how .deps/download of another checkout holds them.
    file(GLOB beside "${folder}/*.tar.*" "${folder}/*/*.tar.*")
    list(APPEND candidates ${beside})
  endforeach()
  list(PREPEND candidates ${named})
  list(REMOVE_DUPLICATES candidates)
  foreach(file IN LISTS candidates)
    file(SHA256 "${file}" sha256)
    set(expected FALSE)
    foreach(name IN LISTS xnnpack_sources)
      if(sha256 STREQUAL sha256_${name})
        set(tarball_${name} "${file}")
        set(tarball_${name} "${file}" PARENT_SCOPE)
        set(expected TRUE)
      endif()
    endforeach()
    if(file IN_LIST named AND NOT expected)
      message(FATAL_ERROR "AG_XNNPACK_TARBALL: ${file} has the SHA-256\n  ${sha256}\nexpected one of\n${table}")
    endif()
  endforeach()
  set(missing "")
  foreach(name IN LISTS xnnpack_sources)
    if(NOT DEFINED tarball_${name})
      list(APPEND missing ${name})
    endif()
  endforeach()
  if(missing)
    list(JOIN missing ", " missing)
    message(FATAL_ERROR "AG_XNNPACK_TARBALL: no tarball among them is the expected source of ${missing}.\n"
      "Wanted (name, version, SHA-256 of the upstream tarball as Debian has it):\n${table}")
  endif()
endfunction()

# Unpacks the tarball into `folder`, with or without a top-level folder of its own.
function(ag_unpack tarball folder)
  file(REMOVE_RECURSE "${folder}" "${folder}.tmp")
  file(ARCHIVE_EXTRACT INPUT "${tarball}" DESTINATION "${folder}.tmp")
  file(GLOB entries LIST_DIRECTORIES TRUE "${folder}.tmp/*")
  list(LENGTH entries count)
  if(count EQUAL 1 AND IS_DIRECTORY "${entries}")
    file(RENAME "${entries}" "${folder}")
    file(REMOVE_RECURSE "${folder}.tmp")
  else()
    file(RENAME "${folder}.tmp" "${folder}")
  endif()
endfunction()

# Builds XNNPACK from the tarballs into `prefix`, once: again when a file of cmake/xnnpack changes.
function(ag_build_xnnpack prefix)
  ag_find_tarballs()
  set(key "")
  foreach(file IN ITEMS CMakeLists.txt options.cmake used.txt)
    file(SHA256 "${PROJECT_SOURCE_DIR}/cmake/xnnpack/${file}" sha256)
    string(APPEND key "${sha256} ")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/cmake/xnnpack/${file}")
  endforeach()
  if(EXISTS "${prefix}/stamp")
    file(READ "${prefix}/stamp" found)
    if(found STREQUAL key)
      return()
    endif()
  endif()
  set(work "${PROJECT_BINARY_DIR}/xnnpack")
  foreach(name IN LISTS xnnpack_sources)
    message(STATUS "Unpacking ${tarball_${name}}")
    ag_unpack("${tarball_${name}}" "${work}/src/${name}")
  endforeach()
  message(STATUS "Building XNNPACK, once (about a minute on 2 cores)")
  set(options "")
  foreach(variable IN ITEMS CMAKE_TOOLCHAIN_FILE CMAKE_MAKE_PROGRAM CMAKE_C_COMPILER CMAKE_CXX_COMPILER AG_WASM_VARIANT)
    if(${variable})
      list(APPEND options "-D${variable}=${${variable}}")
    endif()
  endforeach()
  if(CMAKE_CROSSCOMPILING AND NOT CMAKE_TOOLCHAIN_FILE)
    list(APPEND options "-DCMAKE_SYSTEM_NAME=${CMAKE_SYSTEM_NAME}"
      "-DCMAKE_SYSTEM_PROCESSOR=${CMAKE_SYSTEM_PROCESSOR}")
  endif()
  foreach(step IN ITEMS configure build install)
    set(command "${CMAKE_COMMAND}" --${step} "${work}/build")
    if(step STREQUAL "configure")
      set(command "${CMAKE_COMMAND}" -G "${CMAKE_GENERATOR}" "-DAG_XNNPACK_SOURCES=${work}/src"
        -C "${PROJECT_SOURCE_DIR}/cmake/xnnpack/options.cmake" -S "${PROJECT_SOURCE_DIR}/cmake/xnnpack"
        -B "${work}/build" "-DCMAKE_INSTALL_PREFIX=${prefix}" ${options})
    elseif(step STREQUAL "build")
      list(APPEND command --parallel)
    endif()
    execute_process(COMMAND ${command} OUTPUT_FILE "${work}/${step}.log" ERROR_FILE "${work}/${step}.log"
      RESULT_VARIABLE status)
    if(status)
      message(FATAL_ERROR "XNNPACK was not built: ${work}/${step}.log says why")
    endif()
  endforeach()
  foreach(name IN LISTS xnnpack_sources)
    file(COPY "${work}/src/${name}/LICENSE" DESTINATION "${prefix}/share/doc/${name}")
  endforeach()
  file(REMOVE_RECURSE "${work}/build" "${work}/src")
  file(WRITE "${prefix}/stamp" "${key}")
endfunction()

if(AG_XNNPACK_PREFIX)
  set(prefix "${AG_XNNPACK_PREFIX}")
elseif(AG_XNNPACK_TARBALL)
  set(prefix "${PROJECT_BINARY_DIR}/xnnpack/prefix")
  ag_build_xnnpack("${prefix}")
else()
  set(prefix "${PROJECT_SOURCE_DIR}/.deps/${xnnpack_target}")
endif()

set(libraries "")
foreach(name IN LISTS xnnpack_libraries)
  set(library "${prefix}/lib/lib${name}.a")
  if(NOT EXISTS "${library}")
    message(FATAL_ERROR "XNNPACK is missing: there is no ${library}.\n"
      "One of these brings it:\n"
      "  ./ag setup\n"
      "    fetches its source, checks and builds it, into .deps/${xnnpack_target}\n"
      "  cmake ... -DAG_XNNPACK_TARBALL=FILE\n"
      "    builds it here, without a network, from its source tarball and those of what it needs\n"
      "    in the same folder (or named too, with semicolons between). Each is known by its\n"
      "    SHA-256; they are upstream's, as Debian has them:\n${table}"
      "  cmake ... -DAG_XNNPACK_PREFIX=DIR\n"
      "    takes one that is built: DIR/include/xnnpack.h, DIR/lib/libXNNPACK.a,\n"
      "    libmicrokernels-prod.a, libpthreadpool.a and libcpuinfo.a beside it")
  endif()
  if(name STREQUAL "pthreadpool" AND NOT EMSCRIPTEN)
    # pthreadpool does not look whether its threads were started: it gets threads that are
    # (shared/infer/thread_pool.cc).
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${library}")
    set(copy "${PROJECT_BINARY_DIR}/third_party/libpthreadpool.a")
    file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/third_party")
    execute_process(
      COMMAND "${CMAKE_OBJCOPY}" --redefine-sym pthread_create=ag_pool_pthread_create
        "${library}" "${copy}"
      COMMAND_ERROR_IS_FATAL ANY)
    set(library "${copy}")
  endif()
  list(APPEND libraries "${library}")
endforeach()

# Where the licences of XNNPACK and what it needs may lie, as NAME/LICENSE (cmake/Install.cmake).
set(AG_XNNPACK_LICENCES "${PROJECT_SOURCE_DIR}/.deps/src" "${prefix}/share/doc")

add_library(ag_xnnpack INTERFACE)
target_include_directories(ag_xnnpack SYSTEM INTERFACE "${prefix}/include")
target_link_libraries(ag_xnnpack INTERFACE ${libraries})
if(NOT EMSCRIPTEN)
  target_link_libraries(ag_xnnpack INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
endif()
add_library(ag::xnnpack ALIAS ag_xnnpack)
