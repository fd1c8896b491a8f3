// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "sim/firmware_parameters.h"

namespace ocellus::sim {

void firmware_parameters::declare(parameter_registry& r) {
    r.text("firmware.file", file)
        .says(
            "Program of the control CPU: an ELF file, builtin:app, or none (the CPU stays in reset "
            "and a client of the control socket plays the firmware).")
        .from(provenance::chosen, "a firmware of our own that needs no file")
        .moves("cpu.instructions", +1)
        .compare("none", "builtin:app");
    r.text("firmware.uart", uart)
        .says(
            "Where the UART goes: stdout, none, file:PATH, pty, tcp:PORT, or auto: stdout for a "
            "program of yours, none for the built-in one.")
        .from(provenance::chosen, "what a firmware developer expects")
        .moves_nothing("only where the UART's bytes go")
        .compare("none", "stdout");
    r.choice("firmware.late_policy", policy,
             {{"drop_new", late_policy::drop_new}, {"drop_oldest", late_policy::drop_oldest}})
        .says("Which frame goes without inference when the network takes longer than a frame.")
        .from(provenance::chosen, "a choice; the public part keeps the previous tensor (libcamera)")
        .moves("run.latency_max", -1)
        .compare("drop_new", "drop_oldest")
        .under("npu.clock=2 MHz")
        .under("run.frames=4");
    r.integer("firmware.max_findings", max_findings, 1, 22)
        .says(
            "Findings that one metadata record has room for; its size never depends on the "
            "content.")
        .from(provenance::chosen,
              "two records fit the kibibyte that the memory plan keeps at the bottom of the SRAM")
        .moves("egress.csi2.metadata_bytes", +1)
        .compare("4", "22");
    r.boolean("firmware.auto_exposure", auto_exposure)
        .says("Let the firmware set exposure and gain from the ISP's statistics.")
        .from(provenance::chosen, "off: the configured exposure is what a comparison wants")
        .moves("column_adc.clipped_samples", +1)
        .moves("tensor.mean", +1)
        .under("run.frames=4");
    r.boolean("firmware.auto_white_balance", auto_white_balance)
        .says("Let the firmware set the ISP's gains from its zones.")
        .from(provenance::chosen, "off: the configured gains are what a comparison wants")
        .moves("tensor.mean", +1)
        .under("run.frames=3")
        .under("scene.illuminant=planckian")
        .under("scene.colour_temperature=2800 K");
    r.integer("firmware.exposure_target", exposure_target, 1, 254)
        .says("Mean luma that auto-exposure aims at, of 255.")
        .from(provenance::chosen, "about 18 % grey after the tone curve")
        .moves("tensor.mean", +1)
        .compare("60", "200")
        .under("firmware.auto_exposure=true")
        .under("run.frames=4");
    r.quantity("firmware.exposure_max", exposure_max, unit::second, 1e-6, 200.0)
        .says("Longest exposure that auto-exposure chooses; also limited by the frame length.")
        .from(provenance::chosen, "short enough for moving things")
        .moves("tensor.mean", +1)
        .compare("5 ms", "30 ms")
        .under("firmware.auto_exposure=true")
        .under("run.frames=4")
        .under("scene.illuminance=100 lx");
    r.integer("firmware.gain_max", gain_max, 0, 978)
        .says("Highest analogue gain code that auto-exposure chooses.")
        .from(provenance::published, "IMX500 Linux driver imx500.c: codes 0 to 978")
        .moves("tensor.mean", +1)
        .compare("0", "960")
        .under("firmware.auto_exposure=true")
        .under("run.frames=4")
        .under("scene.illuminance=20 lx");
    r.quantity("firmware.inference_timeout", inference_timeout, unit::second, 0, 100.0)
        .says(
            "An inference that takes longer is aborted by the firmware and its frame counted as "
            "lost; 0: none.")
        .from(provenance::chosen, "off: a slow network is no fault")
        .moves("frames.lost", +1)
        .compare("0 s", "100 us")
        .under("run.frames=2");
    r.text("firmware.schedule", schedule)
        .says(
            "Networks of successive frames as digits, repeated: 01 takes turns, 001 gives every "
            "third frame to network.second. auto: turns, or the second alone once it has been "
            "uploaded (network.upload_frame).")
        .from(provenance::chosen, "turns show both; an update is meant to be used")
        .moves("npu.macs", +1)
        .compare("0", "01")
        .under("network.second=builtin:mobilenet_v1_1.0_224")
        .under("run.frames=2");
}

std::vector<unsigned> firmware_parameters::networks_of_frames(bool two, bool updated,
                                                              std::string& why) const {
    if (schedule == "auto")
        return !two      ? std::vector<unsigned>{0}
               : updated ? std::vector<unsigned>{1}
                         : std::vector<unsigned>{0, 1};
    if (schedule.empty() || schedule.size() > 32) {
        why = "expected 1 to 32 digits";
        return {};
    }
    std::vector<unsigned> out;
    for (const char c : schedule) {
        if (c != '0' && c != '1') {
            why = std::string("'") + c + "' is no network";
            return {};
        }
        if (c == '1' && !two) {
            why = "there is no network 1: network.second is none";
            return {};
        }
        out.push_back(c == '1');
    }
    return out;
}

}  // namespace ocellus::sim
