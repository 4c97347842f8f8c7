#include "shared/face/finder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <string>
#include <utility>

#include "shared/base/number_text.h"
#include "shared/face/align.h"
#include "shared/face/detector.h"
#include "shared/image/exif.h"
#include "shared/image/resize.h"

namespace ag {
namespace {

// Measurements: docs/face-finding.md, "Finding faces"; sizes of faces are heights of their boxes.

// The first look: a longest side of 320 pixels.
constexpr int kFirstSize = 320;

// A look proposes faces with a third of the threshold. Of faces with a body 20 of 22 are then found
// from 12 pixels on, all from 16; the detector takes a lone face on a pattern for one much later
// (at 28 pixels 84 to 92 %), so that is what is wanted ...
constexpr double kProposalHeight = 28;
constexpr double kProposalShare = 1.0 / 3;
// ... but a picture is not enlarged by more than this, and without min_face a look is no larger
// than kMaxDefaultSize, so that the cost is bounded however large the picture is.
constexpr double kMaxEnlargement = 1.75;
constexpr double kDefaultMinFace = 24;
constexpr int kMaxDefaultSize = 2400;

// A single face of at least this share of the longest side makes a portrait.
constexpr double kPortraitShare = 0.12;

// One look's canvas; 1024 x 1024 pixels hold about 100 MB of activations.
constexpr int kMaxTile = 1024;
// From one look to the next larger one at most so many times, so that the faces that a coarse look
// leaves to the tiles are small and the tiles need little overlap.
constexpr double kMaxLevelRatio = 8;
// Faces that are this high in a look need no larger one: tiles overlap by as much in their pixels.
constexpr double kFoundHeight = 20;

// In the first look's own pixels: from here on its box and points are taken as they are.
constexpr double kSureHeight = 48;

// Square windows around one face, in pixels, and the height of the face in them.
struct WindowSize {
  int canvas;
  double face;
};
constexpr WindowSize kGlance = {64, 32};    // which way up could this be?
constexpr WindowSize kCheck = {96, 48};     // is it a face?
constexpr WindowSize kPrecise = {160, 96};  // where exactly, how tilted?

// Upright faces score above; of faces that lie on their side or stand on their head few do.
constexpr double kUprightScore = 0.9;
// The same in a window of kCheck, for a face that the first look shows well, and for a small one.
constexpr double kUprightWindow = 0.85;
constexpr double kUprightCheck = 0.75;
// How much more another way up must score to be believed.
constexpr double kTurnMargin = 0.04;
// Degrees of roll up to which the points of an upright look are taken as they are.
constexpr double kUprightRoll = 10;
// A tilted face is turned by a little more than is seen of its roll, at most so often, until what
// is left is less than kStraight; a turn that loses more than kTurnLoss of the score was a wrong
// one.
constexpr int kMaxTurns = 4;
constexpr double kTurnShare = 1.2;
constexpr double kStraight = 5;
constexpr double kTurnLoss = 0.1;

// How many proposals of a picture that do not look upright are looked at the other ways up, and the
// share of min_score that a glance must give.
constexpr int kMaxTries = 64;
constexpr double kGlanceShare = 0.8;
// How many proposals below min_score are checked, the best first: noise has thousands.
constexpr int kMaxWeak = 512;

// The longest side at which a picture without a face is looked at turned.
constexpr int kTurnedSize = 640;
// Degrees of roll from which on a face lies on its side.
constexpr double kLyingRoll = 60;

// The last resort: the whole picture with a margin, its side being `face` pixels; a face of at
// least kLargeFace of the picture may score less.
constexpr std::array<WindowSize, 3> kMarginWindows = {{{224, 160}, {160, 80}, {128, 96}}};
constexpr double kLargeFace = 0.25;
constexpr double kLargeShare = 0.7;

// Below every threshold: a score is wanted, whatever it is.
constexpr double kAnyScore = 0.05;

// A find in a window belongs to the face that the window was made for.
constexpr double kSameFace = 0.3;

// A face of so few pixels gains nothing from a precise look.
constexpr double kPreciseHeight = 32;

double Radians(double degrees) { return degrees * std::numbers::pi / 180; }

// -180..180
double WrapDegrees(double degrees) { return std::remainder(degrees, 360.0); }

// Clockwise from upright, by the points; nothing if they are degenerate.
std::optional<double> RollOf(const Face& face) {
  const StatusOr<SimilarityTransform> fit = AlignmentTransform(face, kDefaultCropPoints, 112, 112);
  if (!fit.ok()) return std::nullopt;
  return std::atan2(fit->b, fit->a) * 180 / std::numbers::pi;
}

Point CentreOf(const Box& box) { return {box.x + box.width / 2, box.y + box.height / 2}; }

// The height of the box that the face would have upright: boxes are 1.28 times as high as wide
// (median of UTKFace), and those of tilted faces hold the turned ellipse, of about the same area.
double SizeOf(const Box& box) { return std::sqrt(box.width * box.height * 1.28); }

// The nearest number of the form m * 2^e with m = 16..32: steps of 3 to 6 %.
double CoarseScale(double scale) {
  int exponent = 0;
  const double mantissa = std::frexp(scale, &exponent);  // 0.5..1
  return std::ldexp(std::round(mantissa * 32) / 32, exponent);
}

// A square window: where its pixels lie in the picture, and back.
//
// Its place is rounded to a coarse grid, because it comes from what an earlier look saw: the last
// digits of that differ between builds of the engine, and windows that differ in them alone would
// show pixels that differ, frame after frame of a video.
class Window {
 public:
  Window(const Box& box, double roll_degrees, const WindowSize& size) : canvas_(size.canvas) {
    const double scale = CoarseScale(std::max(SizeOf(box), 1.0) / size.face);
    const double roll = Radians(std::round(roll_degrees));
    transform_.a = scale * std::cos(roll);
    transform_.b = scale * std::sin(roll);
    // Half a pixel of the window.
    const double step = scale / 2;
    const Point centre = CentreOf(box);
    transform_.centre = {std::round(centre.x / step) * step, std::round(centre.y / step) * step};
  }

