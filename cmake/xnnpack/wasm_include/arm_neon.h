// Two WebAssembly kernels of XNNPACK include this name by mistake; what they use is here.
#pragma once
#include <wasm_simd128.h>
