// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/boot_controller.h"

#include <algorithm>
#include <utility>

namespace ocellus::links {
namespace {

constexpr std::uint32_t transition_command = 0, update_command = 1, erase_command = 2;
constexpr std::uint32_t clear_weights = 3, source_flash = 1, target_flash = 1;

bool is_error(boot_reply r) {
    return static_cast<std::uint8_t>(r) >= static_cast<std::uint8_t>(boot_reply::packet_format);
}

}  // namespace

boot_controller::boot_controller(const boot_parameters& p,
                                 const std::array<std::uint8_t, 32>& public_half, boot_store* flash)
    : p_(p), key_(public_half), flash_(flash) {}

void boot_controller::reset() {
    boot_controller fresh(p_, key_, flash_);
    fresh.use_ = std::move(use_);
    fresh.cleared_ = std::move(cleared_);
    *this = std::move(fresh);
}

std::uint32_t boot_controller::parameter(std::uint16_t index) const {
    const auto it = parameters_.find(index);
    return it == parameters_.end() ? 0 : it->second;
}

void boot_controller::publish(boot_reply r) {
    reply_ = r;
    replies_ = (replies_ + 1) & 0xffu;
    if (!is_error(r))
        return;
    errors_ = (errors_ + 1) & 0xffu;
    error_bits_ |= r == boot_reply::status      ? error_bit_status
                   : r == boot_reply::parameter ? error_bit_parameter
                                                : error_bit_internal;
}

void boot_controller::answer(boot_reply r, double due) {
    pending_ = {r, due};
}

/// The download is over and what ran goes on running.
void boot_controller::refuse(boot_reply r, double now) {
    reader_.reset();
    image_.clear();
    coming_.reset();
    answer(r, now);
    advance(now);
}

/// What has become true by `now`.
void boot_controller::advance(double now) {
    if (pending_ && now >= pending_->due) {
        boot_reply r = std::exchange(pending_, std::nullopt)->reply;
        if (auto image = std::exchange(coming_, std::nullopt);
            image && !is_error(r) && !use(image->first, image->second.first, image->second.second))
            r = boot_reply::parameter;
        publish(r);
    }
    if (reader_ && now > last_transfer_ + p_.silence)
        refuse(boot_reply::timeout, now);
}

std::optional<double> boot_controller::due() const {
    if (pending_)
        return pending_->due;
    // The first moment that is later than the silence allowed.
    return reader_ ? std::optional<double>(last_transfer_ + p_.silence + 1e-9) : std::nullopt;
}

bool boot_controller::use(image_kind kind, const image_manifest& m, const byte_string& payload) {
    if (use_ && !use_(kind, m, payload))
        return false;
    std::uint32_t& least = least_[kind];
    least = std::max(least, m.security_version);
    switch (kind) {
        case image_kind::loader:
            state_ = boot_state::program_empty;
            return true;
        case image_kind::main_firmware:
            firmware_version_ = m.version;
            state_ = boot_state::without_network;
            return true;
        case image_kind::network:
            network_ = std::make_shared<const byte_string>(payload);
            network_manifest_ = m;
            state_ = boot_state::with_network;
            return true;
    }
    return false;
}

void boot_controller::write(std::uint16_t index, std::uint32_t value, double now) {
    advance(now);
    if (index == command_interrupt)
        return command(value, now);
    if (index == cancel) {
        if ((value & 1u) != 0 && reader_)
            refuse(boot_reply::cancelled, now);
        return;
    }
    parameters_[index] = value;
}

void boot_controller::command(std::uint32_t number, double now) {
    if (reader_ || pending_)  // one after the other; the one under way is not disturbed
        return publish(boot_reply::status);
    switch (number) {
        case transition_command:
            if (parameter(state_transition) != clear_weights)
                return begin(false, now);
            if (state_ != boot_state::with_network && state_ != boot_state::without_network)
                return refuse(boot_reply::status, now);
            network_.reset();
            state_ = boot_state::without_network;
            if (cleared_)
                cleared_();
            publish(boot_reply::transition_ready);
            return answer(boot_reply::transition_done, now);
        case update_command:
            return begin(true, now);
        case erase_command:
            if (!flash_ || parameter(image_type) != static_cast<std::uint32_t>(image_kind::network))
                return refuse(boot_reply::parameter, now);
            flash_->erase();
            return answer(boot_reply::update_done, now);
        default:
            return refuse(boot_reply::parameter, now);
    }
}

/// Takes the parameters of a load or an update; what they allow decides the state.
void boot_controller::begin(bool update, double now) {
    const std::uint32_t type = parameter(image_type), wanted = parameter(state_transition);
    if (type > 2 || (!update && wanted != type))
        return refuse(boot_reply::parameter, now);
    const auto kind = static_cast<image_kind>(type);
    const bool in_order =
        update || kind == image_kind::network
            ? state_ == boot_state::without_network || state_ == boot_state::with_network
        : kind == image_kind::main_firmware ? state_ == boot_state::program_empty
                                            : state_ == boot_state::reset;
    if (!in_order)
        return refuse(boot_reply::status, now);
    if (update &&
        (parameter(update_target) != target_flash || !flash_ || kind != image_kind::network))
        return refuse(boot_reply::parameter, now);
    if (parameter(update_source) == source_flash) {
        if (update || kind != image_kind::network)
            return refuse(boot_reply::parameter, now);
        return load_from_flash(kind, now);
    }
    size_ = parameter(file_size);
    if (parameter(update_source) != 0 || size_ == 0 || size_ % 4 != 0 || size_ > p_.network_room ||
        parameter(division_count) != (size_ - 1) / boot_block_bytes)
        return refuse(boot_reply::parameter, now);
    std::uint32_t least = least_.count(kind) ? least_[kind] : 0;
    if (flash_ && kind == image_kind::network)
        least = std::max(least, flash_->least_security_version());
    reader_.emplace(kind, key_, least);
    image_.clear();
    update_ = update;
    received_ = 0;
    last_transfer_ = now;
    publish(update ? boot_reply::update_ready : boot_reply::transition_ready);
}

void boot_controller::load_from_flash(image_kind kind, double now) {
    auto found = flash_ ? flash_->boot() : std::nullopt;
    publish(boot_reply::transition_ready);
    if (!found)
        return answer(boot_reply::internal, now);
    const auto bytes = static_cast<double>(found->payload.size());
    coming_ = {kind, {found->manifest, std::move(found->payload)}};
    answer(boot_reply::transition_done,
           now + bytes / p_.flash_rate + bytes / p_.hash_rate + p_.signature_time);
}

double boot_controller::spi(const std::uint8_t* bytes, std::size_t count, double now) {
    advance(now);
    const double end = now + 8 * static_cast<double>(count) / p_.spi_clock;
    if (!reader_) {
        ignored_ += count;
        return end;
    }
    last_transfer_ = end;
    if (count == 0 || count % 4 != 0 || count > boot_block_bytes || count > size_ - received_) {
        refuse(boot_reply::packet_format, end);
        return end;
    }
    received_ += static_cast<std::uint32_t>(count);
    if (update_)
        image_.insert(image_.end(), bytes, bytes + count);
    if (!reader_->put(bytes, count))
        refuse(reader_->reply(), end);
    else if (received_ == size_)
        complete(end);
    return end;
}

/// The last byte is there: what was received is checked as a whole, which takes its time.
void boot_controller::complete(double now) {
    if (!reader_->finish())
        return refuse(reader_->reply(), now);
    const double due = now + static_cast<double>(received_) / p_.hash_rate + p_.signature_time;
    const image_manifest m = reader_->manifest();
    if (!update_)
        coming_ = {m.kind, {m, reader_->payload()}};
    reader_.reset();
    if (!update_)
        return answer(boot_reply::transition_done, due);
    const byte_string image = std::move(image_);
    image_.clear();
    answer(flash_->install(image) ? boot_reply::update_done : boot_reply::internal, due);
}

std::uint32_t boot_controller::read(std::uint16_t index, double now) {
    advance(now);
    switch (index) {
        case reference_status:
            return replies_ << 24 | errors_ << 16;
        case command_reply:
            return static_cast<std::uint32_t>(reply_);
        case download_status:
            return reader_ ? 1 : 0;
        case error_status:
            return error_bits_;
        case system_state:
            return (streaming ? 1u : 0u) + (state_ == boot_state::with_network ? 2u : 0u);
        case main_firmware_version:
            return firmware_version_;
        default:
            return parameter(index);
    }
}

}  // namespace ocellus::links