  Image Cut(const Image& picture) const {
    return WarpSimilarity(picture, transform_, canvas_, canvas_);
  }

  // The box of a face that is upright in the window is the smallest upright box around the ellipse
  // in it: exact for quarter turns.
  Face ToPicture(const Face& face) const {
    Face mapped = face;
    const Point centre = Map(CentreOf(face.box));
    const double rx = face.box.width / 2, ry = face.box.height / 2;
    const double a = transform_.a, b = transform_.b;
    const double half_width = std::sqrt(a * a * rx * rx + b * b * ry * ry);
    const double half_height = std::sqrt(b * b * rx * rx + a * a * ry * ry);
    mapped.box = {centre.x - half_width, centre.y - half_height, 2 * half_width, 2 * half_height};
    for (Point& point : mapped.points) point = Map(point);
    return mapped;
  }

 private:
  Point Map(const Point& p) const {
    const double x = p.x - canvas_ / 2.0, y = p.y - canvas_ / 2.0;
    return {transform_.centre.x + transform_.a * x - transform_.b * y,
            transform_.centre.y + transform_.b * x + transform_.a * y};
  }

  int canvas_;
  SimilarityTransform transform_;
};

Image CropRegion(const Image& picture, int x, int y, int width, int height) {
  Image region(width, height);
  for (int row = 0; row < height; ++row) {
    std::memcpy(region.at(0, row), picture.at(x, y + row), static_cast<size_t>(width) * 3);
  }
  return region;
}

// Turned clockwise by quarters * 90 degrees, 1 to 3: what EXIF's orientations 6, 3 and 8 ask for.
Image TurnPicture(const Image& picture, int quarters) {
  constexpr std::array<int, 4> kOrientations = {1, 6, 3, 8};
  return ApplyOrientation(picture, kOrientations[static_cast<size_t>(quarters)]);
}

// From the picture turned clockwise by quarters * 90 degrees to the picture of width w, height h.
Face TurnFaceBack(const Face& face, int quarters, int w, int h) {
  const auto map = [&](const Point& p) -> Point {
    if (quarters == 1) return {p.y, h - p.x};
    if (quarters == 2) return {w - p.x, h - p.y};
    return {w - p.y, p.x};
  };
  Face mapped = face;
  const Point a = map({face.box.x, face.box.y});
  const Point b = map({face.box.x + face.box.width, face.box.y + face.box.height});
  mapped.box = {std::min(a.x, b.x), std::min(a.y, b.y), std::abs(a.x - b.x), std::abs(a.y - b.y)};
  for (Point& point : mapped.points) point = map(point);
  return mapped;
}

// The quarters by which the picture must be turned so that its faces stand upright, if they all lie
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

// The tiles of one axis of a look: `count` intervals of `length` picture pixels.
struct TileAxis {
  int count = 1;
  int length = 0;
  int canvas = 0;  // length in the look's pixels
  int picture = 0;

