#include "shared/face/finder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/number_text.h"
#include "shared/face/detector.h"
#include "shared/face/find_geometry.h"
#include "shared/image/resize.h"

namespace ag {
namespace {

using face_internal::CropRegion;
using face_internal::RollOf;
using face_internal::SizeOf;
using face_internal::TileAxis;
using face_internal::TurnFaceBack;
using face_internal::TurnPicture;
using face_internal::Window;
using face_internal::WindowSize;
using face_internal::WrapDegrees;

// Measurements: docs/face-finding.md, "Finding faces"; the size of a face is the height of its box.

// The first look: a longest side of 320 pixels.
constexpr int kFirstSize = 320;

// A look proposes faces at a third of the threshold. Of faces with a body, 20 of 22 are then found
// from 12 pixels on, and all from 16; a lone face on a pattern is recognised much later (at 28
// pixels 84 to 92 %), so this is the size to aim for ...
constexpr double kProposalHeight = 28;
constexpr double kProposalShare = 1.0 / 3;
// ... but a picture is not enlarged by more than this, and without min_face no look is larger than
// kMaxDefaultSize, so that the cost is bounded however large the picture is.
constexpr double kMaxEnlargement = 1.75;
constexpr double kDefaultMinFace = 24;
constexpr int kMaxDefaultSize = 3200;
// What scores less than a proposal is ranked within the picture instead: the score of a lone small
// face depends far more on its surroundings than on whether it passes that threshold. The best of
// them, this many per megapixel of a look, get a glance.
constexpr double kFaintScore = 0.01;
constexpr double kFaintPerMegapixel = 32;
constexpr int kCellsPerFace = 8;
// Faint finds smaller than this fraction of min_face are not believed.
constexpr double kFaintShare = 0.75;

// A single face of at least this fraction of the longest side makes a portrait.
constexpr double kPortraitShare = 0.12;

// One look's canvas; 1024 x 1024 pixels hold about 100 MB of activations.
constexpr int kMaxTile = 1024;
// The ratio from one look to the next larger one is at most this, so that the faces a coarse look
// leaves to the tiles are small and the tiles need little overlap.
constexpr double kMaxLevelRatio = 8;
// Faces this high in a look need no larger one: tiles overlap by as many of their pixels.
constexpr double kFoundHeight = 20;

// In a look's own pixels: from this size on its box and points are used as they are; in tiles only
// from this score on, since patterns score less.
constexpr double kSureHeight = 48;
constexpr double kSureScore = 0.85;

constexpr WindowSize kGlance = {64, 32};         // which way up could this be?
constexpr WindowSize kCheck = {96, 48};          // is it a face?
constexpr WindowSize kPrecise = {160, 96};       // where exactly, how tilted?
constexpr WindowSize kPreciseSmall = {128, 80};  // the same for faces below kPreciseSmallBelow

// Upright faces score above this; few faces that lie on their side or stand on their head do.
constexpr double kUprightScore = 0.9;
// The same in a window of kCheck, for a face that the first look shows well, and for a small one.
constexpr double kUprightWindow = 0.85;
constexpr double kUprightCheck = 0.75;
// By how much another orientation must score better to be believed.
constexpr double kTurnMargin = 0.04;
// Faces tilted by 20 to 50 degrees may score above kUprightScore, with points as if they were
// upright; but hardly ever as much as this, and the boxes of most are lower than this times their
// width. A precise look shows more of their roll.
constexpr double kSurelyUpright = 0.925;
constexpr double kUprightAspect = 1.3;
// Degrees of roll up to which the points of an upright look are used as they are.
constexpr double kUprightRoll = 10;
// A tilted face is turned by a little more than the roll that is seen, at most this often, until
// less than kStraight is left; a turn that loses more than kTurnLoss of the score was a wrong one.
constexpr int kMaxTurns = 4;
constexpr double kTurnShare = 1.2;
constexpr double kStraight = 5;
constexpr double kTurnLoss = 0.1;

// A face is seen wherever the window is; jewellery, hair and slanted lines that score as much do so
// in one window alone. What scores less than kSurelySteady is looked at again in windows moved by
// these fractions of its box, and must reach kSteadyShare of min_score in each: 0.2 % of 3,600 true
// faces do not, half of the false ones.
constexpr double kSurelySteady = 0.88;
constexpr double kSteadyShare = 2.0 / 3;
constexpr std::array<Point, 3> kSteadyMoves = {{{-0.06, -0.03}, {0, 0.05}, {0.06, -0.03}}};

// How many proposals that do not look upright are tried in the other orientations, and the fraction
// of min_score that a glance must give.
constexpr int kMaxTries = 64;
constexpr double kGlanceShare = 0.8;
// How many proposals below min_score are checked, best first: noise has thousands.
constexpr size_t kMaxWeak = 512;

// The longest side at which a picture without a face is searched turned.
constexpr int kTurnedSize = 640;
// Degrees of roll from which on a face counts as lying on its side.
constexpr double kLyingRoll = 60;

// The last resort: the whole picture with a margin, scaled so that its side is `face` pixels; a
// face of at least kLargeFace of the picture may score less.
constexpr std::array<WindowSize, 3> kMarginWindows = {{{224, 160}, {160, 80}, {128, 96}}};
constexpr double kLargeFace = 0.25;
constexpr double kLargeShare = 0.7;

// Below every threshold: a score is wanted, whatever it is.
constexpr double kAnyScore = 0.05;

// A find in a window belongs to the face for which the window was made.
constexpr double kSameFace = 0.3;

// A face of this few pixels gains nothing from a precise look.
constexpr double kPreciseHeight = 32;
constexpr double kPreciseSmallBelow = 64;

// The quarters by which the picture must be turned so that its faces are upright, if they all lie
// the same way.
int CommonQuarters(const std::vector<Face>& faces) {
  std::optional<int> common;
  for (const Face& face : faces) {
    const std::optional<double> roll = RollOf(face);
    if (!roll || std::abs(*roll) < kLyingRoll) return 0;
    const int quarters = (4 - static_cast<int>(std::lround(*roll / 90))) % 4;
    if (common && *common != quarters) return 0;
    common = quarters;
  }
  return common.value_or(0);
}

// What a look saw, in pixels of the picture.
struct Proposal {
  Face face;
  double height = 0;  // in the look's pixels
  bool first_look = false;
};

// Greedy non-maximum suppression of a list in order of preference.
template <typename T, typename BoxOf>
std::vector<T> Suppress(const std::vector<T>& ordered, double overlap, const BoxOf& box_of) {
  std::vector<T> kept;
  for (const T& item : ordered) {
    const bool hidden = std::any_of(kept.begin(), kept.end(), [&](const T& better) {
      return IntersectionOverUnion(box_of(better), box_of(item)) > overlap;
    });
    if (!hidden) kept.push_back(item);
  }
  return kept;
}

double MinFace(const FindOptions& options) {
  return options.min_face > 0 ? options.min_face : kDefaultMinFace;
}

}  // namespace

Status CheckFindOptions(const FindOptions& options) {
  if (options.min_face != 0 && !(options.min_face >= 8 && options.min_face <= 4096)) {
    return Status(Code::kInvalidArgument,
                  "min_face " + NumberText(options.min_face) + ", expected 0 or 8 to 4096");
  }
  if (options.detect_size != 0 && (options.detect_size < 32 || options.detect_size > 4096)) {
    return Status(Code::kInvalidArgument, "detect_size " + std::to_string(options.detect_size) +
                                              ", expected 0 or 32 to 4096");
  }
  if (!(options.min_score > 0 && options.min_score <= 1)) {
    return Status(Code::kInvalidArgument, "min_score " + NumberText(options.min_score) +
                                              ", expected more than 0 and at most 1");
  }
  if (!(options.nms_overlap >= 0 && options.nms_overlap <= 1)) {
    return Status(Code::kInvalidArgument,
                  "nms_overlap " + NumberText(options.nms_overlap) + ", expected 0 to 1");
  }
  if (options.max_faces < 1) {
    return Status(Code::kInvalidArgument,
                  "max_faces " + std::to_string(options.max_faces) + ", expected 1 or more");
  }
  return OkStatus();
}

// `runs` and `pixels` count the cost of one call.
struct FaceFinder::Impl {
  explicit Impl(FaceDetector face_detector) : detector(std::move(face_detector)) {}

