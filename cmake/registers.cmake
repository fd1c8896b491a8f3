# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# Registers from one source: tools/generate_registers.py makes headers from the SVD files. Every room
# links ocellus_registers and includes "registers/<block>.h".
find_package(Python3 3.8 COMPONENTS Interpreter REQUIRED)

set(OCELLUS_GENERATED ${CMAKE_BINARY_DIR}/generated)
set(OCELLUS_DEVICE ${CMAKE_SOURCE_DIR}/sim/device.svd)
# The device file names the blocks' files; each makes registers/<its name in lower case>.h.
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${OCELLUS_DEVICE})
file(STRINGS ${OCELLUS_DEVICE} lines REGEX "<peripheral ")
set(OCELLUS_SVD ${OCELLUS_DEVICE})
set(OCELLUS_MADE ${OCELLUS_GENERATED}/registers/device.h)
foreach(line ${lines})
    string(REGEX REPLACE ".*file=\"([^\"]*)\".*" "\\1" block "${line}")
    list(APPEND OCELLUS_SVD ${CMAKE_SOURCE_DIR}/${block})
    file(STRINGS ${CMAKE_SOURCE_DIR}/${block} name REGEX "<name>" LIMIT_COUNT 1)
    string(REGEX REPLACE ".*<name>(.*)</name>.*" "\\1" name "${name}")
    string(TOLOWER ${name} name)
    list(APPEND OCELLUS_MADE ${OCELLUS_GENERATED}/registers/${name}.h)
endforeach()
list(APPEND OCELLUS_MADE ${OCELLUS_GENERATED}/ocellus.h ${OCELLUS_GENERATED}/ocellus.svd
     ${OCELLUS_GENERATED}/registers.md)
# Files that are already right are not touched, so a stamp says when the generator last ran.
add_custom_command(OUTPUT ${OCELLUS_GENERATED}/registers.stamp
    BYPRODUCTS ${OCELLUS_MADE}
    COMMAND Python3::Interpreter ${CMAKE_SOURCE_DIR}/tools/generate_registers.py
            --device ${OCELLUS_DEVICE} --out ${OCELLUS_GENERATED}
    COMMAND ${CMAKE_COMMAND} -E touch ${OCELLUS_GENERATED}/registers.stamp
    DEPENDS ${OCELLUS_SVD} ${CMAKE_SOURCE_DIR}/tools/generate_registers.py
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}
    COMMENT "Making registers from SVD" VERBATIM)
add_custom_target(generate_registers DEPENDS ${OCELLUS_GENERATED}/registers.stamp)
add_library(ocellus_registers INTERFACE)
target_include_directories(ocellus_registers INTERFACE ${OCELLUS_GENERATED})
add_dependencies(ocellus_registers generate_registers)
