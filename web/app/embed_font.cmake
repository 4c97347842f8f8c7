# cmake -DIN=font.ttf -DOUT=stage_font.h -P embed_font.cmake
# Writes the font's bytes as a C++ array: the module needs neither a file system nor a request.
file(READ "${IN}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
# 16 bytes a line: compilers and people dislike lines of 70,000 characters.
string(REPEAT "0x..," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
get_filename_component(name "${IN}" NAME)
file(WRITE "${OUT}.tmp"
"// Made of ${name} by embed_font.cmake.
#pragma once

namespace ag::stage {

inline constexpr int kStageFontSize = ${size};
inline constexpr unsigned char kStageFont[] = {
${bytes}};

}  // namespace ag::stage
")
file(RENAME "${OUT}.tmp" "${OUT}")
