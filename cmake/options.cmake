# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
set(CMAKE_CXX_STANDARD 17)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

find_program(CCACHE ccache)
if(CCACHE)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Results must not depend on the instruction set: no contraction into fused multiply-add, and no
# reassociation. The two -fno flags let the compiler vectorise loops that call sqrt or convert.
add_compile_options(-ffp-contract=off -fno-math-errno -fno-trapping-math)
# No path of the machine that builds goes into the program.
add_compile_options(-ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)

set(OCELLUS_WARNINGS -Wall -Wextra -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-align
    -Wunused -Woverloaded-virtual -Wnull-dereference -Wformat=2 -Wimplicit-fallthrough)
if(OCELLUS_WERROR)
    list(APPEND OCELLUS_WARNINGS -Werror)
endif()

# ocellus_library(name SOURCES ... LIBRARIES ...): one static library per room of the house.
function(ocellus_library name)
    cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;PRIVATE_LIBRARIES" ${ARGN})
    add_library(${name} STATIC ${ARG_SOURCES})
    target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
    target_compile_options(${name} PRIVATE ${OCELLUS_WARNINGS})
    target_link_libraries(${name} PUBLIC ocellus_registers ${ARG_LIBRARIES} PRIVATE ${ARG_PRIVATE_LIBRARIES})
endfunction()
