// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "links/cci_registers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ocellus::links {
namespace {

constexpr access rw = access::read_write, ro = access::read_only;

constexpr const char* ccs = "MIPI CCS";
constexpr const char* driver = "imx500.c";
constexpr const char* isp = "libcamera_image_sensor_register.h";
constexpr const char* undocumented = "Undocumented; the public mode tables write it.";

constexpr cci_register table[] = {
    // MIPI CCS range: identification and status
    {0x0000, 2, 1, ro, 0x0000, "module_model_id", "", "Model of the camera module; not set.", ccs},
    {0x0005, 1, 1, ro, 0xFF, "frame_count", "pixel_array.FRAME_COUNT",
     "Frames begun, modulo 255; 255 before the first.", ccs},
    {0x0006, 1, 1, ro, 0x01, "pixel_order", "",
     "First colours without flips: 0 GRBG, 1 RGGB, 2 BGGR, 3 GBRG.", ccs},
    {0x0008, 2, 1, ro, 0x0040, "data_pedestal", "", "Black level at 10 bits.", ccs},
    {0x0016, 2, 1, ro, 0x0500, "chip_id", "", "Chip identification.", driver},
    // MIPI CCS range: general set-up
    {0x0100, 1, 1, rw, 0x00, "mode_select", "pixel_array.STANDBY",
     "0 software standby: the current frame is the last; 1 streaming.", ccs},
    {0x0101, 1, 1, rw, 0x00, "image_orientation", "pixel_array.ORIENTATION",
     "Bit 0 mirrors columns, bit 1 rows.", ccs},
    {0x0103, 1, 1, rw, 0x00, "software_reset", "",
     "Writing 1 gives every register its reset value and stops the stream; reads 0.", ccs},
    {0x0104, 1, 1, rw, 0x00, "grouped_parameter_hold", "",
     "While 1, writes are kept back; 0 lets them act together.", ccs},
    {0x0106, 1, 1, rw, 0x00, "fast_standby_ctrl", "",
     "1 ends the stream without waiting for the frame. Kept; the frame always ends.", driver},
    {0x0112, 2, 1, rw, 0x0A0A, "csi_data_format", "",
     "Bits before and after compression: 0x0A0A "
     "is RAW10.",
     ccs},
    {0x0114, 1, 1, rw, 0x01, "csi_lane_mode", "csi2.LANES", "CSI-2 data lanes less 1: 1 or 3.",
     ccs},
    {0x0136, 2, 1, rw, 0x1B00, "extclk_frequency_mhz", "",
     "Input clock in MHz, 8.8 fixed point: what the host says; the clock itself is sensor.inck.",
     ccs},
    {0x0138, 1, 1, rw, 0x00, "temp_sensor_ctrl", "", "1 turns the temperature sensor on.", driver},
    {0x013A, 1, 1, ro, 0x00, "temp_sensor_output", "",
     "Temperature in degrees Celsius, signed, limited to -20 .. 80; 0 while the sensor is off.",
     driver},
    // MIPI CCS range: exposure and gain
    {0x0200, 2, 1, rw, 0x0000, "fine_integration_time", "", "Exposure below a line; kept.", ccs},
    {0x0202, 2, 1, rw, 0x0640, "coarse_integration_time", "pixel_array.EXPOSURE",
     "Exposure in lines, 8 .. frame length - 22.", driver},
    {0x0204, 2, 1, rw, 0x0000, "analog_gain_code_global", "pixel_array.ANALOGUE_GAIN",
     "Gain = 1024 / (1024 - code), 0 .. 978.", driver},
    {0x020E, 2, 4, rw, 0x0100, "digital_gain", "column_adc.DIGITAL_GAIN",
     "Digital gain of Gr, R, B, Gb, 8.8 fixed point; the public tables set 1.0. Their mean acts.",
     driver},
    // MIPI CCS range: clocks
    {0x0300, 2, 1, rw, 5, "vt_pix_clk_div", "pixel_array.PLL_PIX",
     "Pixel clock divider after vt_sys_clk_div; four pixels a clock.", driver},
    {0x0302, 2, 1, rw, 2, "vt_sys_clk_div", "pixel_array.PLL_SYS", "System clock divider.", driver},
    {0x0304, 2, 1, rw, 2, "pre_pll_clk_div", "pixel_array.PLL_PRE", "Divider before the pixel PLL.",
     driver},
    {0x0306, 2, 1, rw, 155, "pll_multiplier", "pixel_array.PLL_MULT",
     "Multiplier of the pixel PLL.", driver},
    {0x0308, 2, 1, rw, 10, "op_pix_clk_div", "", "Output pixel clock divider: bits of a pixel.",
     driver},
    {0x030A, 2, 1, rw, 1, "op_sys_clk_div", "", "Output system clock divider.", driver},
    {0x030C, 2, 1, rw, 2, "op_pre_pll_clk_div", "", "Divider before the output PLL.", driver},
    {0x030E, 2, 1, rw, 74, "op_pll_multiplier", "",
     "Multiplier of the output PLL: bits per second and lane = INCK / op_pre_pll_clk_div x this.",
     driver},
    {0x0310, 1, 1, rw, 1, "pll_mode", "", "1: two PLLs.", driver},
    // MIPI CCS range: frame timing and size
    {0x0340, 2, 1, rw, 4674, "frame_length_lines", "pixel_array.FRAME_LENGTH",
     "Lines from the start of one frame to the next.", ccs},
    {0x0342, 2, 1, rw, 17900, "line_length_pck", "pixel_array.LINE_LENGTH",
     "Pixel clocks from one row to the next.", ccs},
    {0x0344, 2, 1, rw, 0, "x_addr_start", "pixel_array.X_START", "First column that is read.", ccs},
    {0x0346, 2, 1, rw, 0, "y_addr_start", "pixel_array.Y_START", "First row that is read.", ccs},
    {0x0348, 2, 1, rw, 4055, "x_addr_end", "pixel_array.X_END", "Last column that is read.", ccs},
    {0x034A, 2, 1, rw, 3039, "y_addr_end", "pixel_array.Y_END", "Last row that is read.", ccs},
    {0x034C, 2, 1, rw, 4056, "x_output_size", "pixel_array.WIDTH", "Columns of the image sent.",
     ccs},
    {0x034E, 2, 1, rw, 3040, "y_output_size", "pixel_array.HEIGHT", "Rows of the image sent.", ccs},
    {0x0350, 1, 1, rw, 0, "frame_length_ctrl", "",
     "1 lengthens the frame for an exposure that does not fit. Kept; the exposure is limited.",
     driver},
    {0x0380, 2, 1, rw, 1, "x_even_inc", "", "Column step of even columns; 1 = none skipped. Kept.",
     ccs},
    {0x0382, 2, 1, rw, 1, "x_odd_inc", "", "Column step of odd columns. Kept.", ccs},
    {0x0384, 2, 1, rw, 1, "y_even_inc", "", "Row step of even rows. Kept.", ccs},
    {0x0386, 2, 1, rw, 1, "y_odd_inc", "", "Row step of odd rows. Kept.", ccs},
    {0x0400, 2, 1, rw, 0, "scaling_mode", "", "0: no scaling. Kept.", ccs},
    {0x0404, 2, 1, rw, 16, "scale_m", "", "Scale 16 / this. Kept.", ccs},
    {0x0408, 2, 1, rw, 0, "digital_crop_x_offset", "",
     "First column of the digital crop, after binning. Kept.", ccs},
    {0x040A, 2, 1, rw, 0, "digital_crop_y_offset", "", "First row of it. Kept.", ccs},
    {0x040C, 2, 1, rw, 4056, "digital_crop_image_width", "", "Its columns. Kept.", ccs},
    {0x040E, 2, 1, rw, 3040, "digital_crop_image_height", "", "Its rows. Kept.", ccs},
    // MIPI CCS range: test pattern
    {0x0600, 2, 1, rw, 0, "test_pattern_mode", "pixel_array.TEST_PATTERN",
     "0 picture, 1 solid colour, 2 colour bars, 3 bars fading to grey, 4 PN9.", ccs},
    {0x0602, 2, 1, rw, 0, "test_data_red", "pixel_array.TEST_RED", "Red of the solid colour.", ccs},
    {0x0604, 2, 1, rw, 0, "test_data_greenr", "pixel_array.TEST_GREEN_RED",
     "Green of red rows of the solid colour.", ccs},
    {0x0606, 2, 1, rw, 0, "test_data_blue", "pixel_array.TEST_BLUE", "Blue of the solid colour.",
     ccs},
    {0x0608, 2, 1, rw, 0, "test_data_greenb", "pixel_array.TEST_GREEN_BLUE",
     "Green of blue rows of the solid colour.", ccs},
    // MIPI CCS range: link rate and binning
    {0x0820, 4, 1, rw, 0x07CE0000, "requested_link_rate", "",
     "Mb/s of all lanes that the host asks for, 16.16 fixed point. Kept; the PLL decides.", ccs},
    {0x0900, 1, 1, rw, 0, "binning_mode", "pixel_array.BINNING", "1 turns binning on.", ccs},
    {0x0901, 1, 1, rw, 0x11, "binning_type", "pixel_array.BINNING",
     "Columns (high half) and rows (low half) that become one: 0x11, or 0x22 with binning_mode 1.",
     ccs},
    {0x0902, 1, 1, rw, 0, "binning_weighting", "", "How they are weighted. Kept: their average.",
     ccs},
    // Vendor range: metadata channel
    {0x3050, 1, 1, rw, 1, "mipi_output", "", "1 sends over CSI-2. Kept.", driver},
    {0x3051, 1, 1, rw, 1, "frame_has_pixels", "", "The frame carries the image. Kept.", driver},
    {0x3052, 1, 1, rw, 1, "frame_has_metadata", "csi2.TENSOR_REGION", "0: no tensor region leaves.",
     driver},
    {0x3054, 2, 4, rw, 2560, "metadata_line_bytes", "",
     "Bytes of a line: KPI, input tensor, output tensor, PQ. Kept.", driver},
    {0x305C, 2, 4, rw, 1, "metadata_lines", "csi2.TENSOR_REGION",
     "Lines: KPI, input tensor, output tensor, PQ. Without output lines there is no tensor region, "
     "without input lines it holds no input; the network decides how many there are.",
     driver},
    {0x3064, 1, 4, rw, 0, "metadata_virtual_channel", "", "Their virtual channels. Kept.", driver},
    {0x3068, 1, 4, rw, 0x30, "metadata_data_type", "csi2.TENSOR_TYPES",
     "Their CSI-2 data types: 0x30 .. 0x33, or 0x12 (embedded).", driver},
    {0x306C, 1, 4, rw, 2, "metadata_packing", "", "2: 8 bits a pixel, 3: 10. Kept.", driver},
    {0x3080, 1, 1, rw, 0, "command_interrupt", "",
     "Starts a command: 0 state transition, 1 update, 2 flash erase.", driver},
    {0x3100, 1, 1, rw, 0, "long_exposure_gain_shift", "",
     "Companion of long_exposure_shift in the newer driver. Kept.", driver},
    {0x3210, 1, 1, rw, 0, "long_exposure_shift", "pixel_array.LONG_EXPOSURE",
     "Frame length and exposure are 2^this as long, 0 .. 7.", driver},
    {0x3241, 2, 1, rw, 0x1101, "undocumented_3241", "", undocumented, driver},
    {0x3250, 1, 1, rw, 0, "undocumented_3250", "", undocumented, driver},
    {0x3F56, 2, 1, rw, 0x0242, "undocumented_3f56", "", undocumented, driver},
    {0x5325, 1, 1, rw, 0x26, "undocumented_5325", "", undocumented, driver},
    {0x5327, 1, 1, rw, 0x6B, "undocumented_5327", "", undocumented, driver},
    {0x5353, 1, 1, rw, 0x49, "undocumented_5353", "", undocumented, driver},
    {0x5357, 1, 1, rw, 0x30, "undocumented_5357", "", undocumented, driver},
    {0x5359, 1, 1, rw, 0x3B, "undocumented_5359", "", undocumented, driver},
    {0x535D, 1, 1, rw, 0xB0, "undocumented_535d", "", undocumented, driver},
    {0x5415, 1, 1, rw, 0x0C, "undocumented_5415", "", undocumented, driver},
    {0x5D0B, 1, 1, rw, 0x01, "undocumented_5d0b", "", undocumented, driver},
    {0x5FCC, 1, 1, rw, 0x28, "undocumented_5fcc", "", undocumented, driver},
    {0x5FCF, 1, 1, rw, 0x1E, "undocumented_5fcf", "", undocumented, driver},
    {0x5FD7, 1, 1, rw, 0x2D, "undocumented_5fd7", "", undocumented, driver},
    {0x5FDA, 1, 1, rw, 0x1E, "undocumented_5fda", "", undocumented, driver},
    {0x5FE2, 1, 1, rw, 0x2D, "undocumented_5fe2", "", undocumented, driver},
    {0x5FE5, 1, 1, rw, 0x1E, "undocumented_5fe5", "", undocumented, driver},
    {0x5FED, 1, 1, rw, 0x2D, "undocumented_5fed", "", undocumented, driver},
    {0x5FF0, 1, 1, rw, 0x1E, "undocumented_5ff0", "", undocumented, driver},
    {0x5FF8, 1, 1, rw, 0x2D, "undocumented_5ff8", "", undocumented, driver},
    {0x5FFB, 1, 1, rw, 0x1E, "undocumented_5ffb", "", undocumented, driver},
    {0x6003, 1, 1, rw, 0x2D, "undocumented_6003", "", undocumented, driver},
    {0x6006, 1, 1, rw, 0x1E, "undocumented_6006", "", undocumented, driver},
    {0x6187, 1, 1, rw, 0x18, "undocumented_6187", "", undocumented, driver},
    {0x6189, 1, 1, rw, 0x18, "undocumented_6189", "", undocumented, driver},
    {0x618B, 1, 1, rw, 0x18, "undocumented_618b", "", undocumented, driver},
    {0x618D, 1, 1, rw, 0x1D, "undocumented_618d", "", undocumented, driver},
    {0x618F, 1, 1, rw, 0x1D, "undocumented_618f", "", undocumented, driver},
    {0x61C9, 1, 1, rw, 0x00, "undocumented_61c9", "", undocumented, driver},
    {0x6F6D, 1, 1, rw, 0x00, "undocumented_6f6d", "", undocumented, driver},
    {0xA700, 1, 1, rw, 1, "image_only_mode", "csi2.TENSOR_REGION",
     "1: the network is not used: no tensor region leaves.", driver},
    {0xBCA7, 1, 1, rw, 0x00, "undocumented_bca7", "", undocumented, driver},
    {0xBCA8, 1, 1, rw, 0x0A, "undocumented_bca8", "", undocumented, driver},
    // Vendor range: boot, network upload
    {0xD000, 1, 1, rw, 0, "state_transition", "",
     "Wanted: 0 loader, 1 main firmware, 2 network weights, 3 clear weights.", driver},
    {0xD001, 1, 1, rw, 0, "update_target", "", "0 SRAM, 1 flash.", driver},
    {0xD002, 1, 1, rw, 0, "update_source", "", "0 host, 1 flash.", driver},
    {0xD003, 1, 1, rw, 0, "image_type", "", "0 loader, 1 main firmware, 2 network weights.",
     driver},
    {0xD004, 1, 1, rw, 0, "division_count", "", "(size - 1) / 1 MiB.", driver},
    {0xD005, 1, 1, rw, 0, "flash_type", "", "2: the flash of the public module.", driver},
    {0xD008, 4, 1, rw, 0, "file_size", "", "Bytes of the image.", driver},
    {0xD010, 4, 1, ro, 0, "reference_status", "",
     "[7:0] fatal, [15:8] detections, [23:16] errors, [31:24] replies so far.", driver},
    {0xD014, 1, 1, ro, 0, "command_reply", "",
     "0x00 transition ready, 0x01 done, 0x10 update ready, 0x11 done, 0x12 cancelled, 0xFF status, "
     "0xFE MAC authentication, 0xFD timeout, 0xFC parameter, 0xFB internal, 0xFA packet format.",
     driver},
    {0xD015, 1, 1, ro, 0, "download_status", "", "0 ready, 1 downloading.", driver},
    {0xD016, 1, 1, rw, 0, "cancel", "", "1 gives up the download.", driver},
    {0xD020, 1, 1, ro, 0, "error_status", "", "Bit 0 status, 1 internal, 2 parameter.", driver},
    {0xD02A, 1, 1, ro, 0, "system_state", "",
     "0 standby, 1 streaming (no network); 2 standby, 3 streaming (network).", driver},
    {0xD07C, 4, 1, ro, 0, "main_firmware_version", "", "Of the main firmware.", driver},
    {0xD100, 1, 1, rw, 0, "dnn_enable", "", "4 on, 0 off. Kept.", driver},
    {0xD228, 1, 1, rw, 0, "ae_metering", "", "Kept.", isp},
    {0xD229, 1, 1, rw, 0, "awb_mode", "", "Kept.", isp},
    {0xD23C, 1, 1, rw, 0, "ae_mode", "", "Kept.", isp},
    {0xD23D, 1, 1, rw, 0, "undocumented_d23d", "", "Kept.", isp},
    {0xD260, 2, 1, rw, 0x1888, "ev_reference", "", "Kept.", isp},
    {0xD405, 1, 1, rw, 0, "startup_frame_drop", "", "Frames dropped after start. Kept.", driver},
    // Vendor range: the ISP in front of the network
    {0xD500, 2, 1, rw, 0, "dnn_window_v_offset", "isp.WINDOW_Y",
     "First row of the inference window, pixels of the full array.", driver},
    {0xD502, 2, 1, rw, 0, "dnn_window_h_offset", "isp.WINDOW_X", "First column of it.", driver},
    {0xD504, 2, 1, rw, 3040, "dnn_window_v_size", "isp.WINDOW_HEIGHT", "Its rows.", driver},
    {0xD506, 2, 1, rw, 4056, "dnn_window_h_size", "isp.WINDOW_WIDTH", "Its columns.", driver},
    {0xD600, 1, 1, rw, 0x20, "y_gain", "", "Kept.", driver},
    {0xD680, 1, 1, rw, 0, "rotation", "", "0, 90, 180, 270 degrees. Kept.", isp},
    {0xD701, 1, 1, rw, 0, "network_select", "", "Which network of the image runs. Kept.", driver},
    {0xD750, 1, 3, rw, 2, "tensor_image_format", "", "Of networks 0 to 2; 2: RGB. Kept.", driver},
    {0xD76C, 2, 12, rw, 0, "yc_matrix", "isp.TENSOR_K00",
     "3 x 4 affine matrix K00 .. K23 in front of the network; coefficient 0x400 = 1.0, offset "
     "0x1800 = -2048 (13-bit two's complement). A stream that starts after a write uses it.",
     driver},
    {0xD784, 4, 3, rw, 0x007F0180, "yc_clip", "", "Clips: maximum and minimum. Kept.", driver},
    {0xD7D8, 4, 3, rw, 0x007F0180, "norm_clip", "isp.TENSOR_CLAMP_MAX",
     "Clips after normalisation: maximum in [24:16], minimum in [8:0], 9-bit two's complement. The "
     "first acts.",
     driver},
    {0xD800, 1, 1, rw, 0, "manual_mode", "", "Kept.", isp},
    {0xD804, 2, 4, rw, 0x0100, "dnn_gain", "isp.GAIN_R",
     "Gain of R, Gr, Gb, B, 8.8 fixed point, white balance included.", driver},
    {0xD80C, 2, 4, rw, 0x0100, "dnn_black_level", "isp.BLACK_LEVEL",
     "Black level of R, Gr, Gb, B on a 12-bit scale. Their mean acts.", driver},
    {0xD814, 1, 1, rw, 1, "dnn_gamma", "isp.STAGES", "1 turns the gamma curve on.", driver},
    {0xD822, 1, 1, rw, 0x0F, "dnn_shading", "isp.STAGES",
     "0x0F, here and in the next, turns lens shading on.", driver},
    {0xD823, 1, 1, rw, 0x0F, "dnn_shading_2", "isp.STAGES", "As dnn_shading.", driver},
    {0xD826, 1, 1, rw, 1, "undocumented_d826", "", undocumented, driver},
    {0xD850, 2, 44, rw, 0, "gamma_red", "",
     "43 knots; the low half of every 32-bit word comes first. Kept.", driver},
    {0xD8A8, 2, 44, rw, 0, "gamma_green", "isp.GAMMA_00",
     "43 knots of 0 .. 255; the low half of every 32-bit word comes first. They act, for all "
     "colours, when the stream starts; their places are not public: see docs/cci.md.",
     driver},
    {0xD900, 2, 44, rw, 0, "gamma_blue", "", "As gamma_red. Kept.", driver},
    {0xD960, 1, 4, rw, 0x52, "undocumented_d960", "", undocumented, driver},
    {0xD96C, 1, 4, rw, 0x44, "undocumented_d96c", "", undocumented, driver},
    {0xE000, 2, 384, rw, 0x0100, "shading_red", "",
     "Lens shading of R and Gr (presumed): 12 rows x 16 columns x 2 channels, 8.8 fixed point. "
     "Acts when the stream starts.",
     driver},
    {0xE300, 2, 384, rw, 0x0100, "shading_blue", "", "Lens shading of B and Gb, as shading_red.",
     driver},
};

}  // namespace

