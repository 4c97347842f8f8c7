// Dear ImGui on an HTML canvas: WebGL2 context, drawing buffer, fonts, the picture's texture.
// Replaces GLFW; input comes through Stage::Pointer, since nothing on the stage is an ImGui widget.
//
// ImGui works in device pixels here (DisplayFramebufferScale 1): text and lines then fall on whole
// pixels at every ratio, also at 1.25 and 1.5.
#pragma once

#include <GLES3/gl3.h>
#include <emscripten/html5_webgl.h>
#include <imgui.h>

#include <memory>
#include <string>

#include "web/app/fonts.h"
#include "web/app/layout.h"

namespace ag::stage {

class Html5Platform {
 public:
  // `selector`: CSS selector of the canvas. Null if the browser offers no WebGL2.
  static std::unique_ptr<Html5Platform> Create(const char* selector);
  ~Html5Platform();
  Html5Platform(const Html5Platform&) = delete;
  Html5Platform& operator=(const Html5Platform&) = delete;

  // The browser took the context away; nothing can be drawn until it gave it back and Restore()
  // ran.
  bool lost() const;
  // Forgets program, buffers and textures. Call while the context is lost: names of a lost context
  // are errors in the one that replaces it.
  void Release();
  // Makes them again in the restored context; the picture's texture then has another name.
  void Restore();

  // Name of the picture's texture; a single pixel until the page uploads into it. Sampling settings
  // are kept in it.
  GLuint picture_texture() const { return picture_texture_; }
  // Call before a frame: the texture's picture was uploaded again. `shrunk`: it is drawn smaller
  // than it is.
  void PreparePicture(bool changed, bool shrunk);

  // Sets the drawing buffer's size and the fonts for the ratio if they changed, and starts a frame.
  // The buffer is set here and not before, since setting it clears the canvas.
  ImDrawList& BeginFrame(const Canvas& canvas, double now_ms);
  const Fonts& fonts() const { return fonts_; }
  // Clears to `background` and draws what the list holds.
  void EndFrame(ImU32 background);

 private:
  Html5Platform(std::string selector, EMSCRIPTEN_WEBGL_CONTEXT_HANDLE context);
  void MakePictureTexture();
  bool UpdateFonts(float unit);  // true: they are new

  std::string selector_;
  EMSCRIPTEN_WEBGL_CONTEXT_HANDLE context_;
  GLuint picture_texture_ = 0;
  bool has_mipmaps_ = false;
  Canvas canvas_;  // of the drawing buffer
  Fonts fonts_;
  FontSizes font_sizes_;
  double last_ms_ = 0;
};

}  // namespace ag::stage
