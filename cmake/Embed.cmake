# ag_embed(TARGET FILE NAMESPACE)
# Puts the bytes of a file of the current folder (or named by its whole path) into TARGET's program:
# native/plot/chart.css becomes `inline constexpr std::string_view kChartCss` of "native/plot/chart_css.h",
# in NAMESPACE. TARGET alone may include it. Neither a file system nor a request is needed to read it.
set(AG_EMBED_SCRIPT "${CMAKE_CURRENT_LIST_DIR}/embed_file.cmake")

function(ag_embed target file namespace)
  cmake_path(ABSOLUTE_PATH file OUTPUT_VARIABLE input)
  cmake_path(GET input FILENAME name)
  string(REPLACE "." "_" name "${name}")
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  set(root "${PROJECT_BINARY_DIR}/embedded/${target}")
  set(output "${root}/${folder}/${name}.h")
  add_custom_command(OUTPUT "${output}"
    COMMAND "${CMAKE_COMMAND}" "-DIN=${input}" "-DOUT=${output}" "-DNAME=${name}" "-DNAMESPACE=${namespace}"
      -P "${AG_EMBED_SCRIPT}"
    DEPENDS "${input}" "${AG_EMBED_SCRIPT}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  target_include_directories(${target} PRIVATE "${root}")
endfunction()