std::uint8_t temperature_byte(double celsius) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(celsius, -20.0, 80.0)));
}

const std::vector<cci_register>& cci_registers() {
    static const std::vector<cci_register> all(std::begin(table), std::end(table));
    return all;
}

const cci_register* cci_register_at(std::uint16_t index) {
    const auto& all = cci_registers();
    auto after =
        std::upper_bound(all.begin(), all.end(), index,
                         [](std::uint16_t i, const cci_register& r) { return i < r.index; });
    if (after == all.begin())
        return nullptr;
    --after;
    return index - after->index < static_cast<int>(after->span()) ? &*after : nullptr;
}

const cci_register* cci_register_named(const std::string& name, unsigned& element) {
    element = 0;
    std::string bare = name;
    const auto bracket = name.find('[');
    bool indexed = false;
    if (bracket != std::string::npos && name.size() > bracket + 2 && name.back() == ']') {
        unsigned value = 0;
        for (std::size_t i = bracket + 1; i + 1 < name.size(); ++i) {
            if (name[i] < '0' || name[i] > '9' || value > 100000)
                return nullptr;
            value = 10 * value + static_cast<unsigned>(name[i] - '0');
        }
        element = value;
        bare.resize(bracket);
        indexed = true;
    }
    for (const auto& r : cci_registers())
        if (bare == r.name)
            return element < r.count && (indexed || r.count == 1) ? &r : nullptr;
    return nullptr;
}

