// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "dsp/compiler/passes.h"

#include <algorithm>
#include <limits>

namespace ocellus::dsp {

namespace {

std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) {
    return (a + b - 1) / b;
}

std::uint64_t positive(int v) {
    return v > 0 ? static_cast<std::uint64_t>(v) : 0;
}

/// Height, width and channels of a tensor of any rank: the last dimension is channels, the one
/// before it width, all others together height.
struct extent {
    std::uint64_t height = 1, width = 1, channels = 1;
};

extent extent_of(const std::vector<int>& shape) {
    extent e;
    const std::size_t rank = shape.size();
    for (std::size_t i = 0; i < rank; ++i) {
        const std::uint64_t d = positive(shape[i]);
        if (i + 1 == rank)
            e.channels = d;
        else if (i + 2 == rank)
            e.width = d;
        else
            e.height *= d;
    }
    return e;
}

/// An operand that is read or written by rows.
struct stream {
    bool network_input = false;
    std::uint64_t offset = 0;  ///< of its first byte
    std::uint64_t bytes = 0;
    std::uint64_t rows = 1;
    std::uint64_t row_bytes() const { return bytes / rows; }
};

/// Weights or biases: so many bytes per output channel.
struct coefficients {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
};

/// The loop nest of a pass.
struct nest {
    std::vector<stream> inputs;
    std::vector<coefficients> weights;
    stream output;
    std::uint64_t rows = 1, width = 1, channels = 1;  ///< of the output
    std::uint64_t stride = 1, kernel = 1, pad = 0;    ///< of rows
    bool all_input_rows =
        false;                 ///< every output row needs every input row (mean, fully connected)
    bool channelwise = false;  ///< an output channel needs only its own input channels
    std::uint64_t in_channels = 1, taps = 1;
    op kind = op::conv2d;

    std::uint64_t weight_bytes() const {
        std::uint64_t b = 0;
        for (const auto& w : weights)
            b += w.bytes;
        return b;
    }
    std::uint64_t input_bytes() const {
        std::uint64_t b = 0;
        for (const auto& s : inputs)
            b += s.bytes;
        return b;
    }
    /// Rows [0, n) of input `s` that output rows [0, last) need.
    std::uint64_t input_rows_until(const stream& s, std::uint64_t last) const {
        if (all_input_rows || last >= rows)
            return s.rows;
        if (kernel == 1 && stride == 1)  // element-wise: also when the heights differ (pad, concat)
            return std::min(s.rows, ceil_div(last * s.rows, rows));
        const std::uint64_t reach = (last - 1) * stride + kernel;
        return reach <= pad ? 0 : std::min(s.rows, reach - pad);
    }
    /// First input row that output row `first` needs.
    std::uint64_t input_row_from(const stream& s, std::uint64_t first) const {
        if (all_input_rows)
            return 0;
        if (kernel == 1 && stride == 1)
            return std::min(s.rows, first * s.rows / rows);
        const std::uint64_t top = first * stride;
        return top <= pad ? 0 : std::min(s.rows, top - pad);
    }
};

array_work work_of(const nest& n, std::uint64_t rows, std::uint64_t channels) {
    array_work w;
    w.kind = n.kind;
    w.pixels = rows * n.width;
    w.out_channels = channels;
    w.in_channels = n.in_channels;
    w.taps = n.taps;
    return w;
}

/// The piece of `total` bytes that channels [first, first + count) of `channels` hold.
std::uint64_t share(std::uint64_t total, std::uint64_t first, std::uint64_t channels) {
    return total * first / channels;
}

class cutter {
  public:
    cutter(const nest& n, const array_organisation& a, std::uint64_t buffer)
        : n_(n), a_(a), buffer_(buffer) {}