  FaceDetector detector;
  int runs = 0;
  int64_t pixels = 0;

  StatusOr<std::vector<Face>> Run(const Image& picture, int size, double min_score,
                                  int max_faint = 0);
  StatusOr<std::optional<Face>> LookInto(const Image& picture, const Box& box, double roll,
                                         const WindowSize& size, double min_score);
  Status LookInTiles(const Image& picture, double size, double coarser_size, double min_score,
                     std::vector<Proposal>* proposals);
  StatusOr<std::optional<Face>> Straighten(const Image& picture, const Face& face, double roll,
                                           double min_score);
  StatusOr<std::optional<double>> BestWayUp(const Image& picture, const Box& box,
                                            const WindowSize& size, double at_least);
  StatusOr<Face> TurnUpright(const Image& picture, const Face& face, double min_score);
  StatusOr<std::optional<Face>> Check(const Image& picture, const Face& proposal,
                                      const FindOptions& options, int* tries);
  StatusOr<bool> IsSteady(const Image& picture, const Face& face, double min_score);
  StatusOr<std::vector<Face>> Search(const Image& picture, const FindOptions& options);
  Status FindAnyWayUp(const Image& picture, const FindOptions& options, FoundFaces* found);
  StatusOr<int> GuessQuarters(const Image& picture, const FindOptions& options);
  StatusOr<std::vector<Face>> LastResort(const Image& picture, const FindOptions& options);
};

StatusOr<std::vector<Face>> FaceFinder::Impl::Run(const Image& picture, int size, double min_score,
                                                  int max_faint) {
  const double scale =
      std::min(1.0, static_cast<double>(size) / std::max(picture.width, picture.height));
  ++runs;
  pixels += std::max<int64_t>(1, std::llround(picture.width * scale)) *
            std::max<int64_t>(1, std::llround(picture.height * scale));
  // Suppression of each run's own finds; suppression across runs is done here.
  return detector.Detect(picture, {.detect_size = size,
                                   .min_score = min_score,
                                   .max_faces = 4096,
                                   .faint_score = max_faint > 0 ? kFaintScore : 0,
                                   .max_faint = max_faint});
}

// The best face in a window that overlaps the box for which the window was made.
StatusOr<std::optional<Face>> FaceFinder::Impl::LookInto(const Image& picture, const Box& box,
                                                         double roll, const WindowSize& size,
                                                         double min_score) {
  const Window window(box, roll, size);
  const Image cut = window.Cut(picture);
  if (cut.empty()) return std::optional<Face>();
  AG_ASSIGN_OR_RETURN(const std::vector<Face> faces, Run(cut, size.canvas, min_score));
  for (const Face& face : faces) {  // best first
    const Face mapped = window.ToPicture(face);
    if (IntersectionOverUnion(mapped.box, box) > kSameFace) return std::optional<Face>(mapped);
  }
  return std::optional<Face>();
}

// One look at the whole picture at a longest side of `size`, in tiles if it is large. Faces that a
// look at coarser_size finds (0: there was none) may be missing.
Status FaceFinder::Impl::LookInTiles(const Image& picture, double size, double coarser_size,
                                     double min_score, std::vector<Proposal>* proposals) {
  const double scale = size / std::max(picture.width, picture.height);
  const double overlap =
      coarser_size > 0 ? std::min(kFoundHeight * size / coarser_size, kMaxTile / 2.0) : 0;
  const TileAxis columns(picture.width, scale, overlap, kMaxTile);
  const TileAxis rows(picture.height, scale, overlap, kMaxTile);
  for (int j = 0; j < rows.count; ++j) {
    for (int i = 0; i < columns.count; ++i) {
      const int x = columns.begin(i), y = rows.begin(j);
      const bool whole = columns.count == 1 && rows.count == 1;
      const Image tile =
          ResizeArea(whole ? picture : CropRegion(picture, x, y, columns.length, rows.length),
                     columns.canvas, rows.canvas);
      const double x_scale = static_cast<double>(columns.length) / columns.canvas;
      const double y_scale = static_cast<double>(rows.length) / rows.canvas;
      const double megapixels = tile.width * tile.height / 1e6;
      const auto faint =
          static_cast<int>(std::ceil(kCellsPerFace * kFaintPerMegapixel * megapixels));
      AG_ASSIGN_OR_RETURN(const std::vector<Face> faces,
                          Run(tile, std::max({columns.canvas, rows.canvas, 32}), min_score, faint));
      for (Face face : faces) {
        // Cut by a border inside the picture: a neighbour or a coarser look has it whole.
        const bool cut = (i > 0 && face.box.x < 1) || (j > 0 && face.box.y < 1) ||
                         (i + 1 < columns.count && face.box.x + face.box.width > tile.width - 1) ||
                         (j + 1 < rows.count && face.box.y + face.box.height > tile.height - 1);
        if (cut) continue;
        const double height = face.box.height;
        // Large faces are either seen well or not at all.
        if (face.score < min_score && height >= kSureHeight) continue;
        face.box = {x + face.box.x * x_scale, y + face.box.y * y_scale, face.box.width * x_scale,
                    face.box.height * y_scale};
        for (Point& p : face.points) p = {x + p.x * x_scale, y + p.y * y_scale};
        proposals->push_back({face, height, false});
      }
    }
  }
  return OkStatus();
}

// The face in a window that is turned by its roll, repeatedly, until it is upright there; nothing
// if not even the first one shows it. `roll`: that of the window in which `face` was found.
StatusOr<std::optional<Face>> FaceFinder::Impl::Straighten(const Image& picture, const Face& face,
                                                           double roll, double min_score) {
  std::optional<Face> best;
  for (int turn = 0; turn < kMaxTurns; ++turn) {
    const Face& last = best ? *best : face;
    const std::optional<double> seen = RollOf(last);
    if (!seen) break;
    const double rest = WrapDegrees(*seen - roll);
    if (turn > 0 && std::abs(rest) < kStraight) break;
    roll = WrapDegrees(roll + kTurnShare * rest);
    AG_ASSIGN_OR_RETURN(
        const std::optional<Face> again,
        LookInto(picture, last.box, roll,
                 SizeOf(last.box) < kPreciseSmallBelow ? kPreciseSmall : kPrecise, min_score));
    if (!again || again->score < last.score - kTurnLoss) break;
    best = again;
  }
  return best;
}

// The roll at which the face in a box scores best, if that is more than at_least: a detector also
// finds faces that lie on their side or stand on their head, but scores them lower and places their
// points as if they were upright.
StatusOr<std::optional<double>> FaceFinder::Impl::BestWayUp(const Image& picture, const Box& box,
                                                            const WindowSize& size,
                                                            double at_least) {
  std::optional<double> best;
  for (const double roll : {45.0, -45.0, 90.0, -90.0, 135.0, -135.0, 180.0}) {
    AG_ASSIGN_OR_RETURN(const std::optional<Face> turned,
                        LookInto(picture, box, roll, size, at_least));
    if (!turned) continue;
    at_least = turned->score;
    best = roll;
  }
  return best;
}

// A face that a look shows large enough: kept as it is if it is upright.
StatusOr<Face> FaceFinder::Impl::TurnUpright(const Image& picture, const Face& face,
                                             double min_score) {
  Face answer = face;
  bool upright_by_look =
      face.score >= kSurelyUpright || face.box.height >= kUprightAspect * face.box.width;
  const std::optional<double> roll = RollOf(face);
  if (roll && (std::abs(*roll) > kUprightRoll || !upright_by_look)) {
    AG_ASSIGN_OR_RETURN(const std::optional<Face> straight,
                        Straighten(picture, face, 0, min_score));
    if (straight) answer = *straight;
    upright_by_look = straight && straight->score >= kUprightScore;
  }
  if (upright_by_look && answer.score >= kUprightScore) return answer;
  AG_ASSIGN_OR_RETURN(const std::optional<Face> upright,
                      LookInto(picture, face.box, 0, kCheck, kAnyScore));
  if (upright_by_look && upright && upright->score >= kUprightWindow) return answer;
  const double to_beat = std::max(min_score, upright ? upright->score : 0) + kTurnMargin;
  AG_ASSIGN_OR_RETURN(const std::optional<double> way,
                      BestWayUp(picture, face.box, kCheck, to_beat));
  if (!way) return answer;
  AG_ASSIGN_OR_RETURN(const std::optional<Face> turned,
                      LookInto(picture, face.box, *way, kCheck, to_beat));
  if (!turned) return answer;
  AG_ASSIGN_OR_RETURN(const std::optional<Face> straight,
                      Straighten(picture, *turned, *way, min_score));
  return straight ? *straight : *turned;
}

// The face of a proposal that no look shows large enough to be believed, or nothing. `tries`: how
// many more may be tried in the other orientations.
StatusOr<std::optional<Face>> FaceFinder::Impl::Check(const Image& picture, const Face& proposal,
                                                      const FindOptions& options, int* tries) {
  const bool faint = proposal.score < options.min_score * kProposalShare;
  if (faint) {
    AG_ASSIGN_OR_RETURN(
        const std::optional<Face> glance,
        LookInto(picture, proposal.box, 0, kGlance, options.min_score * kGlanceShare));
    if (!glance) return std::optional<Face>();
  }
  const bool large = SizeOf(proposal.box) >= kPreciseHeight;
  if (proposal.score >= kSureScore && large && options.rotate) {
    // One look settles both what it is and where exactly.
    AG_ASSIGN_OR_RETURN(const std::optional<Face> straight,
                        Straighten(picture, proposal, 0, options.min_score));
    if (straight && straight->score >= kSureScore) return straight;
  }
  AG_ASSIGN_OR_RETURN(std::optional<Face> face,
                      LookInto(picture, proposal.box, 0, kCheck, kAnyScore));
  double roll = 0;
  const double score = face ? face->score : 0;
  if (score < kUprightCheck && options.rotate && !faint && *tries > 0) {
    --*tries;
    const bool is_face = score >= options.min_score;
    const double to_beat = is_face ? score + kTurnMargin : options.min_score * kGlanceShare;
    AG_ASSIGN_OR_RETURN(const std::optional<double> way,
                        BestWayUp(picture, proposal.box, is_face ? kCheck : kGlance, to_beat));
    if (way) {
      AG_ASSIGN_OR_RETURN(const std::optional<Face> turned,
                          LookInto(picture, proposal.box, *way, kCheck, options.min_score));
      if (turned && turned->score > score) {
        face = turned;
        roll = *way;
      }
    }
  }
  if (!face || face->score < options.min_score) return std::optional<Face>();
  if (faint && SizeOf(face->box) < kFaintShare * MinFace(options)) return std::optional<Face>();
  if (SizeOf(face->box) < kPreciseHeight) return face;
  AG_ASSIGN_OR_RETURN(const std::optional<Face> precise,
                      options.rotate
                          ? Straighten(picture, *face, roll, options.min_score)
                          : LookInto(picture, face->box, 0, kPrecise, options.min_score));
  return precise ? precise : face;
}

// Whether slightly displaced windows show the face too.
StatusOr<bool> FaceFinder::Impl::IsSteady(const Image& picture, const Face& face,
                                          double min_score) {
  if (face.score >= kSurelySteady) return true;
  const double roll = RollOf(face).value_or(0);
  for (const Point& move : kSteadyMoves) {
    Box box = face.box;
    box.x += move.x * box.width;
    box.y += move.y * box.height;
    AG_ASSIGN_OR_RETURN(const std::optional<Face> again,
                        LookInto(picture, box, roll, kCheck, min_score * kSteadyShare));
    if (!again) return false;
  }
  return true;
}

// Steps 1 to 3, and 5.
StatusOr<std::vector<Face>> FaceFinder::Impl::Search(const Image& picture,
                                                     const FindOptions& options) {
  const double longest = std::max(picture.width, picture.height);
  const double proposal_score = options.min_score * kProposalShare;
  const double first_size = std::min<double>(longest, kFirstSize);
  std::vector<Proposal> proposals;
  AG_ASSIGN_OR_RETURN(const std::vector<Face> first, Run(picture, kFirstSize, proposal_score));
  for (const Face& face : first) {
    proposals.push_back({face, face.box.height * first_size / longest, true});
  }

  size_t max_faint = 0;
  const bool portrait = options.min_face == 0 && first.size() == 1 &&
                        first[0].score >= options.min_score &&
                        first[0].box.height >= kPortraitShare * longest;
  if (!portrait) {
    double size = longest * std::min(kProposalHeight / MinFace(options), kMaxEnlargement);
    if (options.min_face == 0) size = std::min<double>(size, kMaxDefaultSize);
    const double ratio = size / first_size;
    if (ratio > 1.1) {
      const int levels =
          std::max(1, static_cast<int>(std::ceil(std::log(ratio) / std::log(kMaxLevelRatio))));
      double coarser = first_size;
      for (int level = 1; level <= levels; ++level) {
        const double here = first_size * std::pow(ratio, static_cast<double>(level) / levels);
        AG_RETURN_IF_ERROR(LookInTiles(picture, here, coarser, proposal_score, &proposals));
        coarser = here;
      }
      const double scale = size / longest;
      max_faint = static_cast<size_t>(
          std::ceil(kFaintPerMegapixel * scale * scale * picture.width * picture.height / 1e6));
    }
  }

  // The looks' own finds of good size before all others, so that they stay as they are, and those
  // of the first look before all.
  const auto sure = [&](const Proposal& p) {
    if (p.height < kSureHeight) return 0;
    if (p.first_look && p.face.score >= options.min_score) return 2;
    return p.face.score >= kSureScore ? 1 : 0;
  };
  std::stable_sort(proposals.begin(), proposals.end(), [&](const Proposal& a, const Proposal& b) {
    if (sure(a) != sure(b)) return sure(a) > sure(b);
    return a.face.score > b.face.score;
  });
  proposals = Suppress(proposals, options.nms_overlap,
                       [](const Proposal& p) -> const Box& { return p.face.box; });
  const auto count_from = [&](double score) {
    return static_cast<size_t>(
        std::count_if(proposals.begin(), proposals.end(),
                      [&](const Proposal& p) { return p.face.score >= score; }));
  };
  const size_t strong = count_from(options.min_score), weak = count_from(proposal_score) - strong;
  const size_t most = strong + (weak >= kMaxWeak ? kMaxWeak : weak + max_faint);
  if (proposals.size() > most) proposals.resize(most);

  std::vector<Face> faces;
  int tries = kMaxTries;
  for (const Proposal& proposal : proposals) {
    const int sureness = sure(proposal);
    std::optional<Face> face = proposal.face;
    if (sureness == 0) {
      AG_ASSIGN_OR_RETURN(face, Check(picture, proposal.face, options, &tries));
    } else if (options.rotate) {
      AG_ASSIGN_OR_RETURN(face, TurnUpright(picture, proposal.face, options.min_score));
    }
    if (!face) continue;
    // What the first look shows well is believed: a face may fill the picture, and its windows then
    // hold more border than face.
    if (sureness < 2) {
      AG_ASSIGN_OR_RETURN(const bool steady, IsSteady(picture, *face, options.min_score));
      if (!steady) continue;
    }
    faces.push_back(*face);
  }
  SortByScore(&faces);
  return Suppress(faces, options.nms_overlap,
                  [](const Face& face) -> const Box& { return face.box; });
}

// By how many quarters the picture must be turned clockwise for a look at it to show a face; 0:
// none does.
StatusOr<int> FaceFinder::Impl::GuessQuarters(const Image& picture, const FindOptions& options) {
  const int longest = std::max(picture.width, picture.height);
  const double scale = std::min(1.0, static_cast<double>(kTurnedSize) / longest);
  const Image small = ResizeArea(picture, std::max(1, static_cast<int>(picture.width * scale)),
                                 std::max(1, static_cast<int>(picture.height * scale)));
  std::array<Image, 4> turned;
  for (int quarters = 1; quarters < 4; ++quarters) {
    turned[static_cast<size_t>(quarters)] = TurnPicture(small, quarters);
  }
  for (const int size : {kFirstSize, kTurnedSize}) {
    double best = 0;
    int best_quarters = 0;
    for (int quarters = 1; quarters < 4; ++quarters) {
      AG_ASSIGN_OR_RETURN(const std::vector<Face> faces,
                          Run(turned[static_cast<size_t>(quarters)], size, options.min_score));
      if (faces.empty() || faces[0].score <= best) continue;
      best = faces[0].score;
      best_quarters = quarters;
    }
    if (best_quarters != 0 || longest <= kFirstSize) return best_quarters;
  }
  return 0;
}

// A face that fills the picture or is cut by its border, seen with a margin around the picture.
StatusOr<std::vector<Face>> FaceFinder::Impl::LastResort(const Image& picture,
                                                         const FindOptions& options) {
  const Box whole = {0, 0, static_cast<double>(picture.width), static_cast<double>(picture.height)};
  for (const WindowSize& size : kMarginWindows) {
    const Window window(whole, 0, size);
    const Image cut = window.Cut(picture);
    if (cut.empty()) break;
    AG_ASSIGN_OR_RETURN(const std::vector<Face> faces,
                        Run(cut, size.canvas, options.min_score * kLargeShare));
    for (const Face& face : faces) {
      const Face mapped = window.ToPicture(face);
      if (SizeOf(mapped.box) >= kLargeFace * SizeOf(whole)) return std::vector<Face>{mapped};
    }
  }
  return std::vector<Face>();
}

FaceFinder::FaceFinder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
FaceFinder::FaceFinder(FaceFinder&&) noexcept = default;
FaceFinder& FaceFinder::operator=(FaceFinder&&) noexcept = default;
FaceFinder::~FaceFinder() = default;

StatusOr<FaceFinder> FaceFinder::Create(std::shared_ptr<Weights> weights, int threads) {
  AG_ASSIGN_OR_RETURN(FaceDetector detector, FaceDetector::Create(std::move(weights), threads));
  return FaceFinder(std::make_unique<Impl>(std::move(detector)));
}

Status FaceFinder::Impl::FindAnyWayUp(const Image& picture, const FindOptions& options,
                                      FoundFaces* found) {
  AG_ASSIGN_OR_RETURN(found->faces, Search(picture, options));
  if (options.rotate) {
    int quarters = CommonQuarters(found->faces);
    if (found->faces.empty()) {
      AG_ASSIGN_OR_RETURN(quarters, GuessQuarters(picture, options));
    }
    if (quarters != 0) {
      AG_ASSIGN_OR_RETURN(std::vector<Face> turned,
                          Search(TurnPicture(picture, quarters), options));
      if (!turned.empty()) {
        for (Face& face : turned) {
          face = TurnFaceBack(face, quarters, picture.width, picture.height);
        }
        found->faces = std::move(turned);
        found->rotation = 90 * quarters;
      }
    }
  }
  if (found->faces.empty()) {
    AG_ASSIGN_OR_RETURN(found->faces, LastResort(picture, options));
  }
  return OkStatus();
}

StatusOr<FoundFaces> FaceFinder::Find(const Image& picture, const FindOptions& options) {
  AG_RETURN_IF_ERROR(CheckFindOptions(options));
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  impl_->runs = 0;
  impl_->pixels = 0;
  FoundFaces found;
  if (options.detect_size != 0) {
    ++impl_->runs;
    AG_ASSIGN_OR_RETURN(found.faces,
                        impl_->detector.Detect(picture, {.detect_size = options.detect_size,
                                                         .min_score = options.min_score,
                                                         .nms_overlap = options.nms_overlap,
                                                         .max_faces = options.max_faces}));
  } else {
    AG_RETURN_IF_ERROR(impl_->FindAnyWayUp(picture, options, &found));
  }
  if (found.faces.size() > static_cast<size_t>(options.max_faces)) {
    found.faces.resize(static_cast<size_t>(options.max_faces));
  }
  found.runs = impl_->runs;
  found.pixels = impl_->pixels;
  return found;
}

StatusOr<std::vector<Face>> FaceFinder::FindNear(const Image& picture,
                                                 std::span<const Face> expected,
                                                 const FindOptions& options) {
  AG_RETURN_IF_ERROR(CheckFindOptions(options));
  if (picture.empty()) return Status(Code::kEmpty, "a picture without pixels");
  std::vector<Face> answers(expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    const double roll = RollOf(expected[i]).value_or(0);
    AG_ASSIGN_OR_RETURN(
        const std::optional<Face> face,
        impl_->LookInto(picture, expected[i].box, roll, kPrecise, options.min_score));
    if (face) answers[i] = *face;
  }
  return answers;
}

}  // namespace ag