std::vector<std::string> cci_register_names() {
    std::vector<std::string> out;
    for (const auto& r : cci_registers())
        out.push_back(r.count == 1 ? std::string(r.name) : fmt::format("{}[0]", r.name));
    return out;
}

std::string cci_register_reference() {
    std::string out =
        "# CCI registers\n\n"
        "<!-- Generated by `ocellus describe --cci`; do not edit. -->\n\n"
        "Registers of the camera control interface that Ocellus knows; how they are accessed is in "
        "[cci.md](cci.md). Indices and meanings are public: `MIPI CCS` is the Camera Command Set, "
        "`imx500.c` is the driver of the Raspberry Pi Linux kernel, "
        "`libcamera_image_sensor_register.h` belongs to Sony's senscord component for the "
        "Raspberry Pi. Registers of several bytes begin with the most significant one. *Acts on* "
        "names the block's register that a write goes to, the one that firmware uses "
        "([registers.md](registers.md)); without one a register is stored and read back.\n\n"
        "| index | bytes | access | reset | name | acts on | meaning | source |\n"
        "|---|---|---|---|---|---|---|---|\n";
    for (const auto& r : cci_registers()) {
        const std::string index =
            r.count == 1 ? fmt::format("0x{:04X}", r.index)
                         : fmt::format("0x{:04X} - 0x{:04X}", r.index, r.index + r.span() - 1);
        out += fmt::format(
            "| {} | {} | {} | 0x{:0{}X} | {}{} | {} | {} | {} |\n", index,
            r.count == 1 ? fmt::format("{}", r.bytes) : fmt::format("{} x {}", r.count, r.bytes),
            r.mode == access::read_only ? "read" : "read, write", r.reset, 2 * r.bytes, r.name,
            r.count == 1 ? "" : fmt::format("[0..{}]", r.count - 1), r.acts, r.sentence, r.source);
    }
    return out;
}

}  // namespace ocellus::links