    /// Chooses the tiling of `p` and fills its tiles.
    void run(pass& p) const {
        std::vector<std::uint64_t> row_sizes, channel_sizes;
        for (std::uint64_t r = n_.rows;; r = ceil_div(r, 2)) {
            row_sizes.push_back(r);
            if (r == 1)
                break;
        }
        channel_sizes.push_back(n_.channels);
        for (std::uint64_t c = a_.lanes; c < n_.channels; c *= 2)
            channel_sizes.push_back(c);

        std::uint64_t best_cycles = std::numeric_limits<std::uint64_t>::max();
        std::size_t best_tiles = 0;
        std::uint64_t smallest = std::numeric_limits<std::uint64_t>::max();
        tiling best, fallback;
        for (const std::uint64_t rows : row_sizes)
            for (const std::uint64_t channels : channel_sizes)
                for (const bool outer : {false, true}) {
                    if (!sensible(rows, channels, outer))
                        continue;
                    tiling t = fit(rows, channels, outer);
                    if (t.working_set < smallest) {
                        smallest = t.working_set;
                        fallback = t;
                    }
                    const std::uint64_t count =
                        ceil_div(n_.rows, rows) * ceil_div(n_.channels, channels);
                    if (!t.fits || count > 4096)
                        continue;
                    p.cut = t;
                    cut(p);
                    const std::uint64_t cycles = unloaded(p);
                    if (cycles < best_cycles ||
                        (cycles == best_cycles && p.tiles.size() < best_tiles)) {
                        best_cycles = cycles;
                        best_tiles = p.tiles.size();
                        best = t;
                    }
                }
        p.cut = best_tiles > 0 ? best : fallback;
        cut(p);
        p.unloaded_cycles = unloaded(p);
        for (const auto& t : p.tiles)
            p.moved_bytes += t.activation_bytes + t.weight_bytes + t.store_bytes;
    }

  private:
    bool sensible(std::uint64_t rows, std::uint64_t channels, bool outer) const {
        const bool all_rows = rows == n_.rows, all_channels = channels == n_.channels;
        if (all_channels || all_rows)
            // One loop only: channels outside when it is the one that runs.
            return outer == (!all_channels);
        // Halo rows of channel-wise operators are kept per channel block.
        return outer || !n_.channelwise;
    }

    std::uint64_t input_tile_bytes(std::uint64_t rows) const {
        std::uint64_t bytes = 0;
        for (const auto& s : n_.inputs) {
            std::uint64_t most = 0;
            if (n_.all_input_rows || rows >= n_.rows)
                most = s.rows;
            else if (n_.kernel == 1 && n_.stride == 1)
                most = std::min(s.rows, ceil_div(rows * s.rows, n_.rows) + 1);
            else
                most = std::min(s.rows, (rows - 1) * n_.stride + n_.kernel);
            bytes += most * s.row_bytes();
        }
        return bytes;
    }

    tiling fit(std::uint64_t rows, std::uint64_t channels, bool outer) const {
        tiling t;
        t.rows = rows;
        t.channels = channels;
        t.channels_outer = outer;
        const auto part = [&](std::uint64_t bytes) {
            return ceil_div(bytes * channels, n_.channels);
        };
        const std::uint64_t in =
            n_.channelwise ? part(input_tile_bytes(rows)) : input_tile_bytes(rows);
        const std::uint64_t out = ceil_div(part(n_.output.bytes) * rows, n_.rows);
        const std::uint64_t weights = part(n_.weight_bytes());
        const bool single = rows == n_.rows && channels == n_.channels;
        const std::uint64_t in_copies = single ? 1 : a_.buffers;
        const std::uint64_t weight_copies = single ? 1 : a_.buffers_of_weights();
        const std::uint64_t out_copies = single ? 1 : a_.buffers_of_results();
        // What the inner loop reuses may stay: weights under an inner channel loop (or when there
        // is no channel loop), the input under an inner row loop.
        std::uint64_t kept = 0, streamed = 0;
        if (!outer) {
            kept = n_.weight_bytes();
            streamed = in_copies * in + out_copies * out;
            t.resident = kept + streamed <= buffer_;
            t.working_set = streamed + (t.resident ? kept : weight_copies * weights);
        } else {
            kept = n_.channelwise ? 0 : n_.input_bytes();
            streamed = weight_copies * weights + out_copies * out;
            t.resident = !n_.channelwise && kept + streamed <= buffer_;
            t.working_set = streamed + (t.resident ? kept : in_copies * in);
        }
        t.fits = t.working_set <= buffer_;
        return t;
    }

