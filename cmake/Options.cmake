# ag_options: how our own code is compiled. Linked PRIVATE by each of our targets, so that nothing of
# it reaches other people's code.
add_library(ag_options INTERFACE)
target_compile_features(ag_options INTERFACE cxx_std_20)
target_compile_options(ag_options INTERFACE
  -Wall -Wextra -Wpedantic -Werror
  # gcc 12 sees overlapping copies in std::string that are not there (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  # libstdc++ 12's std::stable_sort calls a function of its own that is deprecated (the fuzz preset).
  $<$<AND:$<CXX_COMPILER_ID:Clang>,$<NOT:$<BOOL:${EMSCRIPTEN}>>>:-Wno-deprecated-declarations>
  # The same pixels and numbers on every platform: compilers fuse a*b+c where the target can, and
  # WebAssembly cannot.
  -ffp-contract=off)
# Hardening of the native programs: a table of imported functions that nothing can overwrite (RELRO
# with BIND_NOW), guards on the stack, calls of the C library that know the size of what they fill
# (tests/ag/hardening_test.sh looks at the programs). The sanitizers bring checks of their own.
if(NOT EMSCRIPTEN AND NOT AG_SANITIZE)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  target_compile_options(ag_options INTERFACE -fstack-protector-strong)
  # It asks for an optimised build; a warning otherwise.
  target_compile_definitions(ag_options INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(ag_options INTERFACE LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack
    $<$<STREQUAL:$<TARGET_PROPERTY:TYPE>,EXECUTABLE>:-pie>)
endif()
# ag_small: for code that takes no time worth measuring; the page downloads it.
add_library(ag_small INTERFACE)
if(EMSCRIPTEN)
  # Without exceptions: the engine throws none, and Emscripten would not catch them.
  target_compile_options(ag_small INTERFACE -Oz -fno-exceptions)
  target_compile_options(ag_options INTERFACE -msimd128)
  # Safari refuses a module that holds relaxed opcodes: they are in that variant alone.
  if(AG_WASM_VARIANT STREQUAL "relaxed")
    target_compile_options(ag_options INTERFACE -mrelaxed-simd)
  endif()
endif()
if(AG_SANITIZE)
  target_compile_options(ag_options INTERFACE
    -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(ag_options INTERFACE -fsanitize=address,undefined)
  # Indices of vectors and spans are checked as well.
  target_compile_definitions(ag_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()
if(AG_FUZZ)
  # What libFuzzer sees of the code; its own main comes with tests/fuzz.
  target_compile_options(ag_options INTERFACE -fsanitize=fuzzer-no-link)
endif()
