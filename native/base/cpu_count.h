// How many threads are worth starting.
#pragma once

namespace ag {

// Physical cores that this process may use: hyperthreads of one core count once (they share its
// vector units, which is all that the engine uses), CPUs outside the affinity mask not at all, and
// a container's CPU quota (cgroup v2) is a ceiling. At least 1. Where Linux does not tell:
// std::thread::hardware_concurrency.
int PhysicalCores();

}  // namespace ag
