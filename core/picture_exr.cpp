// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <limits>

#include <Imath/half.h>
#include <OpenEXR/Iex.h>
#include <OpenEXR/ImfChannelList.h>
#include <OpenEXR/ImfFrameBuffer.h>
#include <OpenEXR/ImfHeader.h>
#include <OpenEXR/ImfIO.h>
#include <OpenEXR/ImfInputFile.h>

#include "core/diagnostics.h"
#include "core/picture_formats.h"

namespace ocellus::picture_formats {
namespace {

class memory_stream : public Imf::IStream {
  public:
    memory_stream(const std::uint8_t* bytes, std::size_t size, const std::string& name)
        : Imf::IStream(name.c_str()), bytes_(bytes), size_(size) {}
    bool read(char out[], int count) override {
        const auto n = static_cast<std::size_t>(count < 0 ? 0 : count);
        if (at_ > size_ || n > size_ - at_)
            throw Iex::InputExc("unexpected end of file");
        std::memcpy(out, bytes_ + at_, n);
        at_ += n;
        return at_ < size_;
    }
    std::uint64_t tellg() override { return at_; }
    void seekg(std::uint64_t at) override { at_ = static_cast<std::size_t>(at); }

  private:
    const std::uint8_t* bytes_;
    std::size_t size_, at_ = 0;
};

picture decode(memory_stream& stream, const std::string& name) {
    Imf::InputFile file(stream);
    const auto window = file.header().dataWindow();
    const auto width = std::int64_t{window.max.x} - window.min.x + 1;
    const auto height = std::int64_t{window.max.y} - window.min.y + 1;
    check_size(static_cast<std::uint64_t>(std::max<std::int64_t>(0, width)),
               static_cast<std::uint64_t>(std::max<std::int64_t>(0, height)), name);
    const auto& channels = file.header().channels();
    const bool grey = !channels.findChannel("R") && channels.findChannel("Y");
    const char* const names[3] = {grey ? "Y" : "R", grey ? "Y" : "G", grey ? "Y" : "B"};
    bool halves = true;
    for (const char* channel : names) {
        const Imf::Channel* c = channels.findChannel(channel);
        if (!c) {
            std::string has;
            for (auto i = channels.begin(); i != channels.end(); ++i)
                has += (has.empty() ? "" : ", ") + std::string(i.name());
            refuse(name, fmt::format("the OpenEXR file has no channel {} (it has {}); R, G and B "
                                     "or Y are expected",
                                     channel, has));
        }
        if (c->xSampling != 1 || c->ySampling != 1)
            refuse(name, fmt::format("channel {} of the OpenEXR file is subsampled; one sample a "
                                     "pixel is expected",
                                     channel));
        halves = halves && c->type == Imf::HALF;
    }
    if (grey && (channels.findChannel("RY") || channels.findChannel("BY")))
        refuse(name, "the OpenEXR file has luminance and chroma; R, G and B are expected");

    picture p(static_cast<unsigned>(width), static_cast<unsigned>(height),
              halves ? sample_type::half : sample_type::real, sample_coding::linear);
    const std::size_t sample = sample_size(p.type);
    Imf::FrameBuffer buffer;
    for (std::size_t c = 0; c < (grey ? 1u : 3u); ++c) {
        // The library counts from pixel (0, 0) of its own coordinates.
        const auto origin =
            static_cast<std::int64_t>(window.min.x) * static_cast<std::int64_t>(3 * sample) +
            static_cast<std::int64_t>(window.min.y) * static_cast<std::int64_t>(p.stride());
        char* base = reinterpret_cast<char*>(reinterpret_cast<std::uintptr_t>(p.data.get()) +
                                             c * sample - static_cast<std::uintptr_t>(origin));
        buffer.insert(names[c],
                      Imf::Slice(halves ? Imf::HALF : Imf::FLOAT, base, 3 * sample, p.stride()));
    }
    file.setFrameBuffer(buffer);
    file.readPixels(window.min.y, window.max.y);

    p.peak = 0;
    const char* const colours[3] = {grey ? "grey" : "red", "green", "blue"};
    for (unsigned y = 0; y < p.height; ++y) {
        std::uint8_t* row = p.row(y);
        for (std::size_t i = 0; i < std::size_t{p.width} * 3; ++i) {
            if (grey && i % 3 != 0)
                std::memcpy(row + i * sample, row + (i - i % 3) * sample, sample);
            float v = 0;
            if (halves) {
                Imath::half h;
                std::memcpy(&h, row + i * sample, sizeof h);
                v = h;
            } else {
                std::memcpy(&v, row + i * sample, sizeof v);
            }
            check_light(v, i / 3, y, colours[i % 3], name);
            p.peak = v > p.peak ? v : p.peak;
        }
    }
    return p;
}

}  // namespace

picture decode_exr(const std::uint8_t* bytes, std::size_t size, const std::string& name) {
    try {
        memory_stream stream(bytes, size, name);
        return decode(stream, name);
    } catch (const input_error&) {
        throw;
    } catch (const std::exception& e) {
        refuse(name, fmt::format("the OpenEXR file is damaged or truncated ({})", e.what()));
    }
}

}  // namespace ocellus::picture_formats
