// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "mutation.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

namespace fuzz {

std::int64_t odd_integer(random_sequence& r) {
    static constexpr std::int64_t odd[] = {-1,
                                           0,
                                           1,
                                           2,
                                           -2,
                                           127,
                                           128,
                                           -128,
                                           255,
                                           256,
                                           4096,
                                           4097,
                                           32767,
                                           32768,
                                           65535,
                                           65536,
                                           1 << 20,
                                           1 << 24,
                                           1 << 28,
                                           (1 << 28) + 1,
                                           std::numeric_limits<std::int32_t>::max(),
                                           std::numeric_limits<std::int32_t>::min(),
                                           std::int64_t{1} << 32,
                                           std::int64_t{1} << 62,
                                           std::numeric_limits<std::int64_t>::max(),
                                           std::numeric_limits<std::int64_t>::min()};
    constexpr auto count = static_cast<std::uint32_t>(std::size(odd));
    return r.below(2) != 0 ? odd[r.below(count)] : static_cast<std::int64_t>(r.below(12)) - 2;
}

float odd_real(random_sequence& r) {
    static constexpr float odd[] = {0.0f,
                                    -0.0f,
                                    1.0f,
                                    -1.0f,
                                    0.5f,
                                    2.0f,
                                    1e-45f,
                                    1e-38f,
                                    1e-20f,
                                    1e20f,
                                    3e38f,
                                    1.0f / 256.0f,
                                    std::numeric_limits<float>::infinity(),
                                    -std::numeric_limits<float>::infinity(),
                                    std::numeric_limits<float>::quiet_NaN()};
    return odd[r.below(static_cast<std::uint32_t>(std::size(odd)))];
}

void damage_bytes(std::string& bytes, random_sequence& r) {
    if (bytes.empty())
        return;
    const auto place = [&] { return r.below(static_cast<std::uint32_t>(bytes.size())); };
    switch (r.below(6)) {
        case 0:
        case 1:
            for (std::uint32_t k = r.below(4) + 1; k > 0; --k)
                bytes[place()] = static_cast<char>(r.below(256));
            return;
        case 2: {  // a word of 4 or 8 bytes, where such words lie
            const std::size_t width = r.below(2) != 0 ? 4 : 8;
            const std::size_t at = place() / 4 * 4;
            const std::int64_t v = odd_integer(r);
            if (at + width <= bytes.size())
                std::memcpy(&bytes[at], &v, width);
            return;
        }
        case 3:
            bytes.resize(place());
            return;
        case 4: {  // a piece once more
            const std::size_t from = place();
            const std::size_t count = std::min<std::size_t>(r.below(64) + 1, bytes.size() - from);
            bytes.insert(place(), bytes.substr(from, count));
            return;
        }
        default: {  // a piece somewhere else
            const std::size_t from = place(), to = place();
            const std::size_t count =
                std::min<std::size_t>(r.below(64) + 1, bytes.size() - std::max(from, to));
            std::memmove(&bytes[to], &bytes[from], count);
            return;
        }
    }
}

std::string damage_list(const std::string& text, random_sequence& r) {
    std::vector<std::string> fields(1);
    for (char c : text)
        if (c == ',' || c == '\n') {
            fields.push_back(std::string(1, c));
            fields.emplace_back();
        } else {
            fields.back() += c;
        }
    for (std::uint32_t k = r.below(3) + 1; k > 0; --k) {
        const std::size_t at = r.below(static_cast<std::uint32_t>(fields.size()));
        switch (r.below(5)) {
            case 0:
                fields[at] = std::to_string(odd_integer(r));
                break;
            case 1:
                fields[at].clear();
                break;
            case 2:
                fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(at), fields[at]);
                break;
            case 3:
                fields[at] = std::to_string(odd_real(r));
                break;
            default:
                damage_bytes(fields[at], r);
                break;
        }
    }
    std::string out;
    for (const std::string& f : fields)
        out += f;
    return out;
}

}  // namespace fuzz
