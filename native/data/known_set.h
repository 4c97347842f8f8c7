// The data sets that the program knows by name: how their labels are read, how a set is recognised,
// and which terms bind the weights of a net that was trained on it.
//
// Other pictures are as welcome; of them it is only not known where they come from.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native/data/dataset.h"
#include "shared/base/status.h"

namespace ag {

struct KnownSet {
  std::string_view name;      // "UTKFace"
  std::string_view citation;  // authors, title, place and year
  std::string_view
      licence;             // of weights that were trained on it: "non-commercial research use only"
  std::string_view terms;  // the same in a sentence of the model card, and what else is to be said
  // Whether a picture is called and labelled as those of the set are.
  bool (*looks_like)(const Sample& sample) = nullptr;
  // For folders: the label that a file's name (without folders) holds, and how such names look.
  // kInvalidArgument says what is malformed. Null: its labels come as a list (manifest.h).
  StatusOr<Sample> (*label_of_name)(const std::string& name) = nullptr;
  std::string_view name_form = {};  // "AGE_GENDER_RACE_DATETIME.jpg"
};

#define AG_KNOWN_SET(name) extern const KnownSet k##name##Set;
#include "native/data/known_set_list.inc"
#undef AG_KNOWN_SET

std::span<const KnownSet* const> AllKnownSets();

// Those whose pictures' names are labels.
std::vector<const KnownSet*> NamedSets();

// What at least half of `samples` look like; null: none of the known sets.
const KnownSet* RecogniseSet(const std::vector<Sample>& samples);

// What a model says of the data that it was trained on; a null pointer stands for a set that is not
// known. "UTKFace (Zhang, ...); FairFace (...)", "Weights trained on UTKFace: non-commercial ...".
std::string SourceOf(const std::vector<const KnownSet*>& sets);
std::string LicenceOf(const std::vector<const KnownSet*>& sets);

// The parts of a model's source as people write it, between ; or , or "and" and without what stands
// in brackets: "UTKFace (2017); start weights: dlib" has "UTKFace" and "start weights: dlib".
std::vector<std::string> PartsOfSource(std::string_view source);

// The known sets that a model's source names, as a part of its own; upper and lower case are one.
std::vector<const KnownSet*> SetsInSource(std::string_view source);

}  // namespace ag