    void cut(pass& p) const {
        const tiling& c = p.cut;
        const std::uint64_t row_blocks = ceil_div(n_.rows, c.rows);
        const std::uint64_t channel_blocks = ceil_div(n_.channels, c.channels);
        p.tiles.assign(row_blocks * channel_blocks, tile{});
        std::uint64_t moved = 0, stored = 0, index = 0;
        const std::uint64_t outer_count = c.channels_outer ? channel_blocks : row_blocks;
        const std::uint64_t inner_count = c.channels_outer ? row_blocks : channel_blocks;
        for (std::uint64_t o = 0; o < outer_count; ++o)
            for (std::uint64_t i = 0; i < inner_count; ++i, ++index) {
                const std::uint64_t row_block = c.channels_outer ? i : o;
                const std::uint64_t channel_block = c.channels_outer ? o : i;
                tile& t = p.tiles[index];
                const std::uint64_t r0 = row_block * c.rows;
                const std::uint64_t r1 = std::min(n_.rows, r0 + c.rows);
                const std::uint64_t c0 = channel_block * c.channels;
                const std::uint64_t c1 = std::min(n_.channels, c0 + c.channels);
                t.first_row = static_cast<std::uint32_t>(r0);
                t.rows = static_cast<std::uint32_t>(r1 - r0);
                t.first_channel = static_cast<std::uint32_t>(c0);
                t.channels = static_cast<std::uint32_t>(c1 - c0);

                // Activations: rows that the previous tile of the same sweep has not brought yet.
                const bool first_sweep =
                    c.channels_outer ? channel_block == 0 || !c.resident : channel_block == 0;
                for (const auto& s : n_.inputs) {
                    const std::uint64_t have = r0 == 0 ? 0 : n_.input_rows_until(s, r0);
                    const std::uint64_t need = n_.input_rows_until(s, r1);
                    std::uint64_t begin = have * s.row_bytes(), end = need * s.row_bytes();
                    if (n_.channelwise) {
                        const std::uint64_t base = share(s.bytes, c0, n_.channels);
                        const std::uint64_t whole = share(s.bytes, c1, n_.channels) - base;
                        begin = base + whole * have / s.rows;
                        end = base + whole * need / s.rows;
                    } else if (!first_sweep) {
                        continue;
                    }
                    add(t.loads, s.network_input, s.offset + begin, end - begin);
                    t.activation_bytes += end - begin;
                }

                t.activation_ranges = t.loads.size();

                // Weights: once when they stay or when their loop is outside, else for every tile.
                const bool bring =
                    c.channels_outer ? row_block == 0 : row_block == 0 || !c.resident;
                if (bring)
                    for (const auto& w : n_.weights) {
                        const std::uint64_t begin = share(w.bytes, c0, n_.channels);
                        const std::uint64_t end = share(w.bytes, c1, n_.channels);
                        add(t.loads, false, w.offset + begin, end - begin);
                        t.weight_bytes += end - begin;
                    }

                // Results go out one after the other.
                const std::uint64_t elements = (c1 - c0) * (r1 - r0);
                const std::uint64_t whole = n_.channels * n_.rows;
                const std::uint64_t end = n_.output.bytes * (stored + elements) / whole;
                const std::uint64_t begin = n_.output.bytes * stored / whole;
                stored += elements;
                add(t.stores, false, n_.output.offset + begin, end - begin);
                t.store_bytes = end - begin;

                t.compute = compute_cycles(work_of(n_, r1 - r0, c1 - c0), a_);
                const std::uint64_t load = t.activation_bytes + t.weight_bytes;
                t.load_cycles = bus_cycles(moved + load, a_) - bus_cycles(moved, a_);
                t.activation_cycles =
                    bus_cycles(moved + t.activation_bytes, a_) - bus_cycles(moved, a_);
                moved += load;
                t.store_cycles = bus_cycles(moved + t.store_bytes, a_) - bus_cycles(moved, a_);
                moved += t.store_bytes;
            }
    }

