// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <stdexcept>
#include <string>
#include <vector>

#include "dsp/cpu/hart.h"

/// Memory of tests: areas with wait states, a device, and bus errors everywhere else.
class test_memory : public ocellus::dsp::hart_memory {
  public:
    struct area {
        std::uint32_t base;
        std::vector<unsigned char> bytes;
        std::uint8_t fetch_wait, read_wait, write_wait;
        bool writable, direct;
    };
    std::list<area> areas;
    std::uint32_t device = 0xffff0000u;  ///< 4 KiB from here, all alike, read and write
    std::function<void(std::uint32_t value)> on_device_store;
    std::function<std::uint32_t()> on_device_load;
    std::uint32_t device_wait = 7, error_wait = 2;
    std::uint64_t accesses = 0;
    std::uint64_t now = 0;

    area& add(std::uint32_t base, std::uint32_t size, bool direct, std::uint8_t fetch_wait = 0,
              std::uint8_t read_wait = 0, std::uint8_t write_wait = 0, bool writable = true) {
        areas.push_back({base, std::vector<unsigned char>(size), fetch_wait, read_wait, write_wait,
                         writable, direct});
        return areas.back();
    }
    void map_into(ocellus::dsp::hart& h) {
        for (area& a : areas)
            if (a.direct)
                h.map_direct({a.base, static_cast<std::uint32_t>(a.bytes.size()), a.bytes.data(),
                              a.writable, a.fetch_wait, a.read_wait, a.write_wait});
    }
    area* at(std::uint32_t address, unsigned size) {
        for (area& a : areas)
            if (address >= a.base && std::uint64_t{address} - a.base + size <= a.bytes.size())
                return &a;
        return nullptr;
    }
    area& here(std::uint32_t address, unsigned size) {
        if (area* const a = at(address, size))
            return *a;
        throw std::out_of_range("no test memory at " + std::to_string(address));
    }
    void put(std::uint32_t address, std::uint32_t value, unsigned size = 4) {
        area& a = here(address, size);
        for (unsigned i = 0; i < size; ++i)
            a.bytes[address - a.base + i] = static_cast<unsigned char>(value >> (8 * i));
    }
    std::uint32_t get(std::uint32_t address, unsigned size = 4) {
        area& a = here(address, size);
        std::uint32_t v = 0;
        for (unsigned i = 0; i < size; ++i)
            v |= std::uint32_t{a.bytes[address - a.base + i]} << (8 * i);
        return v;
    }
    void program(std::uint32_t address, const std::vector<std::uint32_t>& words) {
        for (std::uint32_t w : words) {
            put(address, w);
            address += 4;
        }
    }

    bool fetch(std::uint32_t address, std::uint32_t& word, std::uint32_t& wait) override {
        ++accesses;
        const area* const a = at(address, 4);
        wait = a ? a->fetch_wait : error_wait;
        if (!a)
            return false;
        word = get(address, 4);
        return true;
    }
    bool load(std::uint32_t address, unsigned size, std::uint32_t& value,
              std::uint32_t& wait) override {
        ++accesses;
        if ((address & ~0xfffu) == device) {
            wait = device_wait;
            value = on_device_load ? on_device_load() : 0x34u;
            return true;
        }
        const area* const a = at(address, size);
        wait = a ? a->read_wait : error_wait;
        if (!a)
            return false;
        value = get(address, size);
        return true;
    }
    bool store(std::uint32_t address, unsigned size, std::uint32_t value,
               std::uint32_t& wait) override {
        ++accesses;
        if ((address & ~0xfffu) == device) {
            wait = device_wait;
            if (on_device_store)
                on_device_store(value);
            return true;
        }
        const area* const a = at(address, size);
        wait = a && a->writable ? a->write_wait : error_wait;
        if (!a || !a->writable)
            return false;
        put(address, size == 4 ? value : value & ((1u << (8 * size)) - 1u), size);
        return true;
    }
    std::uint64_t time() override { return now; }
};
