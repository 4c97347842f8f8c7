#include "web/app/stage.h"

#include <algorithm>
#include <cmath>

#include "web/app/boxes_view.h"
#include "web/app/chart_view.h"
#include "web/app/label_text.h"
#include "web/app/picture_view.h"
#include "web/app/timings_view.h"

namespace ag::stage {

void Stage::Change() {
  layout_stale_ = true;
  frame_due_ = true;
  labels_.clear();  // they belong to boxes that may be gone
}

void Stage::Resize(float width, float height, float pixel_ratio) {
  canvas_ = MakeCanvas(width, height, pixel_ratio);
  Change();
}

void Stage::SetDark(bool dark) {
  if (dark == state_.dark()) return;
  state_.SetDark(dark);
  Invalidate();
}

void Stage::SetPicture(int width, int height) {
  state_.SetPicture(width, height);
  Change();
}

void Stage::SetFaces(int count, const float* faces, int bins, const float* years,
                     const float* distributions) {
  state_.SetFaces(count, faces, bins, years, distributions);
  Change();
  // The camera's faces move below a resting pointer, also between a press and its release.
  hovered_ = pointer_inside_ ? FaceUnder(pointer_) : kNoFace;
}

void Stage::SetEngine(std::string_view name) {
  const std::string before = state_.engine();
  state_.SetEngine(name);
  if (state_.engine() != before) Invalidate();
}

void Stage::SetTimings(const float* ms) {
  const auto before = state_.timings_ms();
  state_.SetTimings(ms);
  if (state_.timings_ms() != before) Invalidate();
}

void Stage::SetMirror(bool mirror) {
  if (mirror == state_.mirror()) return;
  state_.SetMirror(mirror);
  Change();
}

void Stage::Select(int face) {
  const int before = state_.selected();
  state_.Select(face);
  if (state_.selected() != before) Change();
}

void Stage::SetHovered(int face) {
  if (face == hovered_) return;
  hovered_ = face;
  Invalidate();
}

void Stage::Pointer(float x, float y, int buttons, bool inside) {
  constexpr int kFirstButton = 1;
  pointer_inside_ = inside && std::isfinite(x) && std::isfinite(y);
  if (!pointer_inside_) {
    pressed_ = false;
    SetHovered(kNoFace);
    return;
  }
  pointer_ = {x * canvas_.unit, y * canvas_.unit};
  const int face = FaceUnder(pointer_);
  const bool down = (buttons & kFirstButton) != 0;
  const bool click = pressed_ && !down && face == pressed_face_;
  if (down && !pressed_) pressed_face_ = face;
  pressed_ = down;
  SetHovered(face);
  if (click && face != kNoFace) Select(face);
}

ImU32 Stage::background() const { return palette().background; }

const Palette& Stage::palette() const { return state_.dark() ? kDarkPalette : kLightPalette; }

const Rect& Stage::picture() {
  UpdateLayout();
  return picture_;
}

int Stage::FaceUnder(Point point) {
  UpdateLayout();
  for (const Label& label : labels_) {
    if (label.rect.Contains(point)) return label.face;
  }
  return chart_.Contains(point) ? kNoFace : FaceAt(boxes_, point, canvas_.unit);
}

void Stage::UpdateLayout() {
  if (!layout_stale_) return;
  layout_stale_ = false;
  picture_ = FitPicture(canvas_, state_.picture_width(), state_.picture_height());
  boxes_.clear();
  for (const StageFace& face : state_.faces()) boxes_.push_back(FaceRect(face, state_, picture_));
  chart_ = {};
  const int selected = state_.selected();
  if (selected == kNoFace || picture_.empty()) return;
  const bool tall = !state_.Distribution(selected).empty();
  if (!tall && !state_.faces()[selected].has_age) return;
  chart_ = PlaceChart(canvas_, tall, boxes_[selected], boxes_);
}

Rect Stage::SelectedBox() const {
  return state_.selected() == kNoFace ? Rect{} : boxes_[state_.selected()];
}

void Stage::LayOutLabels(const DrawContext& context, const Rect& timings) {
  std::vector<int> order = LabelOrder(boxes_, state_.selected());
  if (order.size() > kMaxLabels) order.resize(kMaxLabels);
  const int first_length = FirstLabelLength(order.size(), canvas_.narrow());
  std::vector<LabelRequest> requests;
  for (int face : order) {
    const bool selected = face == state_.selected();
    LabelRequest request = {boxes_[face], {}, selected};
    for (int length = selected ? 0 : first_length; length < kLabelLengths; ++length) {
      request.sizes[length] = LabelSize(context, LabelText(face, length));
    }
    requests.push_back(request);
  }
  const Rect taken[] = {chart_, timings};
  const std::vector<LabelPlacement> placed = PlaceLabels(canvas_, requests, taken);
  labels_.clear();
  for (size_t i = 0; i < placed.size(); ++i) {
    if (placed[i].length < 0) continue;
    labels_.push_back({order[i], LabelText(order[i], placed[i].length), placed[i].rect});
  }
}

std::string Stage::LabelText(int face, int length) const {
  return FaceLabel(state_.faces()[face], length);
}

void Stage::DrawLabels(const DrawContext& context) {
  bool hovered_has_label = false;
  // The earlier have the choice of place and lie on top.
  for (auto label = labels_.rbegin(); label != labels_.rend(); ++label) {
    Emphasis emphasis = Emphasis::kNone;
    if (label->face == hovered_) emphasis = Emphasis::kHovered;
    if (label->face == state_.selected()) emphasis = Emphasis::kSelected;
    hovered_has_label |= label->face == hovered_;
    DrawLabel(context, label->rect, label->text, emphasis);
  }
  if (hovered_ == kNoFace || hovered_has_label) return;
  // A face in a crowd shows its label while it is pointed at, over its neighbours.
  LabelRequest request = {boxes_[hovered_], {}, true};
  const std::string text = LabelText(hovered_, 0);
  request.sizes[0] = LabelSize(context, text);
  const LabelPlacement placed = PlaceLabels(canvas_, {&request, 1}, {}).front();
  if (placed.length == 0) DrawLabel(context, placed.rect, text, Emphasis::kHovered);
}

void Stage::Draw(ImDrawList& list, const Fonts& fonts, ImTextureID picture) {
  frame_due_ = false;
  UpdateLayout();
  if (picture_.empty()) return;
  const DrawContext context = {list, fonts, palette(), canvas_.unit};
  DrawPicture(context, picture_, picture, state_.mirror());
  DrawBoxes(context, boxes_, state_.selected(), hovered_);

  const std::string timings = TimingsLine(state_);
  Rect timings_rect;
  if (!timings.empty()) {
    timings_rect =
        PlaceCornerLine(canvas_, TimingsSize(context, timings), chart_, SelectedBox(), boxes_);
    DrawTimings(context, timings_rect, timings);
  }
  LayOutLabels(context, timings_rect);
  DrawLabels(context);
  const int selected = state_.selected();
  if (!chart_.empty()) {
    DrawChart(context, chart_, state_.faces()[selected], state_.years(),
              state_.Distribution(selected));
  }
}

}  // namespace ag::stage
