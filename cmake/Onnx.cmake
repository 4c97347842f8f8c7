# ag::onnx: the protobuf classes of ONNX models (<onnx/onnx_pb.h>), where AG_IMPORT_ONNX is on and
# protobuf and libonnx are installed.
if(NOT AG_IMPORT_ONNX OR TARGET ag::onnx)
  return()
endif()
find_package(Protobuf QUIET)
find_path(AG_ONNX_INCLUDE_DIR onnx/onnx_pb.h)
find_library(AG_ONNX_PROTO_LIBRARY onnx_proto)
find_library(AG_ONNX_LIBRARY onnx)
if(NOT Protobuf_FOUND OR NOT AG_ONNX_INCLUDE_DIR OR NOT (AG_ONNX_PROTO_LIBRARY OR AG_ONNX_LIBRARY))
  message(STATUS "protobuf or libonnx not found (Debian packages libprotobuf-dev, libonnx-dev): "
    "the ONNX importer is left out")
  return()
endif()
add_library(ag_onnx INTERFACE)
target_include_directories(ag_onnx SYSTEM INTERFACE "${AG_ONNX_INCLUDE_DIR}")
# As Debian compiles the library; the header refuses to be read without them.
target_compile_definitions(ag_onnx INTERFACE ONNX_NAMESPACE=onnx ONNX_ML=1)
target_link_libraries(ag_onnx INTERFACE
  "$<IF:$<BOOL:${AG_ONNX_PROTO_LIBRARY}>,${AG_ONNX_PROTO_LIBRARY},${AG_ONNX_LIBRARY}>"
  protobuf::libprotobuf)
add_library(ag::onnx ALIAS ag_onnx)
