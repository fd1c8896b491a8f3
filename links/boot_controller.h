// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "links/boot_image.h"
#include "links/boot_store.h"

namespace ocellus::links {

struct boot_parameters {
    double spi_clock = 35e6;       ///< Hz; the public part's highest
    double hash_rate = 200e6;      ///< B/s, SHA-256 of what was received; assumed
    double signature_time = 2e-3;  ///< s, one Ed25519 check; assumed
    double flash_rate = 20e6;      ///< B/s, reading; assumed
    double silence = 2;            ///< s without a transfer after which a download is given up
    std::uint32_t network_room = 8388480;  ///< bytes of an image of a network
};

/// How far the sensor has come since its reset.
enum class boot_state { reset, program_empty, without_network, with_network };

/// Loading of loader, main firmware and network by a host, compatible with the public host
/// interface (raspberrypi/linux drivers/media/i2c/imx500.c): registers from 0xD000 on, the command
/// interrupt 0x3080, images over SPI in transfers of at most 1 MiB. Times are seconds of simulated
/// time, which callers give and which never fall.
///
/// A command answers when its reply counter goes up. An image acts when all of it has come and has
/// been found genuine; until then, and when it is not, what runs goes on running.
class boot_controller {
  public:
    /// Indices at the camera control interface.
    enum : std::uint16_t {
        command_interrupt = 0x3080,
        state_transition = 0xD000,
        update_target = 0xD001,
        update_source = 0xD002,
        image_type = 0xD003,
        division_count = 0xD004,
        flash_type = 0xD005,
        file_size = 0xD008,
        reference_status = 0xD010,
        command_reply = 0xD014,
        download_status = 0xD015,
        cancel = 0xD016,
        error_status = 0xD020,
        system_state = 0xD02A,
        main_firmware_version = 0xD07C,
    };
    enum : std::uint32_t { error_bit_status = 1, error_bit_internal = 2, error_bit_parameter = 4 };

    /// `flash` may be null: a module without one. It holds networks.
    boot_controller(const boot_parameters& p, const std::array<std::uint8_t, 32>& public_half,
                    boot_store* flash = nullptr);

    void write(std::uint16_t index, std::uint32_t value, double now);
    std::uint32_t read(std::uint16_t index, double now);
    /// One SPI transfer (mode 3, 8-bit words); returns when its last bit has come.
    double spi(const std::uint8_t* bytes, std::size_t count, double now);
    /// Pin XCLR: everything is forgotten but what is in flash.
    void reset();
    /// A sensor that has been booted before anybody looked.
    void begin_in(boot_state s) { state_ = s; }
    /// Lets what is due by `now` happen; due() says when that is next, nothing: never.
    void at(double now) { advance(now); }
    std::optional<double> due() const;
    /// Called when a genuine image comes into use, before the host is told. False: it is not for
    /// this sensor; then what runs goes on running and the reply is "parameter".
    using user = std::function<bool(image_kind, const image_manifest&, const byte_string&)>;
    void on_use(user f) { use_ = std::move(f); }
    void on_clear(std::function<void()> f) { cleared_ = std::move(f); }

    boot_state state() const { return state_; }
    bool streaming = false;  ///< what system_state says beside the network
    /// The network that runs; null without one.
    std::shared_ptr<const byte_string> network() const { return network_; }
    const image_manifest& network_manifest() const { return network_manifest_; }
    /// Of the download under way, or of the last one.
    std::uint32_t received() const { return received_; }
    std::uint64_t ignored_bytes() const { return ignored_; }

  private:
    struct pending {
        boot_reply reply;
        double due;
    };
    void command(std::uint32_t number, double now);
    void begin(bool update, double now);
    void load_from_flash(image_kind kind, double now);
    void complete(double now);
    bool use(image_kind kind, const image_manifest& m, const byte_string& payload);
    void answer(boot_reply r, double due);
    void advance(double now);
    void refuse(boot_reply r, double now);
    void publish(boot_reply r);
    std::uint32_t parameter(std::uint16_t index) const;

    boot_parameters p_;
    std::array<std::uint8_t, 32> key_;
    boot_store* flash_;
    boot_state state_ = boot_state::reset;
    std::map<std::uint16_t, std::uint32_t> parameters_;
    std::optional<image_reader> reader_;  ///< download under way
    byte_string image_;                   ///< its bytes, for flash
    bool update_ = false;
    std::uint32_t size_ = 0, received_ = 0;
    double last_transfer_ = 0;
    std::optional<pending> pending_;
    std::optional<std::pair<image_kind, std::pair<image_manifest, byte_string>>> coming_;
    boot_reply reply_ = boot_reply::transition_ready;
    std::uint32_t replies_ = 0, errors_ = 0, error_bits_ = 0, firmware_version_ = 0;
    std::map<image_kind, std::uint32_t> least_;  ///< security versions seen since reset
    std::shared_ptr<const byte_string> network_;
    image_manifest network_manifest_;
    std::uint64_t ignored_ = 0;
    user use_;
    std::function<void()> cleared_;
};

}  // namespace ocellus::links
