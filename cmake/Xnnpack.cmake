# ag::xnnpack: XNNPACK with all that it needs (<xnnpack.h>, <pthreadpool.h>), static, in link order.
#
# ./ag builds it once per target into .deps/native, .deps/wasm-simd or .deps/wasm-relaxed, outside of
# any preset and uninstrumented (see cmake/XnnpackOptions.cmake, cmake/xnnpack_wasm/); versions and
# hashes are in cmake/dependencies.txt.
if(NOT EMSCRIPTEN)
  find_package(Threads REQUIRED)
endif()

# cpuinfo asks real processors what they are: a WebAssembly module cannot.
if(EMSCRIPTEN)
  set(xnnpack_target "wasm-${AG_WASM_VARIANT}")
  set(xnnpack_libraries XNNPACK microkernels-prod pthreadpool)
else()
  set(xnnpack_target native)
  set(xnnpack_libraries XNNPACK microkernels-prod pthreadpool cpuinfo)
endif()
set(AG_XNNPACK_ROOT "${PROJECT_SOURCE_DIR}/.deps/${xnnpack_target}"
  CACHE PATH "Prefix that holds include/xnnpack.h and lib/libXNNPACK.a")

set(libraries "")
foreach(name IN LISTS xnnpack_libraries)
  set(library "${AG_XNNPACK_ROOT}/lib/lib${name}.a")
  if(NOT EXISTS "${library}")
    message(FATAL_ERROR "${library} is missing: run './ag setup' first")
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

add_library(ag_xnnpack INTERFACE)
target_include_directories(ag_xnnpack SYSTEM INTERFACE "${AG_XNNPACK_ROOT}/include")
target_link_libraries(ag_xnnpack INTERFACE ${libraries})
if(EMSCRIPTEN)
  # Kernels that no model can ask for stay out of the download: unused_kernels.txt says how and why.
  set(unused_file "${PROJECT_SOURCE_DIR}/cmake/xnnpack_wasm/unused_kernels.txt")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${unused_file}")
  file(STRINGS "${unused_file}" unused REGEX "^xnn_")
  set(stubs "")
  foreach(entry IN LISTS unused)
    string(REGEX MATCH "^[a-z0-9_]+" name "${entry}")
    target_link_options(ag_xnnpack INTERFACE "-Wl,--wrap=${name}")
    if(entry MATCHES " ([0-9]+)$")
      set(parameters "")
      foreach(number RANGE 1 ${CMAKE_MATCH_1})
        list(APPEND parameters "unsigned long p${number}")
      endforeach()
      list(JOIN parameters ", " parameters)
      string(APPEND stubs "void __wrap_${name}(${parameters}) { __builtin_trap(); }\n")
      continue()
    endif()
    # The reference kernels are asked for by operator and types.
    set(parameters "void")
    if(name STREQUAL "xnn_init_binary_reference_config")
      set(parameters "int type, int datatype")
    elseif(name STREQUAL "xnn_init_unary_reference_config")
      set(parameters "int type, int input, int output")
    endif()
    string(APPEND stubs "const void* __wrap_${name}(${parameters}) { return 0; }\n")
  endforeach()
  file(CONFIGURE OUTPUT unused_kernels.c CONTENT "${stubs}" @ONLY)
  add_library(ag_xnnpack_unused STATIC "${CMAKE_CURRENT_BINARY_DIR}/unused_kernels.c")
  target_link_libraries(ag_xnnpack INTERFACE ag_xnnpack_unused)
else()
  target_link_libraries(ag_xnnpack INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
endif()
add_library(ag::xnnpack ALIAS ag_xnnpack)
