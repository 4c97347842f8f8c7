// How many threads are worth starting.
#pragma once

namespace ag {

// Physical cores that this process may use. Hyperthreads of one core count once (they share its
// vector units, which is all that the engine uses), CPUs outside the affinity mask do not count,
// and a container's CPU quota (cgroup v2) is a ceiling. At least 1. Falls back to
// std::thread::hardware_concurrency where Linux does not say.
int PhysicalCores();

}  // namespace ag
