// A fixed computation whose results one build of the engine records and another compares.
//
// A browser may execute WebAssembly SIMD wrongly, or a file may arrive mangled: before the page
// says ready, its engine runs this and compares with what the native engine wrote when the site was
// built (model/self_test.json). It takes a few milliseconds.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "shared/base/status.h"
#include "shared/image/image.h"
#include "shared/infer/engine.h"

namespace ag {

// Two engines agree if |a - b| <= tolerance * (1 + |b|) for every value. Wide enough for any order
// of float32 sums, and far below the effect of a wrong instruction or weight.
inline constexpr double kSelfTestTolerance = 1e-3;

// [128, 128, 3]: a face of a few ellipses over a pattern, drawn in integers: the same everywhere.
Image SelfTestPicture();

// Raw outputs of both nets on that picture: every value of the age/gender net, then a sample of
// each output of the detector. Never NaN; the same length for the same two models. Fails like
// Engine::Create and Run, and with kModelNonFinite if an output is not finite.
StatusOr<std::vector<float>> SelfTestValues(std::shared_ptr<Weights> net,
                                            std::shared_ptr<Weights> detector);

// kInternal names the first value that differs, what was expected and what was found; also if the
// lengths differ or an expected value is not finite.
Status CompareSelfTest(std::span<const float> expected, std::span<const float> found,
                       double tolerance);

}  // namespace ag
