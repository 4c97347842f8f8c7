// The folder of a run: claimed before anything is computed, and never taken over by accident.
#pragma once

#include <string>

#include "native/train/options.h"
#include "native/train/settings.h"
#include "shared/base/status.h"

namespace ag::train {

// Makes the folder. A new run into a folder that holds one is refused (kInvalidArgument) unless
// request.overwrite, which removes that run's files first. With resume it must hold one.
Status ClaimRunFolder(const Request& request);

// Gives a folder back in which nothing has begun: its settings, and itself if it is empty then.
void ReleaseRunFolder(const Request& request);

Status WriteSettings(const Settings& settings);  // RUN/settings.json

bool HasCheckpoint(const Settings& settings);

}  // namespace ag::train
