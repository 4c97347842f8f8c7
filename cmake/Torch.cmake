# ag::torch and AG_TORCH_FOUND, where AG_TRAIN is on and LibTorch is installed.
#
# LibTorch brings its own, older libxnnpack.so and libpthreadpool.so. Symbols of our static XNNPACK
# must not be visible from a program that links both, or LibTorch would call ours: --exclude-libs.
set(AG_TORCH_FOUND FALSE)
if(NOT AG_TRAIN)
  return()
endif()
# GLOBAL: the tests, in another folder, link it too.
find_package(Torch QUIET GLOBAL)
if(NOT Torch_FOUND)
  message(STATUS "LibTorch not found (Debian package libtorch-dev): the trainer is left out")
  return()
endif()
set(AG_TORCH_FOUND TRUE)
if(NOT TARGET ag_torch)
  add_library(ag_torch INTERFACE)
  # SYSTEM, and neither from the imported target: its headers do not follow our warnings.
  target_include_directories(ag_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
  separate_arguments(flags NATIVE_COMMAND "${TORCH_CXX_FLAGS}")
  target_compile_options(ag_torch INTERFACE ${flags})
  target_link_libraries(ag_torch INTERFACE ${TORCH_LIBRARIES})
  target_link_options(ag_torch INTERFACE -Wl,--exclude-libs,ALL)
  add_library(ag::torch ALIAS ag_torch)
endif()
