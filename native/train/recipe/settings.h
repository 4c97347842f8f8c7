// What a training run is: every setting, the recipes, and their JSON.
//
// A recipe is a whole set of defaults (`--arch`); each field can then be overridden by an option.
// The effective settings of a run lie in RUN/settings.json, from which `--resume` takes them.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "shared/base/status.h"

namespace ag::train {

struct Settings {
  // Where things are. Not part of what is learnt.
  std::vector<std::string> data;              // folders or manifests, a set each; empty with --toy
  std::vector<std::string> include, exclude;  // patterns for what is taken of folders
  bool follow_links = false;                  // to folders
  bool strict = false;                        // pictures that cannot be read are an error
  std::string run;                            // folder of the run
  std::string cache;                          // folder of the aligned crops
  std::string detector;                       // face_detector.agm; empty: looked for (model_paths)
  std::string out;  // a second place for the exported model; empty: RUN/model.agm alone
  double checkpoint_minutes = 5;    // 0: after every step
  std::string storage = "float32";  // of the exported weights: float32, float16, int8
  std::string name;                 // provenance of the exported model
  std::string licence;              // empty: guessed from the data (provenance.h)
  std::string source;

  // How the machine is used. Changes the last bits of what is learnt.
  std::string precision = "auto";  // auto, float32, bfloat16
  std::string device = "auto";     // auto, cpu, cuda
  int threads = 0;                 // 0: all hardware threads

  // The data.
  bool toy = false;
  int toy_pictures = 1500;
  std::string crop = "detect";  // detect: face detector and alignment; as-is: the centre
  double validation_split = 0.1;
  double test_split = 0;             // kept from training, from validation and from every choice
  double duplicate_correlation = 0;  // near-duplicates (near_duplicates.h) stay on one side; 0: off
  double duplicate_features = 0;     // the same by what the net of `init` sees in them; 0: off
  std::string split;  // split.csv of an earlier run, whose parts are kept (training_data.h)
  // Cross-fitting: the training part in `folds` parts by hash, of which this net does not learn
  // from the `fold`-th (1-based), so that it can teach those pictures unprejudiced (teaching.h). 0:
  // off
  int folds = 0;
  int fold = 0;
  std::vector<double> set_shares;  // of an epoch, a set each (draws.h); empty: equal
  double age_balance = 0;          // rare ages come more often (draws.h); 0: as they are

  // The net and its input.
  std::string arch = "compact";
  int input_side = 112;  // pixels of the net's square input
  int cache_side = 128;  // pixels of the cached crop: the same scale, a margin for jitter
  bool gray = false;
  double dropout = 0.2;
  std::string cut;   // teacher, student: the last block that is kept (recognition_net.h)
  double width = 1;  // teacher, student: the part of the channels that is kept
  std::string age_head = "distribution";  // over 101 bins; value: years, plain regression
  int weight_bits = 0;  // quantisation-aware: of the weights in the forward pass; 0: float
  std::string init;     // initial weights (initial_weights.h); empty: random

  // The loop.
  uint64_t seed = 1;
  int epochs = 60;
  int batch = 128;
  int64_t epoch_pictures = 0;      // draws of an epoch; 0: as many as there are to train on
  double time_budget_minutes = 0;  // epochs are chosen to fit (app.cc); 0: as many as said
  int patience = 0;       // epochs without a better validation loss after which it stops; 0: off
  bool keep_best = true;  // export the epoch of the least validation loss, not the last one

  // The optimiser: Adam; weight_decay is decoupled (AdamW) and spares biases and batch norm.
  double learning_rate = 2e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double weight_decay = 0.05;
  double warmup_epochs = 2;  // linear from 0
  bool cosine = true;        // to 0 over the whole run; false: constant after the warm-up
  double clip_norm = 1.0;    // of the whole gradient; 0: off
  double ema_decay = 0.998;  // of the weights that are validated and exported; 0: the weights

  // The losses (losses.h).
  double age_sigma = 2.5;          // years; the Gaussian of the soft labels (compact)
  double age_l1_weight = 0.1;      // per year of |expectation - age| (compact)
  double gender_weight = 1;        // of the gender's cross-entropy
  double gender_smoothing = 0.05;  // 0 and 1 become s/2 and 1 - s/2 (compact)

  // Teaching by trained nets (teaching.h): their part of the loss, the labels' is the rest.
  std::vector<std::string> teachers;  // models .agm or folders of runs; empty: labels alone
  double teacher_share = 0.5;
  double doubt_weight = 1;          // of labels that the teachers find hard to believe (review.h)
  double infant_gender_weight = 1;  // of the gender loss of a child under three (losses.h)

  double mixup = 0;  // alpha of mixup's Beta distribution (losses.h); 0: off
  bool augment = true;
  double degrade = 0;  // chance of each loss of quality (degrade.h), where pictures are varied
};

// The defaults of `--arch`: "compact", "notebook", "teacher" or "student". kInvalidArgument names
// the known ones.
StatusOr<Settings> RecipeFor(const std::string& arch, bool toy);

// Ranges and enumerated words; kInvalidArgument names the option, what it may be and what it is.
Status CheckSettings(const Settings& settings);

// All settings; reading needs every key that decides what is learnt and ignores unknown ones.
nlohmann::ordered_json SettingsToJson(const Settings& settings);
StatusOr<Settings> SettingsFromJson(const nlohmann::json& json);

// The part that decides what is learnt (no paths, no machine): goes into the exported model, so two
// runs of one recipe write the same bytes; compared on --resume.
nlohmann::ordered_json RecipeToJson(const Settings& settings);

// Names of the keys in which two recipes differ.
std::vector<std::string> RecipeDifferences(const Settings& a, const Settings& b);

}  // namespace ag::train
