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
  list(APPEND libraries "${library}")
endforeach()

add_library(ag_xnnpack INTERFACE)
target_include_directories(ag_xnnpack SYSTEM INTERFACE "${AG_XNNPACK_ROOT}/include")
target_link_libraries(ag_xnnpack INTERFACE ${libraries})
if(NOT EMSCRIPTEN)
  target_link_libraries(ag_xnnpack INTERFACE Threads::Threads ${CMAKE_DL_LIBS} m)
endif()
add_library(ag::xnnpack ALIAS ag_xnnpack)