    std::uint64_t unloaded(const pass& p) const {
        const auto times = schedule(p, a_);
        return times.empty() ? p.control_cycles : times.back().store_end;
    }

    static void add(std::vector<byte_range>& list, bool network_input, std::uint64_t offset,
                    std::uint64_t bytes) {
        if (bytes > 0)
            list.push_back({network_input, offset, bytes});
    }

    const nest& n_;
    const array_organisation& a_;
    std::uint64_t buffer_;
};

class pass_maker {
  public:
    pass_maker(const network& n, const memory_plan& plan, const array_organisation& a,
               std::uint64_t buffer)
        : net_(n), plan_(plan), a_(a), buffer_(buffer) {}

    /// `cut`: whether tiles are wanted.
    std::vector<pass> run(bool cut = true) {
        cut_ = cut;
        for (std::size_t l = 0; l < net_.layers.size(); ++l) {
            const layer& y = net_.layers[l];
            if (is_alias(y))
                continue;
            if (y.kind == op::relu && fusable(y)) {
                passes_.back().layers.push_back(static_cast<int>(l));
                continue;
            }
            passes_.push_back(make(static_cast<int>(l)));
        }
        return std::move(passes_);
    }

  private:
    static std::size_t at(int i) { return static_cast<std::size_t>(i); }
    const tensor& tensor_at(int i) const { return net_.tensors[at(i)]; }

    bool in_place(const layer& y) const {
        return plan_.in_arena[at(y.inputs.at(0))] &&
               plan_.shares[at(y.inputs[0])] == plan_.shares[at(y.outputs.at(0))];
    }

    /// Its output's bytes are its inputs' bytes already.
    bool is_alias(const layer& y) const {
        if (y.kind != op::reshape && y.kind != op::concat && y.kind != op::slice)
            return false;
        for (int t : y.inputs)
            if (t >= 0 && !tensor_at(t).constant() &&
                (!plan_.in_arena[at(t)] ||
                 plan_.shares[at(t)] != plan_.shares[at(y.outputs.at(0))]))
                return false;
        return true;
    }

    bool fusable(const layer& y) const {
        if (passes_.empty() || !in_place(y))
            return false;
        const layer& before = net_.layers[at(passes_.back().layers.back())];
        return passes_.back().macs > 0 && before.outputs.at(0) == y.inputs[0];
    }

    stream stream_of(int index) const {
        const tensor& t = tensor_at(index);
        stream s;
        s.bytes = plan_.padded_bytes[at(index)];
        s.rows = std::max<std::uint64_t>(1, extent_of(t.shape).height);
        s.network_input = index == net_.inputs[0];
        if (plan_.in_arena[at(index)])
            s.offset = plan_.arena_offset + plan_.tensor_offsets[at(index)];
        else if (t.constant())
            s.offset = plan_.constant_offset[at(index)];
        return s;
    }

