# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Everything that is known of registers is made from the blocks' SVD files, at build time.
find_package(Python3 3.9 QUIET COMPONENTS Interpreter)
ocellus_need(Python3_FOUND python3)
set(OCELLUS_GENERATED ${CMAKE_BINARY_DIR}/generated)
set(OCELLUS_DEVICE ${CMAKE_SOURCE_DIR}/sim/device.svd)
file(STRINGS ${OCELLUS_DEVICE} lines REGEX "<peripheral file=")
set(OCELLUS_SVD_FILES)
set(OCELLUS_REGISTER_HEADERS ${OCELLUS_GENERATED}/registers/all.h)
foreach(line IN LISTS lines)
    string(REGEX REPLACE ".*file=\"([^\"]*)\".*" "\\1" svd "${line}")
    get_filename_component(block ${svd} NAME_WE)
    list(APPEND OCELLUS_SVD_FILES ${CMAKE_SOURCE_DIR}/${svd})
    list(APPEND OCELLUS_REGISTER_HEADERS ${OCELLUS_GENERATED}/registers/${block}.h)
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${OCELLUS_DEVICE})
# The generator leaves files alone that do not change; the stamp says when it last ran.
add_custom_command(OUTPUT ${OCELLUS_GENERATED}/stamp
    BYPRODUCTS ${OCELLUS_REGISTER_HEADERS} ${OCELLUS_GENERATED}/memory_map.h
        ${OCELLUS_GENERATED}/ocellus.h ${OCELLUS_GENERATED}/ocellus.svd
        ${OCELLUS_GENERATED}/registers.md
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/generate_registers.py
        --source ${CMAKE_SOURCE_DIR} --device ${OCELLUS_DEVICE} --output ${OCELLUS_GENERATED}
    COMMAND ${CMAKE_COMMAND} -E touch ${OCELLUS_GENERATED}/stamp
    DEPENDS ${CMAKE_SOURCE_DIR}/tools/generate_registers.py ${OCELLUS_DEVICE} ${OCELLUS_SVD_FILES}
    COMMENT "Making registers from their SVD descriptions")
add_custom_target(ocellus_generate DEPENDS ${OCELLUS_GENERATED}/stamp)
