// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/privacy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/units.h"

namespace ocellus::sim {
namespace {

/// Fewer cells show no picture.
constexpr unsigned fewest_cells = 64;
/// From this correlation on an output is called a picture of the input.
constexpr double like_the_input = 0.9;
/// Channels of an output that are looked at.
constexpr unsigned most_channels = 64;

constexpr std::uint32_t mode_bits = 3, lock_bit = 1u << 8, violated_bit = 1u << 16;

const char* const port_names[links::egress_ledger::ports] = {
    "CSI-2", "CCI", "SPI", "the UART", "a debugger, test bench or semihosting"};

const char* name_of(privacy_mode m) {
    switch (m) {
        case privacy_mode::full:
            return "full";
        case privacy_mode::metadata_tensor:
            return "metadata_tensor";
        case privacy_mode::metadata_roi:
            return "metadata_roi";
        default:
            return "metadata_only";
    }
}

double value_of(std::uint8_t byte, bool is_signed) {
    return is_signed ? static_cast<double>(static_cast<std::int8_t>(byte))
                     : static_cast<double>(byte);
}

}  // namespace

void privacy_parameters::declare(parameter_registry& r) {
    r.choice("privacy.mode", mode,
             {{"full", privacy_mode::full},
              {"metadata_tensor", privacy_mode::metadata_tensor},
              {"metadata_roi", privacy_mode::metadata_roi},
              {"metadata_only", privacy_mode::metadata_only}})
        .says(
            "Bytes that derive from pixels and may leave the chip: all; by CSI-2 as many a frame "
            "as "
            "the network's input has; by CSI-2 privacy.roi_bytes a frame; none.")
        .from(provenance::chosen, "pictures leave, as with the public driver's modes")
        .moves("privacy.violations", +1)
        .compare("full", "metadata_only")
        .under("privacy.policy=report");
    r.choice("privacy.policy", policy,
             {{"report", privacy_policy::report},
              {"block", privacy_policy::block},
              {"fail", privacy_policy::fail}})
        .says("What happens to a byte that may not leave: it is told, kept back, or the run fails.")
        .from(provenance::chosen, "a promise that is broken must not go unseen")
        .moves("privacy.blocked_bytes", -1)
        .compare("block", "report")
        .under("privacy.mode=metadata_only");
    r.boolean("privacy.locked", locked)
        .says("system.PRIVACY is locked from the start.")
        .from(provenance::chosen, "firmware decides")
        .moves_nothing("the default firmware does not write the register");
    r.integer("privacy.roi_bytes", roi_bytes, 1, std::uint64_t{1} << 32, unit::byte)
        .says("With privacy.mode = metadata_roi: bytes that derive from pixels, a frame.")
        .from(provenance::chosen, "a crop of 256 x 256")
        .moves("privacy.violations", -1)
        .compare("1 kB", "64 MB")
        .under("privacy.mode=metadata_roi")
        .under("privacy.policy=report");
    r.integer("privacy.exit_bits", exit_bits, 0, std::uint64_t{1} << 40)
        .says(
            "Bits of a network's outputs that may tell of one frame; more is a violation unless "
            "privacy.mode = full. 0: no limit.")
        .from(provenance::chosen, "what an application's outputs need is its own matter")
        .moves("privacy.violations", -1)
        .compare("1", "1000000000")
        .under("privacy.mode=metadata_tensor")
        .under("privacy.policy=report");
}

privacy_guard::privacy_guard(const privacy_parameters& p, statistics& stats,
                             links::egress_ledger& ledger,
                             std::vector<std::shared_ptr<const dsp::compiled_network>> networks,
                             bool timing_only)
    : p_(p),
      ledger_(ledger),
      networks_(std::move(networks)),
      timing_only_(timing_only),
      mode_(p.mode),
      locked_(p.locked) {
    for (const auto& n : networks_) {
        std::uint64_t bits = 0;
        for (std::size_t i = 0; i < n->outputs(); ++i)
            bits += 8 * n->output_bytes(i);
        exit_bits_ = std::max(exit_bits_, bits);
        tensor_bytes_ = std::max(tensor_bytes_, n->input_bytes());
        if (mode_ != privacy_mode::full && p_.exit_bits > 0 && bits > p_.exit_bits) {
            ++violations_;
            exits_.push_back(
                fmt::format("the outputs of {} have {} bits a frame; privacy.exit_bits allows {}",
                            n->net.name, bits, p_.exit_bits));
        }
    }
    stats.add("privacy.violations", violations_,
              "Times that something was about to leave which the privacy mode keeps in.");
    stats.add("privacy.blocked_bytes", blocked_,
              "Bytes that derive from pixels and were kept in (privacy.policy = block).", "B");
    stats.add("privacy.register_stores", register_stores_,
              "Stores of values that derive from pixels to registers other than the UART's.");
    stats.add("privacy.pictures", pictures_,
              "Outputs of a network that were pictures of its input.");
    stats.add("privacy.exit_bits", exit_bits_,
              "Upper bound of what the network's outputs can tell of a frame: their size.", "bit");
}

std::uint32_t privacy_guard::register_value() const {
    return static_cast<std::uint32_t>(mode_) | (locked_ ? lock_bit : 0u) |
           (violated() ? violated_bit : 0u);
}

std::uint32_t privacy_guard::write_register(std::uint32_t value) {
    if (!locked_) {
        mode_ = static_cast<privacy_mode>(value & mode_bits);
        locked_ = (value & lock_bit) != 0;
    }
    return register_value();
}

bool privacy_guard::permit(bool allowed, links::egress_port port, std::uint64_t bytes,
                           const std::uint32_t* pc) {
    if (allowed)
        return true;
    ++violations_;
    leak& l = leaks_[static_cast<unsigned>(port)];
    if (l.bytes == 0) {
        l.first = sc_core::sc_time_stamp();
        l.frame = frame_;
        if (pc) {
            l.pc = *pc;
            l.has_pc = true;
        }
    }
    l.bytes += bytes;
    if (p_.policy != privacy_policy::block)
        return true;
    blocked_ += bytes;
    return false;
}

bool privacy_guard::csi2(std::uint32_t frame, std::uint32_t bytes) {
    if (mode_ == privacy_mode::full)
        return true;
    if (budget_frame_ != frame) {
        budget_frame_ = frame;
        budget_used_ = 0;
    }
    const std::uint64_t budget = mode_ == privacy_mode::metadata_tensor ? tensor_bytes_
                                 : mode_ == privacy_mode::metadata_roi  ? p_.roi_bytes
                                                                        : 0;
    budget_used_ += bytes;
    return permit(budget_used_ <= budget, links::egress_port::csi2, bytes, nullptr);
}

bool privacy_guard::other(links::egress_port port, std::uint64_t bytes, const std::uint32_t* pc) {
    return permit(mode_ == privacy_mode::full, port, bytes, pc);
}

void privacy_guard::looked_at(std::uint64_t address, std::uint8_t* bytes, std::size_t length) {
    constexpr auto port = links::egress_port::debug;
    const std::uint64_t derived = map_.derived_bytes(address, length);
    bool leaves = true;
    if (derived > 0)
        leaves = other(port, derived);
    if (leaves)
        ledger_.count(port, 0, links::egress_kind::pixels, derived);
    else
        for (std::size_t k = 0; k < length; ++k)
            if (map_.derived(address + k, 1))
                bytes[k] = 0;
}

void privacy_guard::register_store(std::uint32_t pc) {
    if (++register_stores_ == 1)
        register_pc_ = pc;
}

void privacy_guard::burst(role who, tlm::tlm_generic_payload& payload) {
    const std::uint64_t address = payload.get_address();
    const std::uint32_t length = payload.get_data_length();
    const bool write = payload.is_write();
    switch (who) {
        case role::isp:
            if (write)
                map_.mark(address, length, true);
            break;
        case role::dma:
            // It writes each burst that it has read, in this order.
            if (write)
                map_.mark(address, length, dma_derives_);
            else
                dma_derives_ = map_.derived(address, length);
            break;
        case role::cpu:
            // What derives from pixels is marked by the hart itself, after the store.
            if (write)
                map_.mark(address, length, false);
            break;
        case role::outside:
            if (write)
                map_.mark(address, length, false);
            else if (payload.get_data_ptr())
                looked_at(address, payload.get_data_ptr(), length);
            break;
        case role::none:
            break;
    }
}

void privacy_guard::seen(const block_event& e, std::uint32_t network, const reader& read) {
    if (e.kind == event_kind::frame_started)
        frame_ = e.id;
    if (network >= networks_.size())
        return;
    const dsp::compiled_network& n = *networks_[network];
    if (e.kind == event_kind::job_started) {
        job_input_ = e.value;
        map_.mark(n.arena_address(), n.plan.arena_bytes, true);
    } else if (e.kind == event_kind::job_ended) {
        // Tensors begin with a word of their own: what is behind the last byte is padding.
        for (std::size_t i = 0; i < n.outputs(); ++i)
            map_.mark(n.output_address(i), (n.output_bytes(i) + 3) / 4 * 4, false);
        if (mode_ != privacy_mode::full && !timing_only_)
            look_for_pictures(network, job_input_, read);
    }
}

/// An identity network keeps the letter of "metadata only" and breaks its promise.
void privacy_guard::look_for_pictures(std::uint32_t network, std::uint64_t input,
                                      const reader& read) {
    const dsp::compiled_network& n = *networks_[network];
    const auto& in = n.net.input();
    if (in.shape.size() != 4 || in.bytes() != in.elements())
        return;
    std::vector<std::uint8_t> from(n.input_bytes());
    read(input, from.data(), from.size());
    const auto size = [](std::int64_t v) { return static_cast<unsigned>(v); };
    for (std::size_t i = 0; i < n.outputs(); ++i) {
        const auto& out = n.output_tensor(i);
        if (out.bytes() != out.elements())
            continue;
        // A picture that was made one long vector is one as well.
        unsigned height = size(in.shape[1]), width = size(in.shape[2]),
                 channels = size(in.shape[3]);
        if (out.shape.size() == 4) {
            height = size(out.shape[1]);
            width = size(out.shape[2]);
            channels = size(out.shape[3]);
        } else if (out.elements() != in.elements()) {
            continue;
        }
        if (std::uint64_t{height} * width < fewest_cells)
            continue;
        std::vector<std::uint8_t> to(n.output_bytes(i));
        read(n.output_address(i), to.data(), to.size());
        for (unsigned c = 0; c < std::min(channels, most_channels); ++c) {
            const double r =
                picture_correlation(from.data(), size(in.shape[1]), size(in.shape[2]),
                                    size(in.shape[3]), in.type == dsp::element::int8, to.data(),
                                    height, width, channels, c, out.type == dsp::element::int8);
            if (std::abs(r) < like_the_input)
                continue;
            if (++pictures_ == 1)
                exits_.push_back(
                    fmt::format("output {} of {} is a picture of its input: channel {} ({} x {}) "
                                "correlates by {:.3f} with its brightness, first in frame {}",
                                i, n.net.name, c, width, height, r, frame_));
            ++violations_;
            return;
        }
    }
}

std::vector<std::string> privacy_guard::findings(
    const std::function<std::string(std::uint32_t)>& place) const {
    std::vector<std::string> out;
    const char* const did = p_.policy == privacy_policy::block ? "were kept in" : "left";
    for (unsigned k = 0; k < leaks_.size(); ++k) {
        const leak& l = leaks_[k];
        if (l.bytes == 0)
            continue;
        out.push_back(
            fmt::format("privacy.mode = {}: {} bytes that derive from pixels {} by {}, the first "
                        "at {} in frame "
                        "{}{}",
                        name_of(p_.mode == privacy_mode::full ? mode_ : p_.mode), l.bytes, did,
                        port_names[k], format_quantity(l.first.to_seconds(), unit::second), l.frame,
                        l.has_pc ? ", sent by " + place(l.pc) : ""));
    }
    if (mode_ != privacy_mode::full && register_stores_ > 0)
        out.push_back(fmt::format(
            "privacy: {} stores of values that derive from pixels to registers, which are not "
            "followed further; the first by {}",
            register_stores_, place(register_pc_)));
    for (const auto& e : exits_)
        out.push_back("privacy: " + e);
    return out;
}

double picture_correlation(const std::uint8_t* input, unsigned in_height, unsigned in_width,
                           unsigned in_channels, bool in_signed, const std::uint8_t* output,
                           unsigned height, unsigned width, unsigned channels, unsigned channel,
                           bool out_signed) {
    double n = 0, sum_a = 0, sum_b = 0, sum_aa = 0, sum_bb = 0, sum_ab = 0;
    for (unsigned y = 0; y < height; ++y)
        for (unsigned x = 0; x < width; ++x) {
            const auto first = [](unsigned at, unsigned of, unsigned size) {
                return static_cast<unsigned>(std::uint64_t{at} * size / of);
            };
            const unsigned y0 = first(y, height, in_height), x0 = first(x, width, in_width);
            const unsigned y1 = std::max(y0 + 1, first(y + 1, height, in_height)),
                           x1 = std::max(x0 + 1, first(x + 1, width, in_width));
            double a = 0;
            for (unsigned v = y0; v < y1; ++v)
                for (unsigned u = x0; u < x1; ++u)
                    for (unsigned c = 0; c < in_channels; ++c)
                        a += value_of(input[(std::size_t{v} * in_width + u) * in_channels + c],
                                      in_signed);
            a /= static_cast<double>(y1 - y0) * (x1 - x0) * in_channels;
            const double b =
                value_of(output[(std::size_t{y} * width + x) * channels + channel], out_signed);
            n += 1;
            sum_a += a;
            sum_b += b;
            sum_aa += a * a;
            sum_bb += b * b;
            sum_ab += a * b;
        }
    const double of_a = n * sum_aa - sum_a * sum_a, of_b = n * sum_bb - sum_b * sum_b;
    return of_a > 1e-9 && of_b > 1e-9 ? (n * sum_ab - sum_a * sum_b) / std::sqrt(of_a * of_b) : 0;
}

}  // namespace ocellus::sim
