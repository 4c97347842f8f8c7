# Initial cache (cmake -C) with which XNNPACK and what it needs are built: only the library, from the
# unpacked sources, silent. Compiled once, uninstrumented, for every preset: its kernels read up
# to 16 bytes past their inputs on purpose, which AddressSanitizer would report.
set(XNNPACK_LIBRARY_TYPE static CACHE STRING "")
set(XNNPACK_BUILD_TESTS OFF CACHE BOOL "")
set(XNNPACK_BUILD_BENCHMARKS OFF CACHE BOOL "")
set(XNNPACK_BUILD_ALL_MICROKERNELS OFF CACHE BOOL "")
set(XNNPACK_ENABLE_KLEIDIAI OFF CACHE BOOL "")
# XNNPACK sets XNN_LOG_LEVEL=0 by itself outside the Debug configuration; cpuinfo has to be told.
set(CPUINFO_LOG_LEVEL none CACHE STRING "")
set(CPUINFO_LIBRARY_TYPE static CACHE STRING "")
set(PTHREADPOOL_LIBRARY_TYPE static CACHE STRING "")
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(CMAKE_C_FLAGS_RELEASE "-O3 -DNDEBUG" CACHE STRING "")
set(CMAKE_CXX_FLAGS_RELEASE "-O3 -DNDEBUG" CACHE STRING "")
set(CMAKE_POSITION_INDEPENDENT_CODE ON CACHE BOOL "")
set(CMAKE_INSTALL_LIBDIR lib CACHE STRING "")
# Other people's code: its warnings are not ours to fix.
set(CMAKE_C_FLAGS "-w" CACHE STRING "")
set(CMAKE_CXX_FLAGS "-w" CACHE STRING "")

# Folder of the unpacked sources: xnnpack/ cpuinfo/ pthreadpool/ fxdiv/ fp16/.
if(NOT DEFINED AG_XNNPACK_SOURCES)
  get_filename_component(AG_XNNPACK_SOURCES "${CMAKE_CURRENT_LIST_DIR}/../../.deps/src" ABSOLUTE)
endif()
set(AG_XNNPACK_SOURCES "${AG_XNNPACK_SOURCES}" CACHE PATH "")
set(CPUINFO_SOURCE_DIR "${AG_XNNPACK_SOURCES}/cpuinfo" CACHE PATH "")
set(PTHREADPOOL_SOURCE_DIR "${AG_XNNPACK_SOURCES}/pthreadpool" CACHE PATH "")
set(FXDIV_SOURCE_DIR "${AG_XNNPACK_SOURCES}/fxdiv" CACHE PATH "")
set(FP16_SOURCE_DIR "${AG_XNNPACK_SOURCES}/fp16" CACHE PATH "")
