# SPDX-License-Identifier: Apache-2.0
# Copyright The Ocellus Authors
# cmake -DINPUT=file -DOUTPUT=file.cpp -DFUNCTION=name -P embed.cmake: the file's bytes as a function.
file(READ ${INPUT} hex HEX)
string(LENGTH "${hex}" digits)
math(EXPR bytes "${digits} / 2")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," values "${hex}")
string(REGEX REPLACE "(................................................................................)" "\\1\n" values "${values}")
file(WRITE ${OUTPUT}.part "// Made from a binary file by cmake/embed.cmake.
#include \"sim/embedded.h\"

namespace ocellus::sim {
namespace {
const unsigned char bytes[] = {\n${values}\n};
}
std::string ${FUNCTION}() {
    return std::string(reinterpret_cast<const char*>(bytes), ${bytes});
}
}  // namespace ocellus::sim
")
file(RENAME ${OUTPUT}.part ${OUTPUT})
