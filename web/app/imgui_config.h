// Dear ImGui's build options for the stage (IMGUI_USER_CONFIG): drawing only, as small as it gets.
#pragma once

#define IMGUI_DISABLE_OBSOLETE_FUNCTIONS
#define IMGUI_DISABLE_OBSOLETE_KEYIO
#define IMGUI_DISABLE_DEMO_WINDOWS
#define IMGUI_DISABLE_DEBUG_TOOLS
#define IMGUI_DISABLE_FILE_FUNCTIONS
#define IMGUI_DISABLE_TTY_FUNCTIONS
#define IMGUI_IMPL_OPENGL_ES3

// Thousands of boxes pass 65536 vertices in one draw list.
#define ImDrawIdx unsigned int
