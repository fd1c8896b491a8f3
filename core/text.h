// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ocellus {

/// Shortest decimal text that reads back to the same double, whatever the locale.
std::string shortest(double value);

/// `text` as a JSON string with its quotes. Bytes that are not UTF-8 are replaced by U+FFFD.
std::string json_string(std::string_view text);

/// `value` as a JSON number; null when it is not finite.
std::string json_number(double value);

/// "a, b, c".
std::string join(const std::vector<std::string>& words, const std::string& separator);

/// Number of characters (code points) of UTF-8 text.
std::size_t characters(std::string_view text);

/// Breaks `text` at blanks into lines of at most `width` characters (longer words stay whole).
std::vector<std::string> wrap(const std::string& text, std::size_t width);

/// True when `name` fits `glob`, which knows * and ?; an empty glob fits everything.
bool matches_glob(const std::string& glob, const std::string& name);

/// A field of a CSV line (RFC 4180): quoted when it holds a comma, a quote or an end of line.
std::string csv_field(const std::string& text);

/// Text inside an element or a quoted attribute of XML, SVG or HTML.
std::string xml_escaped(std::string_view text);

}  // namespace ocellus
