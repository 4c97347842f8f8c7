#include "web/app/platform_html5.h"

#include <backends/imgui_impl_opengl3.h>
#include <emscripten/html5.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

namespace ag::stage {

std::unique_ptr<Html5Platform> Html5Platform::Create(const char* selector) {
  EmscriptenWebGLContextAttributes attributes;
  emscripten_webgl_init_context_attributes(&attributes);
  attributes.majorVersion = 2;
  attributes.minorVersion = 0;
  attributes.alpha = false;
  attributes.depth = false;
  attributes.stencil = false;
  attributes.antialias = false;  // ImGui smooths its own edges
  attributes.powerPreference = EM_WEBGL_POWER_PREFERENCE_LOW_POWER;
  attributes.enableExtensionsByDefault = false;
  const EMSCRIPTEN_WEBGL_CONTEXT_HANDLE context =
      emscripten_webgl_create_context(selector, &attributes);
  if (context <= 0) return nullptr;
  if (emscripten_webgl_make_context_current(context) != EMSCRIPTEN_RESULT_SUCCESS) {
    emscripten_webgl_destroy_context(context);
    return nullptr;
  }
  return std::unique_ptr<Html5Platform>(new Html5Platform(selector, context));
}

Html5Platform::Html5Platform(std::string selector, EMSCRIPTEN_WEBGL_CONTEXT_HANDLE context)
    : selector_(std::move(selector)), context_(context) {
  ImGui::CreateContext();
  ImGuiIO& io = ImGui::GetIO();
  io.IniFilename = nullptr;
  io.LogFilename = nullptr;
  io.BackendPlatformName = "html5";
  UpdateFonts(1);
  ImGui_ImplOpenGL3_Init("#version 300 es");
  MakePictureTexture();
}

Html5Platform::~Html5Platform() {
  glDeleteTextures(1, &picture_texture_);
  ImGui_ImplOpenGL3_Shutdown();
  ImGui::DestroyContext();
  emscripten_webgl_destroy_context(context_);
}

bool Html5Platform::lost() const { return emscripten_is_webgl_context_lost(context_); }

void Html5Platform::Release() {
  ImGui_ImplOpenGL3_DestroyDeviceObjects();
  glDeleteTextures(1, &picture_texture_);
  picture_texture_ = 0;
}

void Html5Platform::Restore() {
  // The next frame makes ImGui's objects.
  if (picture_texture_ == 0) MakePictureTexture();
}

void Html5Platform::MakePictureTexture() {
  glGenTextures(1, &picture_texture_);
  glBindTexture(GL_TEXTURE_2D, picture_texture_);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_LINEAR);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
  constexpr std::array<uint8_t, 4> kGrey = {128, 128, 128, 255};
  glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA8, 1, 1, 0, GL_RGBA, GL_UNSIGNED_BYTE, kGrey.data());
  has_mipmaps_ = false;
}

void Html5Platform::PreparePicture(bool changed, bool shrunk) {
  if (changed) has_mipmaps_ = false;
  if (!changed && has_mipmaps_ == shrunk) return;
  glBindTexture(GL_TEXTURE_2D, picture_texture_);
  // Without mipmaps a picture drawn at a third of its size flickers and shows moire. A video that
  // is not shrunk does not pay for them.
  if (shrunk && !has_mipmaps_) glGenerateMipmap(GL_TEXTURE_2D);
  has_mipmaps_ = shrunk;
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER,
                  shrunk ? GL_LINEAR_MIPMAP_LINEAR : GL_LINEAR);
}

bool Html5Platform::UpdateFonts(float unit) {
  const FontSizes sizes = FontSizesFor(unit);
  if (sizes == font_sizes_) return false;
  font_sizes_ = sizes;
  fonts_ = BuildFonts(*ImGui::GetIO().Fonts, sizes);
  return true;
}

ImDrawList& Html5Platform::BeginFrame(const Canvas& canvas, double now_ms) {
  canvas_ = canvas;
  const int width = static_cast<int>(canvas.width), height = static_cast<int>(canvas.height);
  int old_width = 0, old_height = 0;
  emscripten_get_canvas_element_size(selector_.c_str(), &old_width, &old_height);
  if (width != old_width || height != old_height) {
    emscripten_set_canvas_element_size(selector_.c_str(), width, height);
  }
  if (UpdateFonts(canvas.unit)) {
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
  }
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {canvas.width, canvas.height};
  io.DisplayFramebufferScale = {1, 1};
  // Time is ImGui's only, which insists that it runs forward.
  io.DeltaTime = static_cast<float>(std::clamp((now_ms - last_ms_) / 1000, 1e-3, 1.0));
  last_ms_ = now_ms;
  ImGui_ImplOpenGL3_NewFrame();
  ImGui::NewFrame();
  return *ImGui::GetBackgroundDrawList();
}

void Html5Platform::EndFrame(ImU32 background) {
  ImGui::Render();
  const ImVec4 colour = ImGui::ColorConvertU32ToFloat4(background);
  glViewport(0, 0, static_cast<GLsizei>(canvas_.width), static_cast<GLsizei>(canvas_.height));
  glClearColor(colour.x, colour.y, colour.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

}  // namespace ag::stage
