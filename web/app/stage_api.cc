// The functions that the page calls, as docs/page.md lists them. There is one stage a module.
#include <emscripten/em_macros.h>

#include <cstdint>
#include <memory>

#include "web/app/platform_html5.h"
#include "web/app/stage.h"

namespace ag::stage {
namespace {

class Page {
 public:
  bool Start(const char* canvas) {
    if (platform_ == nullptr) platform_ = Html5Platform::Create(canvas);
    return platform_ != nullptr;
  }

  Stage& stage() { return stage_; }

  // Asked for in order to upload, so that a frame is due.
  int Texture() {
    if (platform_ == nullptr) return 0;
    picture_changed_ = true;
    stage_.Invalidate();
    return static_cast<int>(platform_->picture_texture());
  }

  void SetPicture(int width, int height) {
    picture_width_ = width;
    picture_changed_ = true;
    stage_.SetPicture(width, height);
  }

  void Lose() {
    if (platform_ != nullptr && platform_->lost()) platform_->Release();
  }

  void Restore() {
    if (platform_ == nullptr) return;
    platform_->Restore();
    picture_changed_ = true;
    stage_.Invalidate();
  }

  void Frame(double now_ms) {
    if (platform_ == nullptr || !stage_.frame_due() || stage_.canvas().empty() ||
        platform_->lost()) {
      return;
    }
    const Rect& picture = stage_.picture();
    if (!picture.empty()) {
      platform_->PreparePicture(picture_changed_,
                                static_cast<float>(picture_width_) > 1.2f * picture.width());
      picture_changed_ = false;
    }
    ImDrawList& list = platform_->BeginFrame(stage_.canvas(), now_ms);
    const auto texture = static_cast<intptr_t>(platform_->picture_texture());
    stage_.Draw(list, platform_->fonts(), reinterpret_cast<ImTextureID>(texture));
    platform_->EndFrame(stage_.background());
    ++frames_;
  }

  int frames() const { return frames_; }

 private:
  std::unique_ptr<Html5Platform> platform_;
  Stage stage_;
  int picture_width_ = 0;
  bool picture_changed_ = true;
  int frames_ = 0;
};

// Made at the first call; lives as long as the module.
Page& ThePage() {
  static Page* const page = new Page;
  return *page;
}

Stage& TheStage() { return ThePage().stage(); }

}  // namespace
}  // namespace ag::stage

using ag::stage::ThePage;
using ag::stage::TheStage;

extern "C" {

EMSCRIPTEN_KEEPALIVE int stage_start(const char* canvas) {
  return canvas != nullptr && ThePage().Start(canvas);
}

EMSCRIPTEN_KEEPALIVE void stage_resize(float width, float height, float pixel_ratio) {
  TheStage().Resize(width, height, pixel_ratio);
}

EMSCRIPTEN_KEEPALIVE void stage_theme(int dark) { TheStage().SetDark(dark != 0); }

EMSCRIPTEN_KEEPALIVE void stage_picture(int width, int height) {
  ThePage().SetPicture(width, height);
}

EMSCRIPTEN_KEEPALIVE int stage_texture(void) { return ThePage().Texture(); }

EMSCRIPTEN_KEEPALIVE void stage_faces(int count, const float* faces, int bins, const float* years,
                                      const float* distributions) {
  TheStage().SetFaces(count, faces, bins, years, distributions);
}

EMSCRIPTEN_KEEPALIVE void stage_engine(const char* name) {
  TheStage().SetEngine(name != nullptr ? name : "");
}
EMSCRIPTEN_KEEPALIVE void stage_timings(const float* ms) { TheStage().SetTimings(ms); }

EMSCRIPTEN_KEEPALIVE void stage_mirror(int on) { TheStage().SetMirror(on != 0); }

EMSCRIPTEN_KEEPALIVE void stage_select(int index) { TheStage().Select(index); }

EMSCRIPTEN_KEEPALIVE int stage_selected(void) { return TheStage().selected(); }

EMSCRIPTEN_KEEPALIVE void stage_pointer(float x, float y, int buttons, int inside) {
  TheStage().Pointer(x, y, buttons, inside != 0);
}

EMSCRIPTEN_KEEPALIVE int stage_frame(double now_ms) {
  ThePage().Frame(now_ms);
  return 0;  // nothing on the stage moves by itself
}

EMSCRIPTEN_KEEPALIVE int stage_frames(void) { return ThePage().frames(); }

EMSCRIPTEN_KEEPALIVE void stage_lost(void) { ThePage().Lose(); }

EMSCRIPTEN_KEEPALIVE void stage_restore(void) { ThePage().Restore(); }

}  // extern "C"
