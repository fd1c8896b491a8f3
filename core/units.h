// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <string>
#include <vector>

namespace ocellus {

/// The dimension of a parameter's or a statistic's value. Values are held in the base unit named
/// here.
enum class unit {
    none,            ///< dimensionless, written without a unit
    hertz,           ///< Hz, kHz, MHz, GHz
    second,          ///< s, ms, us, ns, ps
    byte,            ///< B, KiB, MiB, GiB, kB, MB, GB
    bit_per_second,  ///< b/s, kb/s, Mb/s, Gb/s
    electron,        ///< e-
    joule,           ///< J, mJ, uJ, nJ, pJ, fJ
    watt,            ///< W, mW, uW
    lux,             ///< lx, klx
    kelvin,          ///< K
    celsius,         ///< degC
    metre,           ///< m, mm, um, nm
    percent,         ///< %, held as a fraction (5 % = 0.05)
    lines,           ///< lines (sensor rows)
    cycles,          ///< cycles
};

/// Symbol of the base unit ("Hz", "s", "B", ...); "" for none.
const char* base_symbol(unit u);

/// Every spelling accepted for `u`, for error messages ("Hz, kHz, MHz, GHz").
std::string accepted_symbols(unit u);

/// Reads "262.5 MHz", "8 MiB", "16.52 ms", "5%": a decimal number, optional blanks, a symbol of
/// `u`. The number alone is accepted only for unit::none, lines and cycles. Locale-independent.
/// Returns false and sets `why` when the text does not fit.
bool parse_quantity(const std::string& text, unit u, double& value, std::string& why);

/// Shortest text with the most readable prefix that parse_quantity reads back to the same double
/// ("262.5 MHz"). Locale-independent.
std::string format_quantity(double value, unit u);

}  // namespace ocellus
