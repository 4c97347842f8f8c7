// What every command returns to the shell.
#pragma once

namespace ag {

inline constexpr int kExitDone = 0;
inline constexpr int kExitSomeFailed = 1;  // some inputs failed, each named on stderr
inline constexpr int kExitUsage =
    2;  // wrong usage, a broken model, or a result that cannot be written

}  // namespace ag