    pass make(int index) const {
        const layer& y = net_.layers[at(index)];
        const tensor& out = tensor_at(y.outputs.at(0));
        const extent o = extent_of(out.shape);
        nest n;
        n.kind = y.kind;
        n.output = stream_of(y.outputs[0]);
        n.rows = std::max<std::uint64_t>(1, o.height);
        n.width = o.width;
        n.channels = std::max<std::uint64_t>(1, o.channels);
        n.channelwise = true;

        const extent i = extent_of(tensor_at(y.inputs.at(0)).shape);
        const bool multiplies = y.kind == op::conv2d || y.kind == op::depthwise_conv2d ||
                                y.kind == op::fully_connected || y.kind == op::transpose_conv2d;
        const bool pools = y.kind == op::average_pool || y.kind == op::max_pool;
        if (multiplies || pools) {
            n.stride = std::max<std::uint64_t>(1, positive(y.stride_h));
            n.kernel = (std::max<std::uint64_t>(1, positive(y.kernel_h)) - 1) *
                           std::max<std::uint64_t>(1, positive(y.dilation_h)) +
                       1;
            n.pad = positive(y.pad_top);
            n.taps = positive(y.kernel_h) * positive(y.kernel_w);
        }
        if (y.kind == op::conv2d) {
            n.channelwise = false;
            n.in_channels = positive(tensor_at(y.inputs[1]).shape[3]);  // of one group
        } else if (y.kind == op::transpose_conv2d) {
            // Stride s leaves one tap in s x s for an output; rows are not tiled with a halo.
            n.channelwise = false;
            n.all_input_rows = true;
            n.in_channels = i.channels;
            n.taps = ceil_div(positive(y.kernel_h), positive(y.stride_h)) *
                     ceil_div(positive(y.kernel_w), positive(y.stride_w));
            n.stride = n.kernel = 1;
            n.pad = 0;
        } else if (y.kind == op::transpose || y.kind == op::slice) {
            n.all_input_rows = true;
        } else if (y.kind == op::fully_connected) {
            n.channelwise = false;
            n.all_input_rows = true;
            n.stride = n.kernel = n.taps = 1;
            n.pad = 0;
            // One output vector, whatever shape the input had.
            const std::uint64_t batch = std::max<std::uint64_t>(1, o.height * o.width);
            n.rows = 1;
            n.width = batch;
            n.output.rows = 1;
            n.in_channels = tensor_at(y.inputs[0]).elements() / batch;
        } else if (y.kind == op::batch_matmul) {
            // Every row of the product needs its row of one operand and all of the other.
            n.channelwise = false;
            n.all_input_rows = true;
            const std::vector<int>& a = tensor_at(y.inputs[0]).shape;
            n.in_channels = positive(a[a.size() - (y.turn_a ? 2 : 1)]);
        } else if (y.kind == op::mean || y.kind == op::reduce_max || y.kind == op::reduce_min ||
                   y.kind == op::reduce_sum) {
            n.all_input_rows = true;
            n.taps = tensor_at(y.inputs[0]).elements() / std::max<std::uint64_t>(1, out.elements());
        } else if (on_scalar_unit(y.kind)) {
            // One after the other: a single tile.
            n.all_input_rows = true;
            n.channelwise = false;
            const scalar_work w = scalar_work_of(net_, y);
            n.rows = n.channels = n.output.rows = 1;
            n.width = w.elements;
            n.in_channels = w.compares;
            n.taps = w.functions;
        } else if (y.kind == op::space_to_depth || y.kind == op::depth_to_space ||
                   y.kind == op::space_to_batch || y.kind == op::batch_to_space) {
            n.all_input_rows = true;
        }
        for (std::size_t k = 1; k < y.outputs.size(); ++k)
            n.output.bytes += tensor_at(y.outputs[k]).bytes();
        for (std::size_t k = 0; k < y.inputs.size(); ++k) {
            const int t = y.inputs[k];
            if (t < 0)
                continue;
            if (multiplies && k >= 1)
                n.weights.push_back({plan_.constant_offset[at(t)], stored_bytes(tensor_at(t))});
            else
                n.inputs.push_back(stream_of(t));
        }

        pass p;
        p.name = y.name;
        p.kind = y.kind;
        p.layers = {index};
        p.in_shape = tensor_at(y.inputs[0]).shape;
        p.out_shape = out.shape;
        p.kernel_h = y.kernel_h;
        p.kernel_w = y.kernel_w;
        p.stride_h = y.stride_h;
        p.stride_w = y.stride_w;
        p.rows = n.rows;
        p.width = n.width;
        p.channels = n.channels;
        p.in_channels = n.in_channels;
        p.taps = n.taps;
        p.control_cycles = a_.fixed_cycles;
        p.macs = macs_of(net_, y);
        if (const unsigned bits = weight_bits_of(net_, y))
            p.weight_bits = bits;
        const array_organisation wide = for_weights_of(a_, p.weight_bits);
        p.input_bytes = n.input_bytes();
        p.weight_bytes = n.weight_bytes();
        p.output_bytes = n.output.bytes;
        p.compute = compute_cycles(work_of(n, n.rows, n.channels), wide);
        p.ideal_cycles =
            layer_cycles(p.compute, p.input_bytes + p.weight_bytes + p.output_bytes, a_);
        if (cut_)
            cutter(n, wide, buffer_).run(p);
        return p;
    }

