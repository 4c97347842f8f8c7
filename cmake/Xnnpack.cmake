# ag::xnnpack: XNNPACK with all that it needs (<xnnpack.h>, <pthreadpool.h>), static, in link order.
#
# ./ag builds it once into .deps/native, outside of any preset and uninstrumented (see
# cmake/XnnpackOptions.cmake); versions and hashes are in cmake/dependencies.txt.
find_package(Threads REQUIRED)

set(AG_XNNPACK_ROOT "${PROJECT_SOURCE_DIR}/.deps/native"
  CACHE PATH "Prefix that holds include/xnnpack.h and lib/libXNNPACK.a")

set(libraries "")
foreach(name XNNPACK microkernels-prod pthreadpool cpuinfo)
  set(library "${AG_XNNPACK_ROOT}/lib/lib${name}.a")
  if(NOT EXISTS "${library}")
    message(FATAL_ERROR "${library} is missing: run './ag setup engine' first")
  endif()
  list(APPEND libraries "${library}")
endforeach()

add_library(ag_xnnpack INTERFACE)
target_include_directories(ag_xnnpack SYSTEM INTERFACE "${AG_XNNPACK_ROOT}/include")
target_link_libraries(ag_xnnpack INTERFACE ${libraries} Threads::Threads ${CMAKE_DL_LIBS} m)
add_library(ag::xnnpack ALIAS ag_xnnpack)
