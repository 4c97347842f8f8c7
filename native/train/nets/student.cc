// `--arch student`: the trunk of the face recognition net (recognition_net.h), cut where it is a
// quarter as large.
#include "native/train/nets/net_kind.h"
#include "native/train/nets/recognition_net.h"

namespace ag::train {

const NetKind kStudentNet = {
    .name = "student",
    .summary = kRecognitionSummary,
    .recipe =
        [](Settings* s) {
          RecognitionRecipe(s);
          s->last_block = "conv128_2";
          s->input_side = 118;
          s->cache_side = 134;
        },
    .takes = kRecognitionSettings,
    .starts_from_recognition_net = true,
    .gives_features = true,
    .check = CheckRecognitionNet,
    .make = MakeRecognitionNet,
};

}  // namespace ag::train