  TileAxis(int picture_side, double scale, double overlap) : picture(picture_side) {
    const double side = std::max(1.0, std::round(picture_side * scale));
    if (side > kMaxTile) {
      count = static_cast<int>(std::ceil((side - overlap) / (kMaxTile - overlap)));
    }
    canvas = static_cast<int>(std::ceil((side + (count - 1) * overlap) / count));
    length = count == 1 ? picture_side
                        : std::min(picture_side, static_cast<int>(std::lround(canvas / scale)));
  }
  int begin(int i) const {
    if (count == 1) return 0;
    return static_cast<int>(int64_t{i} * (picture - length) / (count - 1));
  }
};

// What a look saw, in pixels of the picture.
struct Proposal {
  Face face;
  double height = 0;  // in the look's pixels
  bool first_look = false;
};

// Greedy non-maximum suppression of a list in the order of preference.
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

Status CheckOptions(const FindOptions& options) {
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

}  // namespace

// `runs` and `pixels` count what one call costs.
struct FaceFinder::Impl {
  explicit Impl(FaceDetector face_detector) : detector(std::move(face_detector)) {}

  FaceDetector detector;
  int runs = 0;
  int64_t pixels = 0;

  StatusOr<std::vector<Face>> Run(const Image& picture, int size, double min_score);
  StatusOr<std::optional<Face>> LookInto(const Image& picture, const Box& box, double roll,
                                         const WindowSize& size, double min_score);
  Status LookInTiles(const Image& picture, double size, double coarser_size, double min_score,
                     std::vector<Proposal>* proposals);
  StatusOr<Face> Straighten(const Image& picture, Face face, double roll, double min_score);
  StatusOr<std::optional<double>> BestWayUp(const Image& picture, const Box& box,
                                            const WindowSize& size, double at_least);
  StatusOr<Face> TurnUpright(const Image& picture, const Face& face, double min_score);
  StatusOr<std::optional<Face>> Check(const Image& picture, const Face& proposal,
                                      const FindOptions& options, int* tries);
  StatusOr<std::vector<Face>> Search(const Image& picture, const FindOptions& options);
  Status FindAnyWayUp(const Image& picture, const FindOptions& options, FoundFaces* found);
  StatusOr<int> GuessQuarters(const Image& picture, const FindOptions& options);
  StatusOr<std::vector<Face>> LastResort(const Image& picture, const FindOptions& options);
};

StatusOr<std::vector<Face>> FaceFinder::Impl::Run(const Image& picture, int size,
                                                  double min_score) {
  const double scale =
      std::min(1.0, static_cast<double>(size) / std::max(picture.width, picture.height));
  ++runs;
  pixels += std::max<int64_t>(1, std::llround(picture.width * scale)) *
            std::max<int64_t>(1, std::llround(picture.height * scale));
  // Suppression of each run's own finds; that across runs is ours.
  return detector.Detect(picture, {.detect_size = size, .min_score = min_score, .max_faces = 4096});
}

// The best face of one window that overlaps the box for which the window was made.
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

// One look at the whole picture at a longest side of `size`, in tiles where it is large. Faces that
// a look at coarser_size finds (0: there was none) may be missing.
Status FaceFinder::Impl::LookInTiles(const Image& picture, double size, double coarser_size,
                                     double min_score, std::vector<Proposal>* proposals) {
  const double scale = size / std::max(picture.width, picture.height);
  const double overlap =
      coarser_size > 0 ? std::min(kFoundHeight * size / coarser_size, kMaxTile / 2.0) : 0;
  const TileAxis columns(picture.width, scale, overlap), rows(picture.height, scale, overlap);
  for (int j = 0; j < rows.count; ++j) {
    for (int i = 0; i < columns.count; ++i) {
      const int x = columns.begin(i), y = rows.begin(j);
      const bool whole = columns.count == 1 && rows.count == 1;
      const Image tile =
          ResizeArea(whole ? picture : CropRegion(picture, x, y, columns.length, rows.length),
                     columns.canvas, rows.canvas);
      const double x_scale = static_cast<double>(columns.length) / columns.canvas;
      const double y_scale = static_cast<double>(rows.length) / rows.canvas;
      AG_ASSIGN_OR_RETURN(const std::vector<Face> faces,
                          Run(tile, std::max({columns.canvas, rows.canvas, 32}), min_score));
      for (Face face : faces) {
        // Cut by a border inside of the picture: a neighbour or a coarser look has it whole.
        const bool cut = (i > 0 && face.box.x < 1) || (j > 0 && face.box.y < 1) ||
                         (i + 1 < columns.count && face.box.x + face.box.width > tile.width - 1) ||
                         (j + 1 < rows.count && face.box.y + face.box.height > tile.height - 1);
        if (cut) continue;
        const double height = face.box.height;
        face.box = {x + face.box.x * x_scale, y + face.box.y * y_scale, face.box.width * x_scale,
                    face.box.height * y_scale};
        for (Point& p : face.points) p = {x + p.x * x_scale, y + p.y * y_scale};
        proposals->push_back({face, height, false});
      }
    }
  }
  return OkStatus();
}

// The face in a window that is turned by its roll, again and again until it stands upright there.
// `roll`: that of the window in which `face` was found.
StatusOr<Face> FaceFinder::Impl::Straighten(const Image& picture, Face face, double roll,
                                            double min_score) {
  for (int turn = 0; turn < kMaxTurns; ++turn) {
    const std::optional<double> seen = RollOf(face);
    if (!seen) break;
    const double rest = WrapDegrees(*seen - roll);
    if (turn > 0 && std::abs(rest) < kStraight) break;
    roll = WrapDegrees(roll + kTurnShare * rest);
    AG_ASSIGN_OR_RETURN(const std::optional<Face> again,
                        LookInto(picture, face.box, roll, kPrecise, min_score));
    if (!again || again->score < face.score - kTurnLoss) break;
    face = *again;
  }
  return face;
}

// The roll at which the face of a box scores best, if that is more than at_least: a detector finds
// faces that lie on their side or stand on their head too, but scores them less, and puts their
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

// A face that the first look shows large enough: stays as it is if it is upright.
StatusOr<Face> FaceFinder::Impl::TurnUpright(const Image& picture, const Face& face,
                                             double min_score) {
  Face answer = face;
  const std::optional<double> roll = RollOf(face);
  if (roll && std::abs(*roll) > kUprightRoll) {
    AG_ASSIGN_OR_RETURN(answer, Straighten(picture, face, 0, min_score));
  }
  if (answer.score >= kUprightScore) return answer;
  AG_ASSIGN_OR_RETURN(const std::optional<Face> upright,
                      LookInto(picture, face.box, 0, kCheck, kAnyScore));
  if (upright && upright->score >= kUprightWindow) return answer;
  const double to_beat = std::max(min_score, upright ? upright->score : 0) + kTurnMargin;
  AG_ASSIGN_OR_RETURN(const std::optional<double> way,
                      BestWayUp(picture, face.box, kCheck, to_beat));
  if (!way) return answer;
  AG_ASSIGN_OR_RETURN(const std::optional<Face> turned,
                      LookInto(picture, face.box, *way, kCheck, to_beat));
  if (!turned) return answer;
  return Straighten(picture, *turned, *way, min_score);
}

// The face of a proposal that the first look does not show large enough to be believed, or nothing.
// `tries`: how many more of them may be looked at the other ways up.
StatusOr<std::optional<Face>> FaceFinder::Impl::Check(const Image& picture, const Face& proposal,
                                                      const FindOptions& options, int* tries) {
  AG_ASSIGN_OR_RETURN(std::optional<Face> face,
                      LookInto(picture, proposal.box, 0, kCheck, kAnyScore));
  double roll = 0;
  const double score = face ? face->score : 0;
  if (score < kUprightCheck && options.rotate && *tries > 0) {
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
  if (SizeOf(face->box) < kPreciseHeight) return face;
  if (!options.rotate) {
    AG_ASSIGN_OR_RETURN(const std::optional<Face> precise,
                        LookInto(picture, face->box, 0, kPrecise, options.min_score));
    return precise ? precise : face;
  }
  AG_ASSIGN_OR_RETURN(face, Straighten(picture, *face, roll, options.min_score));
  return face;
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

  const bool portrait = options.min_face == 0 && first.size() == 1 &&
                        first[0].score >= options.min_score &&
                        first[0].box.height >= kPortraitShare * longest;
  if (!portrait) {
    const double min_face = options.min_face > 0 ? options.min_face : kDefaultMinFace;
    double size = longest * std::min(kProposalHeight / min_face, kMaxEnlargement);
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
    }
  }

  // The first look's own finds of good size before all others, so that they stay as they are.
  const auto sure = [&](const Proposal& p) {
    return p.first_look && p.height >= kSureHeight && p.face.score >= options.min_score;
  };
  std::stable_sort(proposals.begin(), proposals.end(), [&](const Proposal& a, const Proposal& b) {
    if (sure(a) != sure(b)) return sure(a);
    return a.face.score > b.face.score;
  });
  proposals = Suppress(proposals, options.nms_overlap,
                       [](const Proposal& p) -> const Box& { return p.face.box; });
  const auto strong =
      static_cast<size_t>(std::count_if(proposals.begin(), proposals.end(), [&](const Proposal& p) {
        return p.face.score >= options.min_score;
      }));
  if (proposals.size() > strong + kMaxWeak) proposals.resize(strong + kMaxWeak);

  std::vector<Face> faces;
  int tries = kMaxTries;
  for (const Proposal& proposal : proposals) {
    if (!sure(proposal)) {
      AG_ASSIGN_OR_RETURN(const std::optional<Face> face,
                          Check(picture, proposal.face, options, &tries));
      if (face) faces.push_back(*face);
    } else if (options.rotate) {
      AG_ASSIGN_OR_RETURN(const Face face, TurnUpright(picture, proposal.face, options.min_score));
      faces.push_back(face);
    } else {
      faces.push_back(proposal.face);
    }
  }
  SortByScore(&faces);
  return Suppress(faces, options.nms_overlap,
                  [](const Face& face) -> const Box& { return face.box; });
}

// By how many quarters the picture must be turned clockwise so that a look at it shows a face; 0:
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
  AG_RETURN_IF_ERROR(CheckOptions(options));
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
  AG_RETURN_IF_ERROR(CheckOptions(options));
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