    /// Narrow weights take fewer bytes; biases keep theirs.
    std::uint64_t stored_bytes(const tensor& t) const {
        return size_of(t.type) == 1 ? ceil_div(t.elements() * std::min(t.bits, a_.weight_bits), 8)
                                    : t.bytes();
    }

    const network& net_;
    const memory_plan& plan_;
    const array_organisation& a_;
    std::uint64_t buffer_;
    bool cut_ = true;
    std::vector<pass> passes_;
};

}  // namespace

std::vector<tile_times> schedule(const pass& p, const array_organisation& a) {
    return walk(
        p, a, std::max(p.control_cycles, a.fixed_cycles),
        [](const tile& t, std::uint64_t start, load_part part) {
            return start + (part == load_part::all           ? t.load_cycles
                            : part == load_part::activations ? t.activation_cycles
                                                             : t.load_cycles - t.activation_cycles);
        },
        [](const tile& t, std::uint64_t start) { return start + t.store_cycles; },
        [](std::size_t, const tile_times&) {});
}

void plan_fetches(std::vector<pass>& passes, const memory_plan& plan) {
    std::vector<std::size_t> users;
    std::vector<external_fetch> fetches;
    for (std::size_t i = 0; i < passes.size(); ++i)
        for (const int l : passes[i].layers) {
            const auto layer = static_cast<std::size_t>(l);
            if (plan.streamed_bytes[layer] == 0)
                continue;
            fetches.push_back({plan.external_offset[layer],
                               plan.stage_offset + fetches.size() % 2 * plan.stage_bytes,
                               plan.streamed_bytes[layer]});
            users.push_back(i);
            passes[i].awaits = users.size();
        }
    for (std::size_t k = 0; k < fetches.size(); ++k)
        passes[k < 2 ? 0 : users[k - 2] + 1].fetches.push_back(fetches[k]);
}

void time_fetches(std::vector<pass>& passes, const memory_budget& budget) {
    std::uint64_t now = 0, outside_free = 0;
    std::vector<std::uint64_t> arrival;
    for (pass& p : passes) {
        for (const external_fetch& f : p.fetches) {
            outside_free = std::max(outside_free, now) + external_cycles(f.bytes, budget);
            arrival.push_back(outside_free);
        }
        if (p.awaits > 0)
            p.await_cycles = arrival[p.awaits - 1] > now ? arrival[p.awaits - 1] - now : 0;
        p.unloaded_cycles += p.await_cycles;
        now += p.unloaded_cycles;
    }
}

std::uint64_t ideal_cycles(const network& n, const memory_plan& plan, const array_organisation& a) {
    std::uint64_t sum = 0;
    for (const pass& p : pass_maker(n, plan, a, 0).run(false))
        sum += p.ideal_cycles;
    return sum;
}

std::vector<pass> make_passes(const network& n, const memory_plan& plan,
                              const array_organisation& a, std::uint64_t local_buffer_bytes) {
    return pass_maker(n, plan, a, local_buffer_bytes).run();
}

}  // namespace ocellus::dsp
