// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/network_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/diagnostics.h"
#include "core/files.h"
#include "dsp/compiler/network_profile.h"
#include "dsp/network/detection_decoder.h"
#include "dsp/network/executor.h"
#include "sim/inputs.h"
#include "sim/network_report.h"
#include "sim/network_target.h"

namespace ocellus::sim {
namespace {

using nlohmann::ordered_json;

/// Something to know about the network: an error keeps it from running here.
struct remark {
    const char* severity = "advice";  ///< error, warning or advice
    int layer = -1;
    std::string kind, tensor, problem, advice;
};

/// One layer of the table.
struct row {
    std::string kind, name, output, unit, how, cost;
    std::uint64_t cycles = 0;
    std::uint64_t macs = 0;
    unsigned weight_bits = 0;  ///< 0: no weights
    double utilisation = 0;
};

struct report {
    std::string network, rounding;
    std::vector<row> rows;
    std::vector<remark> remarks;
    std::uint64_t cycles = 0;
    double milliseconds = 0;
    bool reads = false, fits = false;
    std::string why_not;  ///< of not fitting, with what to try
    std::string memory;
    std::string afterwards;  ///< what the control CPU does with the results
};

const char* unit_of(dsp::op kind) {
    return dsp::on_scalar_unit(kind) ? "scalar unit" : "array";
}

/// Where an operator's cycles come from.
std::string cost_of(dsp::op kind, const dsp::array_organisation& a) {
    using dsp::op;
    if (dsp::on_scalar_unit(kind))
        return "assumed cycles a number and a decision";
    switch (kind) {
        case op::logistic:
        case op::tanh:
        case op::swish:
        case op::hard_swish:
        case op::div:
            return "assumed cycles a function";
        default:
            return "closed form of " + a.name;
    }
}

/// What costs much more than it must, and what would help.
void add_advice(report& r, const dsp::network& n, const dsp::compiled_network& c,
                const dsp::network_profile& profile) {
    const auto total = static_cast<double>(std::max<std::uint64_t>(1, profile.cycles.total()));
    for (std::size_t p = 0; p < c.passes.size(); ++p) {
        const dsp::pass& pass = c.passes[p];
        const dsp::layer_profile& l = profile.layers[p];
        const double share = static_cast<double>(l.cycles.total()) / total;
        const int index = pass.layers.front();
        const dsp::layer& layer = n.layers[static_cast<std::size_t>(index)];
        remark m;
        m.layer = index;
        m.kind = dsp::name_of(layer.kind);
        m.tensor = n.tensors[static_cast<std::size_t>(layer.outputs[0])].name;
        const auto add = [&](const char* severity, std::string problem, std::string advice) {
            m.severity = severity;
            m.problem = std::move(problem);
            m.advice = std::move(advice);
            r.remarks.push_back(m);
        };
        if (!pass.cut.fits)
            add("warning", "its smallest tile exceeds npu.local_buffer and streams through",
                "make the layer narrower, or npu.local_buffer larger when the part is yours");
        if (l.streamed_bytes > 0)
            add("warning",
                fmt::format("{} bytes of its weights come from the memory outside in every run",
                            l.streamed_bytes),
                "use weights of 4 bits or fewer channels to keep them in SRAM");
        if (dsp::on_scalar_unit(layer.kind) && share > 0.1)
            add("advice", fmt::format("takes {:.0f} % of the time on the scalar unit", 100 * share),
                "leave it to the host: end the network before it");
        if (l.macs > 0 && share > 0.05 && l.utilisation < 0.1) {
            const std::uint64_t step = std::max(c.array.channel_padding, c.array.lanes);
            const bool depthwise = layer.kind == dsp::op::depthwise_conv2d;
            const bool dense = depthwise && c.array.flow == dsp::array_flow::plateau &&
                               c.array.depthwise == dsp::depthwise_mode::dense &&
                               pass.channels <= c.array.channel_padding;
            add("advice",
                fmt::format("takes {:.0f} % of the time and uses {:.1f} % of the array",
                            100 * share, 100 * l.utilisation),
                dense ? fmt::format("a plain convolution costs no more: this array pads its "
                                    "channels to {} in any case",
                                    c.array.channel_padding)
                : depthwise
                    ? "depthwise layers leave most of this array idle: fewer channels, or "
                      "a stride further up, save most"
                    : fmt::format("give it channels in multiples of {}, on both sides", step));
        }
        if (l.cycles.control > l.cycles.total() / 2 && share > 0.05)
            add("advice",
                fmt::format("takes {:.0f} % of the time, most of it the fixed cost of a pass",
                            100 * share),
                "fuse it with its neighbours");
    }
    for (int o : n.outputs) {
        const dsp::tensor& t = n.tensors[static_cast<std::size_t>(o)];
        if (t.type != dsp::element::float32)
            continue;
        remark m;
        m.tensor = t.name;
        m.problem = fmt::format("this output is float32: {} bytes leave the chip", t.bytes());
        m.advice =
            "end the network before the last dequantisation: a quarter of the bytes, and the "
            "host knows the scale";
        r.remarks.push_back(m);
    }
    for (const dsp::tensor& t : n.tensors)
        if (!t.constant() && t.type == dsp::element::int16) {
            remark m;
            m.tensor = t.name;
            m.problem = "16-bit activations: twice the bytes on the bus and in the arena";
            m.advice = "use 8-bit activations where the accuracy allows it";
            r.remarks.push_back(m);
            break;
        }
}

/// A network file or a built-in one.
void check_graph(report& r, const command_line& command, const network_target& t) {
    const dsp::network n = open_network(command.files.at(1), command.rounding);
    r.reads = true;
    r.network = n.name;
    r.rounding = dsp::name_of(n.arithmetic);
    std::shared_ptr<const dsp::compiled_network> c;
    try {
        c = compile_for(t, n);
        r.fits = true;
    } catch (const input_error& e) {
        r.why_not = e.what();
        remark m;
        m.severity = "error";
        const std::string all = r.why_not;
        const std::size_t what = all.find("what to try:");
        m.problem = all.substr(0, all.find('\n'));
        dsp::finding f;
        f.problem = m.problem;
        m.advice = what == std::string::npos ? advice_about(f) : all.substr(what + 13);
        r.remarks.push_back(m);
    }
    std::vector<int> pass_of(n.layers.size(), -1);
    dsp::network_profile profile;
    if (c) {
        profile = dsp::profile(*c, t.s.npu.energies());
        r.cycles = profile.cycles.total();
        r.milliseconds = static_cast<double>(r.cycles) / t.s.npu.clock * 1e3;
        for (std::size_t p = 0; p < c->passes.size(); ++p)
            for (int l : c->passes[p].layers)
                pass_of[static_cast<std::size_t>(l)] = static_cast<int>(p);
        r.memory = fmt::format("{} of {} bytes; arena {} (lower bound {}), weights and biases {}",
                               c->plan.used_bytes, t.budget.bytes, c->plan.arena_bytes,
                               c->plan.arena_lower_bound, c->plan.coefficients_bytes);
        add_advice(r, n, *c, profile);
    }
    for (std::size_t i = 0; i < n.layers.size(); ++i) {
        const dsp::layer& l = n.layers[i];
        row x;
        x.kind = dsp::name_of(l.kind);
        x.name = l.name;
        x.output = shape_text(n.tensors[static_cast<std::size_t>(l.outputs[0])].shape);
        x.unit = unit_of(l.kind);
        x.weight_bits = std::min(dsp::weight_bits_of(n, l), t.array.weight_bits);
        x.how = dsp::describe_mapping(
            l.kind, x.weight_bits == 0 ? t.array : dsp::for_weights_of(t.array, x.weight_bits));
        x.cost = cost_of(l.kind, t.array);
        x.macs = dsp::macs_of(n, l);
        if (c && pass_of[i] < 0) {
            x.unit = "none";
            x.how = "the same bytes as its input";
            x.cost = "nothing moves";
        } else if (c) {
            const auto p = static_cast<std::size_t>(pass_of[i]);
            const int first = c->passes[p].layers.front();
            if (first != static_cast<int>(i)) {
                x.unit = unit_of(n.layers[static_cast<std::size_t>(first)].kind);
                x.how = fmt::format("in the pass of layer {}", first);
                x.cost = "counted there";
            } else {
                x.cycles = profile.layers[p].cycles.total();
                x.utilisation = profile.layers[p].utilisation;
            }
        }
        r.rows.push_back(x);
    }
    if (dsp::has_detection_decoder(n))
        r.afterwards =
            "control CPU: the firmware decodes boxes from the output grids; its time is that of "
            "its instructions (ocellus run --profile)";
    else
        r.afterwards =
            "control CPU: the firmware hands on the output tensors as they are; its time is that "
            "of its instructions (ocellus run --profile)";
}

void check_list(report& r, const std::string& name, const network_target& t) {
    const auto layers = dsp::parse_layer_list(read_input_file(name), name);
    r.reads = true;
    r.network = std::filesystem::path(name).stem().string();
    r.rounding = "none: a layer list has shapes only";
    const dsp::network_profile profile =
        dsp::profile(r.network, layers, t.array, t.s.npu.energies());
    r.cycles = profile.cycles.total();
    r.milliseconds = static_cast<double>(r.cycles) / t.s.npu.clock * 1e3;
    r.fits = true;
    std::uint64_t weights = 0;
    for (const dsp::layer_profile& l : profile.layers) {
        row x;
        x.kind = dsp::name_of(l.kind);
        x.name = l.name;
        x.output = shape_text(l.out_shape);
        x.unit = unit_of(l.kind);
        x.how = l.mapping;
        x.cost = cost_of(l.kind, t.array);
        x.cycles = l.cycles.total();
        x.macs = l.macs;
        x.weight_bits = l.weight_bits;
        x.utilisation = l.utilisation;
        r.rows.push_back(x);
        weights += l.weight_bytes;
    }
    remark m;
    m.problem = "a layer list has no weights and no graph: timing only, the arena is not planned";
    m.advice = "give the .tflite or .onnx file to see whether it fits";
    r.remarks.push_back(m);
    if (weights > t.budget.bytes) {
        m.severity = "warning";
        m.problem =
            fmt::format("its weights alone are {} bytes, the chip has {}", weights, t.budget.bytes);
        m.advice = "use --weight-bits 4 or 2, or fewer channels";
        r.remarks.push_back(m);
    }
}

std::string text_of(const report& r) {
    std::string text;
    if (r.reads) {
        text = fmt::format(
            "{}: {} layers, rounding {}\n\n{:>3} {:<18} {:<28} {:<14} {:<12} {:>9}  {}\n",
            r.network, r.rows.size(), r.rounding, "", "operator", "layer", "output", "runs on",
            "cycles", "how");
        for (std::size_t i = 0; i < r.rows.size(); ++i) {
            const row& x = r.rows[i];
            text += fmt::format(
                "{:>3} {:<18} {:<28} {:<14} {:<12} {:>9}  {}\n", i, x.kind, short_name(x.name, 28),
                x.output, x.unit, r.fits ? std::to_string(x.cycles) : "?",
                x.how +
                    (x.weight_bits == 0 ? std::string()
                                        : fmt::format(", {}-bit weights", x.weight_bits)) +
                    (x.cost.rfind("assumed", 0) == 0 ? "; " + x.cost : ""));
        }
        if (!r.afterwards.empty())
            text += "\nafterwards, on the " + r.afterwards + "\n";
        if (r.fits)
            text += fmt::format("\n{} cycles, {:.4f} ms\n", r.cycles, r.milliseconds);
        if (!r.memory.empty())
            text += "fits: " + r.memory + "\n";
        if (!r.fits)
            text += "\nruns, but not on this chip: " + r.why_not + "\n";
    }
    bool first = true;
    for (const remark& m : r.remarks) {
        if (!r.why_not.empty() && r.why_not.find(m.advice) != std::string::npos)
            continue;  // said above
        text += first ? "\n" : "";
        first = false;
        text += fmt::format("{}: ", m.severity);
        if (m.layer >= 0 && m.problem.find(fmt::format(" {} (", m.layer)) == std::string::npos)
            text += fmt::format("layer {} ({} '{}'): ", m.layer, m.kind, short_name(m.tensor, 60));
        text += short_name(m.problem, 1000) + "\n";
        if (!m.advice.empty())
            text += "    " + m.advice + "\n";
    }
    return text;
}

ordered_json json_of(const report& r) {
    ordered_json layers = ordered_json::array(), findings = ordered_json::array();
    for (std::size_t i = 0; i < r.rows.size(); ++i) {
        const row& x = r.rows[i];
        ordered_json j = {
            {"index", i},
            {"operator", x.kind},
            {"name", short_name(x.name, 1000)},
            {"output", x.output},
            {"unit", x.unit},
            {"runs_on", x.unit == "array" ? "array: " + x.how : x.how},
            {"weight_bits", x.weight_bits == 0 ? ordered_json() : ordered_json(x.weight_bits)},
            {"cost", x.cost},
            {"macs", x.macs}};
        if (r.fits) {
            j["cycles"] = x.cycles;
            j["utilisation"] = x.utilisation;
        }
        layers.push_back(j);
    }
    for (const remark& m : r.remarks)
        findings.push_back({{"severity", m.severity},
                            {"layer", m.layer < 0 ? ordered_json() : ordered_json(m.layer)},
                            {"operator", short_name(m.kind, 1000)},
                            {"tensor", short_name(m.tensor, 1000)},
                            {"problem", short_name(m.problem, 100000)},
                            {"advice", m.advice}});
    ordered_json j = {{"network", short_name(r.network, 1000)},
                      {"rounding", r.rounding},
                      {"supported", r.reads},
                      {"fits", r.fits},
                      {"why_not", short_name(r.why_not, 100000)}};
    if (r.fits) {
        j["cycles"] = r.cycles;
        j["milliseconds"] = r.milliseconds;
    }
    j["afterwards"] = r.afterwards;
    j["findings"] = findings;
    j["layers"] = layers;
    return j;
}

}  // namespace

int check_network_file(const command_line& command) {
    const network_target t = target_of(command);
    const std::string& name = command.files.at(1);
    const bool as_json = command.output_format == command_line::format::json;
    report r;
    r.network = name;
    r.rounding = command.rounding;
    try {
        if (is_layer_list(name))
            check_list(r, name, t);
        else
            check_graph(r, command, t);
    } catch (const dsp::network_error& e) {
        for (const dsp::finding& f : e.findings()) {
            remark m;
            m.severity = "error";
            m.layer = f.layer;
            m.kind = f.kind;
            m.tensor = f.tensor;
            m.problem = f.problem;
            m.advice = advice_about(f);
            r.remarks.push_back(m);
        }
        r.why_not = fmt::format("{} finding{} in the file", r.remarks.size(),
                                r.remarks.size() == 1 ? "" : "s");
        if (!as_json) {
            // With the file's name before each, as every message about an input has it.
            std::string all;
            for (const remark& m : r.remarks)
                all += fmt::format("{}{}: {}{}", all.empty() ? "" : "\n", name, m.problem,
                                   m.advice.empty() ? "" : "\n    " + m.advice);
            throw input_error(exit_code::usage, all);
        }
    }
    const std::string text = as_json ? json_of(r).dump(2) + "\n" : text_of(r);
    if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0)
        throw input_error(exit_code::io, "error: cannot write to standard output");
    return static_cast<int>(r.fits ? exit_code::ok : exit_code::usage);
}

}  // namespace ocellus::sim
