// `--arch teacher`: the whole trunk of the face recognition net (recognition_net.h), to learn from
// data and to teach smaller nets.
#include "native/train/nets/net_kind.h"
#include "native/train/nets/recognition_net.h"

namespace ag::train {

const NetKind kTeacherNet = {
    .name = "teacher",
    .summary = kRecognitionSummary,
    .recipe =
        [](Settings* s) {
          RecognitionRecipe(s);
          s->last_block = "conv256_down_out";
          s->input_side = 131;
          s->cache_side = 149;
        },
    .takes = kRecognitionSettings,
    .starts_from_recognition_net = true,
    .gives_features = true,
    .check = CheckRecognitionNet,
    .make = MakeRecognitionNet,
};

}  // namespace ag::train
