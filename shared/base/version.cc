#include "shared/base/version.h"

namespace ag {

std::string_view Version() { return AG_VERSION; }

}  // namespace ag
