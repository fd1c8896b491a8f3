// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/diagnostics.h"
#include "links/boot_image.h"

namespace ocellus::sim {

/// What `load`, `update` and `erase` of a .cci script bring, and what is wrong with it on purpose.
struct cci_load {
    links::image_kind kind = links::image_kind::network;
    unsigned number = 0;  ///< of a network
    bool update = false;  ///< into flash
    bool flash = false;   ///< from flash
    std::string file;     ///< empty: an image that is made of what the run was given
    std::uint32_t version = 1, security = 1;
    std::optional<links::image_kind> as;   ///< what the image says that it is
    bool foreign_key = false;              ///< signed by somebody else
    std::vector<std::uint64_t> flips;      ///< bytes of the file that are inverted
    std::vector<std::uint64_t> end_flips;  ///< the same, counted from the end: 1 is the last
    std::uint64_t cut = 0;                 ///< bytes that the file is shorter, and says so
    std::uint64_t stop = 0;                ///< bytes at the end that are not sent
    std::optional<std::uint32_t> divisions;
    std::optional<std::uint64_t> power_cut;  ///< the step of flash at which power fails
    std::optional<std::uint32_t> gives;      ///< the reply that is expected; else "done"
};

/// A line of a .cci script: what a host does at the camera control interface and what it expects.
struct cci_command {
    enum class what {
        device,      ///< number: device address of what follows
        write,       ///< index, data; refused: it expects no acknowledgement
        read,        ///< index, bytes; the value is dropped; refused as above
        expect,      ///< index, bytes, mask, relation, number
        until,       ///< the same, read every `interval` until it holds
        wait,        ///< time
        wait_frame,  ///< number
        wait_event,  ///< name, count
        xclr,        ///< the reset pin, low and high again
        load,        ///< image: the public driver's way to load it
        quit,        ///< ends the run
    };
    what kind = what::quit;
    source_position where;
    std::string name;  ///< of the register as written, or of the event
    std::uint16_t index = 0;
    unsigned bytes = 1;
    std::vector<std::uint8_t> data;
    bool refused = false;
    std::string relation;
    std::uint64_t number = 0, mask = ~std::uint64_t{0}, count = 1;
    std::uint64_t time = 0, interval = 0;  ///< ps
    std::uint64_t limit = 0;               ///< ps of simulated time
    cci_load image;
};

/// Reads a .cci script (docs/cci.md). Every mistake goes to `problems` with its line and column.
/// `events`: names that `wait event` knows.
std::vector<cci_command> parse_cci_script(const std::string& text, const std::string& path,
                                          const std::vector<std::string>& events,
                                          diagnostics& problems);

/// Whether `x relation y`, of "==", "!=", "<", "<=", ">", ">=".
bool holds_relation(const std::string& relation, std::uint64_t x, std::uint64_t y);

}  // namespace ocellus::sim
