# What `cmake --install` puts into a prefix, which may be moved afterwards, and what CPack packs of it.
#
#   bin/                   the programs that were built
#   lib/                   libag.so, libag.a; cmake/ag, pkgconfig
#   include/ag/ag.h
#   share/ag/              the models, where the programs look (native: model_paths.h)
#   share/doc/ag/          LICENSE; copyright: the terms of everything inside; the model card
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(AG_MODEL_DIR "${CMAKE_INSTALL_DATADIR}/ag")
set(AG_INCLUDE_DIR "${CMAKE_INSTALL_INCLUDEDIR}")
set(AG_STATIC_LIBRARY "${CMAKE_INSTALL_LIBDIR}/libag.a")
set(documents "${CMAKE_INSTALL_DATADIR}/doc/ag")

# A program that is not asked for need not be built. The trainer and the importer bring LibTorch and
# protobuf along: they stay out of packages.
foreach(program ag_native ag_native_serve ag_native_bench)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME COMPONENT programs OPTIONAL)
  endif()
endforeach()
foreach(program ag_native_train ag_native_import_onnx)
  if(TARGET ${program})
    install(TARGETS ${program} RUNTIME COMPONENT training OPTIONAL)
  endif()
endforeach()

install(TARGETS ag_shared EXPORT agTargets
  LIBRARY COMPONENT library NAMELINK_COMPONENT development)
install(FILES "${PROJECT_BINARY_DIR}/lib/libag.a" DESTINATION "${CMAKE_INSTALL_LIBDIR}"
  COMPONENT development)
install(FILES "${PROJECT_SOURCE_DIR}/native/library/include/ag/ag.h"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/ag" COMPONENT development)

set(package_folder "${CMAKE_INSTALL_LIBDIR}/cmake/ag")
set(library_sources "${PROJECT_SOURCE_DIR}/native/library")
install(EXPORT agTargets NAMESPACE ag:: DESTINATION "${package_folder}" COMPONENT development)
configure_package_config_file("${library_sources}/agConfig.cmake.in" agConfig.cmake
  INSTALL_DESTINATION "${package_folder}" PATH_VARS AG_MODEL_DIR AG_INCLUDE_DIR AG_STATIC_LIBRARY)
# Before 1.0 a minor version may ask for another compilation.
write_basic_package_version_file(agConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/agConfig.cmake"
  "${CMAKE_CURRENT_BINARY_DIR}/agConfigVersion.cmake"
  DESTINATION "${package_folder}" COMPONENT development)
file(RELATIVE_PATH AG_PC_PREFIX "/prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/prefix")
configure_file("${library_sources}/ag.pc.in" ag.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/ag.pc"
  DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)

set(models "${PROJECT_SOURCE_DIR}/web/model")
install(FILES "${models}/age_gender.agm" "${models}/face_detector.agm"
  DESTINATION "${AG_MODEL_DIR}" COMPONENT models)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${models}/MODEL_CARD.md"
  DESTINATION "${documents}" COMPONENT documents)

# ag_notice(NAME files...): the first of the files that is there becomes a part of `notices`.
macro(ag_notice name)
  set(found "")
  foreach(file IN ITEMS ${ARGN})
    if(NOT found AND EXISTS "${file}")
      set(found "${file}")
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
      file(READ "${file}" text)
      string(APPEND notices "\n--- ${name} ---\n\n${text}\n")
    endif()
  endforeach()
  if(NOT found)
    list(APPEND without_notice "${name}")
  endif()
endmacro()
set(notices "Parts of the programs and of the library, and their terms.\n")
set(without_notice "")
ag_notice("ag (the code)" "${PROJECT_SOURCE_DIR}/LICENSE")
string(APPEND notices "\n--- age_gender.agm ---\n\n")
# The model card's own line: | terms of the weights | ... |
file(STRINGS "${models}/MODEL_CARD.md" terms REGEX "^\\| terms of the weights \\|")
string(REGEX REPLACE "^\\| terms of the weights \\| (.*) \\|$" "\\1" terms "${terms}")
string(APPEND notices "${terms}\nMODEL_CARD.md says more.\n")
ag_notice(face_detector.agm "${models}/face_detector.LICENSE.txt")
foreach(name xnnpack pthreadpool cpuinfo fxdiv fp16)
  list(TRANSFORM AG_XNNPACK_LICENCES APPEND "/${name}/LICENSE" OUTPUT_VARIABLE candidates)
  ag_notice(${name} ${candidates})
endforeach()
foreach(package libstb-dev libflatbuffers-dev libcli11-dev nlohmann-json3-dev)
  ag_notice(${package} "/usr/share/doc/${package}/copyright")
endforeach()
if(without_notice)
  message(STATUS "Not in the installed file of licences, as they were not found: ${without_notice}")
endif()
file(CONFIGURE OUTPUT copyright CONTENT "@notices@" @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/copyright" DESTINATION "${documents}"
  COMPONENT documents)

# Packages: `./ag package tar|deb`. All but the trainer in one file.
set(CPACK_PACKAGE_NAME ag)
set(CPACK_PACKAGE_VENDOR "The ag authors")
set(CPACK_PACKAGE_CONTACT "The ag authors")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_FILE_NAME "ag-${PROJECT_VERSION}-linux-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_COMPONENTS_ALL programs library development models documents)
set(CPACK_COMPONENTS_GROUPING ALL_COMPONENTS_IN_ONE)
set(CPACK_ARCHIVE_COMPONENT_INSTALL ON)
set(CPACK_PROJECT_CONFIG_FILE "${PROJECT_SOURCE_DIR}/cmake/PackageFormat.cmake")
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION graphics)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "Finds faces in pictures and videos and estimates age, with an interval, and\n perceived gender. Programs, models, and a C library.")
include(CPack)
