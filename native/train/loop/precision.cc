#include "native/train/loop/precision.h"

#include <cstdlib>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace ag::train {
namespace {

#if defined(__x86_64__)
struct CpuidRegisters {
  unsigned eax = 0, ebx = 0, ecx = 0, edx = 0;
};

CpuidRegisters Cpuid(unsigned leaf, unsigned subleaf) {
  CpuidRegisters r;
  __get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx);
  return r;
}

bool HasAmxTile() { return (Cpuid(7, 0).edx >> 24 & 1) != 0; }
bool HasAmxBfloat16() { return (Cpuid(7, 0).edx >> 22 & 1) != 0; }
bool HasAvx512Bfloat16() { return (Cpuid(7, 1).eax >> 5 & 1) != 0; }
bool TilePalettesEmpty() {
  const CpuidRegisters r = Cpuid(0x1d, 1);
  return r.eax == 0 && r.ebx == 0 && r.ecx == 0 && r.edx == 0;
}
#endif

constexpr char kIsaVariable[] = "ONEDNN_MAX_CPU_ISA";

}  // namespace

bool AvoidBrokenAmx() {
#if defined(__x86_64__)
  if (!HasAmxTile() || !TilePalettesEmpty() || std::getenv(kIsaVariable) != nullptr) return false;
  return ::setenv(kIsaVariable, "AVX512_CORE_BF16", 0) == 0;
#else
  return false;
#endif
}

bool CpuHasBfloat16() {
#if defined(__x86_64__)
  return HasAvx512Bfloat16() || (HasAmxBfloat16() && !TilePalettesEmpty());
#else
  return false;
#endif
}

std::string InstructionSet() {
  std::string text;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) text += "avx2 ";
  if (__builtin_cpu_supports("avx512f")) text += "avx512f ";
  if (__builtin_cpu_supports("avx512vnni")) text += "avx512vnni ";
  if (HasAvx512Bfloat16()) text += "avx512bf16 ";
  if (HasAmxBfloat16()) text += TilePalettesEmpty() ? "amx(broken) " : "amx ";
#else
  text += "other ";
#endif
  if (const char* limit = std::getenv(kIsaVariable)) text += "limit=" + std::string(limit) + " ";
  text.pop_back();
  return text;
}

}  // namespace ag::train
