// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <memory>
#include <systemc>
#include <tlm>
#include <vector>

#include "core/lazy_plane.h"

/// Three things cross TLM-2.0 sockets between blocks, none per pixel. Rows and packets come by
/// b_transport, bursts by b_transport or nb_transport:
///
/// ROWS (pixel array -> column ADC -> die link -> ISP -> CSI-2 transmitter)
///   tlm_generic_payload: TLM_WRITE, address = row number in the frame, data pointer null,
///   data_length = bytes of the row as packed on the link, streaming_width = data_length, no byte
///   enables, DMI not allowed; plus a row_extension. `delay` is when the row's last sample is
///   there, relative to now. The receiver never waits and never refuses: there is no back-pressure
///   on a rolling shutter; it answers TLM_OK_RESPONSE and does not change `delay`. What it cannot
///   take it drops and counts itself. Rows of a frame come in order 0 .. height-1, frames in order,
///   times do not go back. Payload and extension belong to the sender and are valid only during the
///   call: a receiver that keeps a row copies the row_info. Samples are shared and immutable.
///
/// PACKETS (CSI-2 transmitter -> host)
///   TLM_WRITE, address = packet number, data pointer null, data_length = bytes on the wire
///   (header, payload, checksum), plus a packet_extension. `delay` is when the last bit has left
///   the lanes.
///
/// BURSTS (ISP tensor writer, NPU, DMA, control CPU, test benches -> interconnect -> SRAM and
/// registers)
///   By nb_transport: the base protocol of IEEE Std 1666-2011, clause 15, a payload with a memory
///   manager (core/payload_pool.h), and otherwise the same.
///   TLM_READ or TLM_WRITE, byte address, data_length 1 .. 4096, no byte enables, streaming_width =
///   data_length. `delay` on return tells when the burst is complete (it grows by arbitration, bank
///   conflicts and transfer). A null data pointer means that only the time is modelled: the bytes
///   have been or will be moved by other means (timing-only runs, NPU tiles whose bytes the
///   executor moves). Responses: OK, ADDRESS_ERROR (nothing mapped), COMMAND_ERROR (read-only,
///   write-only), BURST_ERROR (crosses a region, or a register access that is not one aligned
///   32-bit word). transport_dbg moves bytes without time. DMI is granted by SRAM for functional
///   access to bytes; time is then the initiator's duty through data-less bursts.
namespace ocellus {

/// What the samples of a row are.
enum class row_format : std::uint8_t {
    electrons,  ///< charge at the column lines, float, before conversion
    bayer,      ///< digital numbers, one 16-bit sample per pixel
    yuv422,     ///< U Y V Y bytes, CSI-2 order
    rgb888,     ///< B G R bytes, CSI-2 order
    yuv420,     ///< rows 0, 2 ..: Y bytes; rows 1, 3 ..: U Y V Y bytes; `bits` is the row's
};

/// Electrons of one frame, computed on demand. Pure: any thread, any order, same values.
class electron_rows {
  public:
    virtual ~electron_rows() = default;
    /// Writes `width` values in electrons (signal, shot noise and pixel read noise included).
    virtual void expose(unsigned row, float* electrons) const = 0;
    /// Gain that the converter's ramp applies to this frame.
    virtual double analogue_gain() const { return 1.0; }
    /// By how much less a pixel's reset noise shows in a value: 2 when four pixels are averaged, 4
    /// when their charge is summed.
    virtual double averaging() const { return 1.0; }
    /// Numbers that stand in place of the converter's for a row of `width` samples, of 0 .. most: a
    /// test pattern. False: there are none.
    virtual bool pattern(unsigned /*row*/, unsigned /*width*/, std::uint32_t /*most*/,
                         std::uint16_t* /*dn*/) const {
        return false;
    }
    /// Mean of the optically black rows that follow the image, electrons: what a black clamp sees.
    virtual double black_mean(unsigned /*rows*/) const { return 0.0; }
};

/// A byte of a row, as packed on the link, that is not what it was: which one and its inverted
/// bits.
struct byte_error {
    std::uint32_t offset = 0;
    std::uint8_t bits = 0;
};

/// One row, by value. Sample pointers are null in a timing-only run.
struct row_info {
    std::uint32_t frame = 0;  ///< counts from 0
    std::uint32_t row = 0;
    std::uint32_t width = 0;   ///< pixels
    std::uint32_t height = 0;  ///< rows of the frame
    std::uint32_t bits = 0;    ///< bits per pixel as packed on a link (10, 12, 16, 24)
    row_format format = row_format::bayer;
    /// Order of colours against that of the array read unflipped: bit 0 columns are mirrored, bit 1
    /// rows are.
    std::uint8_t flips = 0;
    sc_core::sc_time frame_start;                          ///< when row 0 began its readout
    sc_core::sc_time exposure_start;                       ///< of this row
    std::shared_ptr<const electron_rows> electrons;        ///< row_format::electrons
    std::shared_ptr<const lazy_plane<std::uint16_t>> raw;  ///< row_format::bayer
    std::shared_ptr<const lazy_plane<std::uint8_t>>
        bytes;  ///< yuv422, rgb888, yuv420: bytes as sent
    /// What a memory on the way has changed; null: nothing.
    std::shared_ptr<const std::vector<byte_error>> damage;
    bool first() const { return row == 0; }
    bool last() const { return row + 1 == height; }
};

struct row_extension : tlm::tlm_extension<row_extension> {
    row_info info;
    tlm::tlm_extension_base* clone() const override { return new row_extension(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override {
        info = static_cast<const row_extension&>(other).info;
    }
};

/// One CSI-2 packet on the lanes.
struct packet_info {
    std::uint8_t header[4] = {};  ///< data identifier, word count (2), ECC
    bool is_long = false;
    std::uint32_t payload_bytes = 0;  ///< long packets: word count
    /// Long packets: row `bytes_row` holds payload and the two checksum bytes. Null: timing only.
    std::shared_ptr<const lazy_plane<std::uint8_t>> bytes;
    std::uint32_t bytes_row = 0;
    std::uint32_t wire_bytes() const { return is_long ? 4 + payload_bytes + 2 : 4; }
};

struct packet_extension : tlm::tlm_extension<packet_extension> {
    packet_info info;
    tlm::tlm_extension_base* clone() const override { return new packet_extension(*this); }
    void copy_from(const tlm::tlm_extension_base& other) override {
        info = static_cast<const packet_extension&>(other).info;
    }
};

/// An extension on a payload for as long as a call takes, whichever way the call ends: a payload
/// destroys what it still carries, and the extension is not its own.
template <class Extension>
class carried {
  public:
    carried(tlm::tlm_generic_payload& p, Extension& e) : payload_(p), outer_(p.set_extension(&e)) {}
    ~carried() { payload_.set_extension(outer_); }
    carried(const carried&) = delete;
    carried& operator=(const carried&) = delete;

  private:
    tlm::tlm_generic_payload& payload_;
    Extension* outer_;
};

/// Sends one row through an initiator socket. Returns false when the receiver did not answer OK.
template <class Socket>
bool send_row(Socket& socket, const row_info& info, sc_core::sc_time delay) {
    tlm::tlm_generic_payload p;
    row_extension e;
    e.info = info;
    p.set_command(tlm::TLM_WRITE_COMMAND);
    p.set_address(info.row);
    p.set_data_length(static_cast<unsigned>((std::uint64_t{info.width} * info.bits + 7) / 8));
    p.set_streaming_width(p.get_data_length());
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    const carried<row_extension> on_payload(p, e);
    socket->b_transport(p, delay);
    return p.is_response_ok();
}

/// The row that a received payload carries; null when it carries none.
inline const row_info* row_of(const tlm::tlm_generic_payload& p) {
    const auto* e = p.get_extension<row_extension>();
    return e ? &e->info : nullptr;
}

template <class Socket>
bool send_packet(Socket& socket, const packet_info& info, std::uint64_t number,
                 sc_core::sc_time delay) {
    tlm::tlm_generic_payload p;
    packet_extension e;
    e.info = info;
    p.set_command(tlm::TLM_WRITE_COMMAND);
    p.set_address(number);
    p.set_data_length(info.wire_bytes());
    p.set_streaming_width(p.get_data_length());
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    const carried<packet_extension> on_payload(p, e);
    socket->b_transport(p, delay);
    return p.is_response_ok();
}

inline const packet_info* packet_of(const tlm::tlm_generic_payload& p) {
    const auto* e = p.get_extension<packet_extension>();
    return e ? &e->info : nullptr;
}

/// One burst; returns the response and advances `delay` to its completion. `data` may be null.
template <class Socket>
tlm::tlm_response_status burst(Socket& socket, tlm::tlm_command command, std::uint64_t address,
                               void* data, std::uint32_t bytes, sc_core::sc_time& delay) {
    tlm::tlm_generic_payload p;
    p.set_command(command);
    p.set_address(address);
    p.set_data_ptr(static_cast<unsigned char*>(data));
    p.set_data_length(bytes);
    p.set_streaming_width(bytes);
    p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
    socket->b_transport(p, delay);
    return p.get_response_status();
}

}  // namespace ocellus
