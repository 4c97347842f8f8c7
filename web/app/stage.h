// The stage without a browser: receives what the page says, knows whether a frame is due, draws it.
//
// Not thread-safe; all calls come from the page's main thread. Coordinates in the interface are CSS
// pixels of the canvas, inside they are device pixels (layout.h).
#pragma once

#include <imgui.h>

#include <string>
#include <vector>

#include "web/app/draw.h"
#include "web/app/layout.h"
#include "web/app/state.h"

namespace ag::stage {

class Stage {
 public:
  // Each change makes a frame due. StageState says what the numbers mean and how bad ones are
  // handled.
  void Resize(float width, float height, float pixel_ratio);
  void SetDark(bool dark);
  void SetPicture(int width, int height);
  void SetFaces(int count, const float* faces, int bins, const float* years,
                const float* distributions);
  void SetTimings(const float* ms);
  void SetEngine(std::string_view name);
  void SetMirror(bool mirror);
  void Select(int face);
  void Invalidate() { frame_due_ = true; }  // for what only the caller knows: new texels

  // The pointer's place and pressed buttons (as in PointerEvent.buttons). Pressing and releasing
  // the first button on one face selects it; beside all faces it changes nothing. `inside` false:
  // the pointer left, or its press was cancelled.
  void Pointer(float x, float y, int buttons, bool inside);

  int selected() const { return state_.selected(); }
  const Canvas& canvas() const { return canvas_; }
  bool frame_due() const { return frame_due_; }
  ImU32 background() const;

  // Rectangle of the picture; empty without one.
  const Rect& picture();

  // Draws everything and marks the frame done. `fonts` are built for canvas().unit.
  void Draw(ImDrawList& list, const Fonts& fonts, ImTextureID picture);

 private:
  const Palette& palette() const;
  void Change();  // call for anything that moves boxes
  void UpdateLayout();
  Rect SelectedBox() const;  // empty without a selection
  int FaceUnder(Point point);
  void SetHovered(int face);
  void LayOutLabels(const DrawContext& context, const Rect& timings);
  std::string LabelText(int face, int length) const;
  void DrawLabels(const DrawContext& context);

  StageState state_;
  Canvas canvas_;
  bool frame_due_ = true;

  bool layout_stale_ = true;
  Rect picture_;
  std::vector<Rect> boxes_;  // [faces]
  Rect chart_;
  struct Label {
    int face = kNoFace;
    std::string text;
    Rect rect;
  };
  std::vector<Label> labels_;  // of the last frame; a click on one is a click on its face

  Point pointer_;
  bool pointer_inside_ = false;
  int hovered_ = kNoFace;
  bool pressed_ = false;
  int pressed_face_ = kNoFace;
};

}  // namespace ag::stage
