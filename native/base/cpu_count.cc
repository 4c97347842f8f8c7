#include "native/base/cpu_count.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>

namespace ag {
namespace {

// Hyperthreads of one core list the same siblings ("0,8"), and no others do; core_id alone repeats
// from socket to socket.
std::optional<std::string> SiblingsOf(int cpu) {
  const std::string topology = "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
  for (const char* name : {"core_cpus_list", "thread_siblings_list"}) {
    std::ifstream file(topology + name);
    if (std::string siblings; std::getline(file, siblings) && !siblings.empty()) return siblings;
  }
  return std::nullopt;
}

// 0: unknown.
int CoresInAffinityMask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof(mask), &mask) != 0) return 0;
  std::set<std::string> cores;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (!CPU_ISSET(cpu, &mask)) continue;
    std::optional<std::string> siblings = SiblingsOf(cpu);
    if (!siblings) return CPU_COUNT(&mask);
    cores.insert(*std::move(siblings));
  }
  return static_cast<int>(cores.size());
}

// "200000 100000": 2 CPUs' worth of time; "max 100000": no limit.
std::optional<int> CgroupQuota() {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return std::nullopt;
  return static_cast<int>(std::clamp(std::ceil(quota / period), 1.0, 4096.0));
}

}  // namespace

int PhysicalCores() {
  int cores = CoresInAffinityMask();
  if (cores == 0) cores = static_cast<int>(std::thread::hardware_concurrency());
  if (const std::optional<int> quota = CgroupQuota()) cores = std::min(cores, *quota);
  return std::max(cores, 1);
}

}  // namespace ag
