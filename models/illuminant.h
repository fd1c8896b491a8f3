// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <array>
#include <functional>

namespace ocellus::models {

/// A function of the wavelength in nanometres.
using spectrum = std::function<double(double nanometres)>;

/// Black body of `kelvin` by Planck's law, 1 at 560 nm.
spectrum planckian(double kelvin);

/// CIE daylight of 4000 to 25000 K (CIE 015), 1 at 560 nm.
spectrum daylight(double kelvin);

/// CIE 1931 colour matching functions x, y and z by the fits of Wyman, Sloan and Shirley (2013); y
/// is the luminous efficiency.
std::array<double, 3> colour_matching(double nanometres);

/// Integral of f from 380 to 780 nm.
double over_visible(const std::function<double(double nanometres)>& f);

/// Electrons in a pixel of `area` square micrometres whose quantum efficiency is `qe`, for each
/// lux second of light of this colour:
///
///     A / (683 lm/W x integral(S y)) x integral(S QE lambda) / (h c)
double electrons_per_lux_second(const spectrum& light, const spectrum& qe, double area);

/// Linear sRGB of 24 patches of the ColorChecker under D65, from the reflectances that Ohta
/// measured (1997); a perfect diffuser is 1.
const std::array<std::array<float, 3>, 24>& colorchecker_light();

/// Reflectance of patch 0 .. 23 of the ColorChecker, interpolated between steps of 20 nm.
double colorchecker_reflectance(unsigned patch, double nanometres);

}  // namespace ocellus::models
