// Which arithmetic the forward pass uses, and a name for this machine's.
#pragma once

#include <string>

namespace ag::train {

// Call before the first tensor is made. Some hypervisors report AMX but leave its tile palettes
// empty (CPUID leaf 0x1D): oneDNN then dies with SIGILL in bfloat16. Limits oneDNN to AVX-512
// there, unless the user has set ONEDNN_MAX_CPU_ISA. True if it did.
bool AvoidBrokenAmx();

// Whether there is AVX512-BF16 or AMX-BF16: elsewhere bfloat16 is emulated.
bool CpuHasBfloat16();

// "avx2 avx512f avx512bf16 limit=...": what determines the last bits of a sum. Recorded in
// checkpoints.
std::string InstructionSet();

}  // namespace ag::train
