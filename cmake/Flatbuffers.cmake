# ag_flatbuffers_header(TARGET schema.fbs)
# Generates <path of the schema>_generated.h in the build folder with flatc and lets TARGET and those
# that link it include it by the schema's path from the repository root:
# shared/model/model.fbs -> "shared/model/model_generated.h".
find_program(AG_FLATC flatc)

function(ag_flatbuffers_header target schema)
  if(NOT AG_FLATC)
    message(FATAL_ERROR "flatc not found (Debian package flatbuffers-compiler)")
  endif()
  set(input "${CMAKE_CURRENT_SOURCE_DIR}/${schema}")
  file(RELATIVE_PATH folder "${PROJECT_SOURCE_DIR}" "${CMAKE_CURRENT_SOURCE_DIR}")
  cmake_path(GET schema STEM stem)
  set(include_dir "${PROJECT_BINARY_DIR}/generated")
  set(output "${include_dir}/${folder}/${stem}_generated.h")
  add_custom_command(
    OUTPUT "${output}"
    COMMAND "${AG_FLATC}" --cpp --scoped-enums -o "${include_dir}/${folder}" "${input}"
    DEPENDS "${input}"
    COMMENT "flatc ${folder}/${schema}"
    VERBATIM)
  target_sources(${target} PRIVATE "${output}")
  # SYSTEM: generated code does not follow our warnings.
  target_include_directories(${target} SYSTEM PUBLIC "${include_dir}")
  target_link_libraries(${target} PUBLIC ag::flatbuffers)
endfunction()
