// Shared by the trainer's tests: small drawn data sets, and the program as a child process.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "native/train/data/training_data.h"
#include "native/train/recipe/recipe.h"
#include "native/train/settings/settings.h"
#include "shared/model/model.h"

namespace ag::train {

// A recipe for `pictures` drawn faces in `folder`, cropped without a detector; float32, 2 threads.
Settings ToySettings(const std::string& arch, const std::string& folder, int pictures);

// Draws and crops them. A failure fails the test and returns what there is.
TrainingData ToyData(const Settings& settings);

// Multiply-accumulates of one run.
uint64_t Macs(const Model& model);

// Starts ag_native-train with its stderr in `log`; does not wait.
pid_t StartTrain(const std::vector<std::string>& arguments, const std::string& log);

// Exit code; 128 + signal if killed.
int WaitForExit(pid_t process);

// The same, and waits for it. `file_limit` > 0: RLIMIT_FSIZE.
int RunTrainProgram(const std::vector<std::string>& arguments, const std::string& log,
                    unsigned long file_limit = 0);

// Waits until the file at `path` has been replaced (or made) `times` times; false after a minute,
// or when the process has ended.
bool WaitForWrites(const std::string& path, int times, pid_t process);

}  // namespace ag::train
