// How many threads an engine can have here: WebAssembly has none except in its threads variant.
#pragma once

namespace ag::test {

#if !defined(__EMSCRIPTEN__) || defined(__EMSCRIPTEN_PTHREADS__)
inline constexpr int kManyThreads = 2;
#else
inline constexpr int kManyThreads = 1;
#endif

}  // namespace ag::test
