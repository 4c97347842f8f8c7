# cmake -DIN=chart.css -DOUT=chart_css.h -DNAME=chart_css -DNAMESPACE=ag -P embed_file.cmake
# Writes a file's bytes as a C++ constant: kChartCss. Embed.cmake calls it.
file(READ "${IN}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR size "${digits} / 2")
# chart_css -> kChartCss
string(REPLACE "_" ";" words "${NAME}")
set(constant k)
foreach(word IN LISTS words)
  string(SUBSTRING "${word}" 0 1 initial)
  string(SUBSTRING "${word}" 1 -1 rest)
  string(TOUPPER "${initial}" initial)
  string(APPEND constant "${initial}${rest}")
endforeach()
# As character literals: a byte above 127 is then in range whether char is signed or not. 16 a line:
# compilers and people dislike lines of 70,000 characters.
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
string(REPEAT "'.x..'," 16 line)
string(REGEX REPLACE "(${line})" "\\1\n" bytes "${bytes}")
get_filename_component(file "${IN}" NAME)
file(WRITE "${OUT}.tmp"
"// Made of ${file} by cmake/embed_file.cmake.
#pragma once

#include <string_view>

namespace ${NAMESPACE} {

inline constexpr char ${constant}Bytes[] = {
${bytes}};
inline constexpr std::string_view ${constant}(${constant}Bytes, ${size});

}  // namespace ${NAMESPACE}
")
file(RENAME "${OUT}.tmp" "${OUT}")
