# Read by CPack for each kind of package (CPACK_PROJECT_CONFIG_FILE). A tarball has one folder in it; a
# Debian package has the files where they go.
if(CPACK_GENERATOR STREQUAL "TGZ")
  set(CPACK_COMPONENT_INCLUDE_TOPLEVEL_DIRECTORY ON)
endif()
