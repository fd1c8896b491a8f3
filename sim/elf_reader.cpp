// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <elfutils/libdw.h>
#include <fmt/format.h>
#include <gelf.h>
#include <libelf.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "core/diagnostics.h"
#include "core/files.h"
#include "sim/firmware_image.h"

#ifndef EM_RISCV
#define EM_RISCV 243
#endif

namespace ocellus::sim {
namespace {

constexpr std::uint64_t float_abi_bits = 0x6;  // EF_RISCV_FLOAT_ABI
constexpr std::uint64_t embedded_bit = 0x8;    // EF_RISCV_RVE
constexpr std::uint64_t program_header_size = 32;
constexpr std::size_t most_segments = 64;
constexpr std::size_t most_lines = std::size_t{1} << 22;

class reader {
  public:
    reader(const std::string& bytes, const std::string& path, const std::vector<memory_area>& areas)
        : bytes_(bytes), path_(path), areas_(areas) {}

    firmware_image read() {
        check_identity();
        elf_version(EV_CURRENT);
        // libelf wants a buffer that it may write to.
        std::string copy = bytes_;
        const std::unique_ptr<Elf, int (*)(Elf*)> elf(elf_memory(copy.data(), copy.size()),
                                                      elf_end);
        if (!elf || elf_kind(elf.get()) != ELF_K_ELF)
            fail(fmt::format("not an ELF file ({})", elf_errmsg(-1)));
        GElf_Ehdr header;
        if (!gelf_getehdr(elf.get(), &header))
            fail(fmt::format("its header cannot be read ({})", elf_errmsg(-1)));
        check_header(header);
        image_.name = std::filesystem::path(path_).filename().string();
        image_.entry = static_cast<std::uint32_t>(header.e_entry);
        read_segments(elf.get());
        check_entry();
        read_symbols(elf.get());
        read_lines(elf.get());
        return std::move(image_);
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw input_error(exit_code::usage,
                          fmt::format("error: {}: {}\nNothing was simulated.", path_, what));
    }

    /// What the file is instead, as far as its beginning tells.
    const char* what_else() const {
        const auto begins = [this](const char* text) { return bytes_.rfind(text, 0) == 0; };
        if (begins("#!"))
            return " but a script";
        if (begins(":"))
            return " but Intel HEX, it seems";
        if (begins("S0") || begins("S1") || begins("S3"))
            return " but Motorola S-records, it seems";
        if (begins("!<arch>"))
            return " but an archive of object files";
        return "";
    }

    void check_identity() const {
        const auto byte = [this](std::size_t i) {
            return i < bytes_.size() ? static_cast<unsigned char>(bytes_[i]) : 0u;
        };
        if (bytes_.empty())
            fail("the file is empty; expected an ELF executable for RV32");
        if (bytes_.compare(0, 4, "\177ELF") != 0) {
            fail(
                fmt::format("not an ELF file{}; expected an executable for RV32, as linked by "
                            "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32",
                            what_else()));
        }
        if (bytes_.size() < 52)
            fail(fmt::format("cut short: {} bytes, the header of an ELF file has 52",
                             bytes_.size()));
        if (byte(4) == ELFCLASS64)
            fail(
                "a 64-bit program; the control CPU is RV32: compile with -march=rv32imc "
                "-mabi=ilp32");
        if (byte(4) != ELFCLASS32)
            fail(fmt::format("its ELF class is {}; expected 1 (32 bits)", byte(4)));
        if (byte(5) != ELFDATA2LSB)
            fail("not little-endian; the control CPU is");
    }

    void check_header(const GElf_Ehdr& h) const {
        if (h.e_machine != EM_RISCV)
            fail(fmt::format("for another machine (ELF machine {}); expected RISC-V ({})",
                             h.e_machine, EM_RISCV));
        if (h.e_type == ET_REL)
            fail("an object file; link it to an executable first");
        if (h.e_type != ET_EXEC)
            fail(
                fmt::format("its ELF type is {}; expected 2, an executable at fixed addresses "
                            "(link with -static -no-pie)",
                            h.e_type));
        if (h.e_flags & float_abi_bits)
            fail("compiled for a CPU with floating-point registers; compile with -mabi=ilp32");
        if (h.e_flags & embedded_bit)
            fail("compiled for RV32E; compile with -march=rv32imc");
        if (h.e_phnum == 0)
            fail("it has no program headers, so there is nothing to load");
        if (h.e_phentsize != program_header_size)
            fail(fmt::format("its program headers have {} bytes each; expected {}", h.e_phentsize,
                             program_header_size));
        // libelf would silently read those that are left.
        const std::uint64_t end = h.e_phoff + std::uint64_t{h.e_phnum} * program_header_size;
        if (end > bytes_.size())
            fail(fmt::format("cut short: its program headers would end at {} and the file at {}",
                             end, bytes_.size()));
    }

    std::string areas_text() const {
        std::string out;
        for (const auto& a : areas_)
            out += fmt::format("{}{} 0x{:08x} .. 0x{:08x}", out.empty() ? "" : ", ", a.name, a.base,
                               a.base + a.size - 1);
        return out;
    }

    bool inside_a_memory(std::uint64_t first, std::uint64_t size) const {
        return std::any_of(areas_.begin(), areas_.end(), [&](const memory_area& a) {
            return first >= a.base && first - a.base < a.size && size <= a.size - (first - a.base);
        });
    }

    /// The headers of what is to be loaded, with their numbers.
    std::vector<std::pair<std::size_t, GElf_Phdr>> loadable(Elf* elf) const {
        std::size_t count = 0;
        if (elf_getphdrnum(elf, &count) != 0)
            fail(fmt::format("its program headers cannot be read ({})", elf_errmsg(-1)));
        std::vector<std::pair<std::size_t, GElf_Phdr>> out;
        bool physical = false;
        for (std::size_t i = 0; i < count; ++i) {
            GElf_Phdr p;
            if (!gelf_getphdr(elf, static_cast<int>(i), &p))
                fail(fmt::format("program header {} is cut short", i));
            if (p.p_type != PT_LOAD || p.p_memsz == 0)
                continue;
            if (out.size() == most_segments)
                fail(fmt::format("more than {} segments to load", most_segments));
            physical = physical || p.p_paddr != 0;
            out.emplace_back(i, p);
        }
        // Tools that know of no physical addresses leave all of them 0.
        if (!physical)
            for (auto& [i, p] : out)
                p.p_paddr = p.p_vaddr;
        return out;
    }

    void check_segment(const std::string& name, const GElf_Phdr& p) const {
        const auto range = [](std::uint64_t first, std::uint64_t size) {
            return fmt::format("0x{:08x} .. 0x{:08x}", first, first + (size > 0 ? size - 1 : 0));
        };
        const std::string where = fmt::format("{} ({})", name, range(p.p_vaddr, p.p_memsz));
        if (p.p_filesz > p.p_memsz)
            fail(fmt::format("{} has {} bytes in the file and only {} in memory", where, p.p_filesz,
                             p.p_memsz));
        if (p.p_offset > bytes_.size() || p.p_filesz > bytes_.size() - p.p_offset)
            fail(fmt::format("{} is cut short: its bytes would end at {} and the file at {}", where,
                             p.p_offset + p.p_filesz, bytes_.size()));
        if (!inside_a_memory(p.p_vaddr, p.p_memsz))
            fail(fmt::format("{} lies outside the memories a program may use: {}", where,
                             areas_text()));
        if (p.p_filesz && !inside_a_memory(p.p_paddr, p.p_filesz))
            fail(fmt::format("{} is to be loaded at {}, outside the memories a program may use: {}",
                             where, range(p.p_paddr, p.p_filesz), areas_text()));
        for (const auto& s : image_.segments) {
            if (p.p_vaddr < std::uint64_t{s.address} + s.memory_size &&
                s.address < p.p_vaddr + p.p_memsz)
                fail(fmt::format("{} overlaps another segment at 0x{:08x}", where, s.address));
            if (p.p_paddr < std::uint64_t{s.load_address} + s.bytes.size() &&
                s.load_address < p.p_paddr + p.p_filesz)
                fail(fmt::format("{} is to be loaded at {}, where another segment is loaded", where,
                                 range(p.p_paddr, p.p_filesz)));
        }
    }

    void read_segments(Elf* elf) {
        for (const auto& [number, p] : loadable(elf)) {
            check_segment(fmt::format("segment {}", number), p);
            firmware_image::segment s;
            s.address = static_cast<std::uint32_t>(p.p_vaddr);
            // What has no bytes is loaded nowhere.
            s.load_address = static_cast<std::uint32_t>(p.p_filesz ? p.p_paddr : p.p_vaddr);
            s.memory_size = static_cast<std::uint32_t>(p.p_memsz);
            s.bytes.assign(bytes_.begin() + static_cast<std::ptrdiff_t>(p.p_offset),
                           bytes_.begin() + static_cast<std::ptrdiff_t>(p.p_offset + p.p_filesz));
            s.executable = (p.p_flags & PF_X) != 0;
            s.writable = (p.p_flags & PF_W) != 0;
            image_.segments.push_back(std::move(s));
        }
        if (image_.segments.empty())
            fail("nothing in it is to be loaded (no PT_LOAD segment)");
        std::sort(image_.segments.begin(), image_.segments.end(),
                  [](const auto& a, const auto& b) { return a.address < b.address; });
    }

    void check_entry() const {
        const std::uint32_t e = image_.entry;
        if (!holds_code(e))
            fail(fmt::format("its entry 0x{:08x} lies in no executable segment", e));
        if (e & 1u)
            fail(fmt::format("its entry 0x{:08x} is odd; instructions lie at even addresses", e));
        for (const auto& s : image_.segments)
            if (e >= s.address && e - s.address < s.memory_size && !s.loads_in_place())
                fail(
                    fmt::format("its entry 0x{:08x} lies in a segment that is loaded at 0x{:08x}; "
                                "the code that starts must be loaded where it runs",
                                e, s.load_address));
    }

    void read_symbols(Elf* elf) {
        for (Elf_Scn* section = nullptr; (section = elf_nextscn(elf, section)) != nullptr;) {
            GElf_Shdr h;
            if (!gelf_getshdr(section, &h) || h.sh_type != SHT_SYMTAB || h.sh_entsize == 0)
                continue;
            Elf_Data* const data = elf_getdata(section, nullptr);
            if (!data)
                continue;
            const std::uint64_t count = h.sh_size / h.sh_entsize;
            for (std::uint64_t i = 0; i < count; ++i) {
                GElf_Sym s;
                if (!gelf_getsym(data, static_cast<int>(i), &s))
                    break;
                const char* const text = elf_strptr(elf, h.sh_link, s.st_name);
                const auto type = GELF_ST_TYPE(s.st_info);
                if (!text || !*text || text[0] == '$' || s.st_shndx == SHN_UNDEF ||
                    type == STT_FILE || type == STT_SECTION)
                    continue;
                image_.symbols.push_back({static_cast<std::uint32_t>(s.st_value),
                                          static_cast<std::uint32_t>(s.st_size), text,
                                          type == STT_FUNC});
            }
        }
        std::sort(image_.symbols.begin(), image_.symbols.end(), [](const auto& a, const auto& b) {
            return a.address != b.address     ? a.address < b.address
                   : a.function != b.function ? a.function > b.function
                                              : a.name < b.name;
        });
    }

    void read_lines(Elf* elf) {
        const std::unique_ptr<Dwarf, int (*)(Dwarf*)> dwarf(
            dwarf_begin_elf(elf, DWARF_C_READ, nullptr), dwarf_end);
        if (!dwarf)
            return;  // no debug information
        std::map<std::string, std::uint32_t> files;
        Dwarf_Off offset = 0, next = 0;
        std::size_t header_size = 0;
        while (image_.lines.size() < most_lines &&
               dwarf_nextcu(dwarf.get(), offset, &next, &header_size, nullptr, nullptr, nullptr) ==
                   0) {
            Dwarf_Die die;
            Dwarf_Lines* lines = nullptr;
            std::size_t count = 0;
            if (dwarf_offdie(dwarf.get(), offset + header_size, &die) &&
                dwarf_getsrclines(&die, &lines, &count) == 0)
                add_lines(lines, count, files);
            if (next <= offset)
                break;
            offset = next;
        }
        image_.files.resize(files.size());
        for (const auto& [file, index] : files)
            image_.files[index] = file;
        // Where one sequence ends another may begin: its first line comes last and wins.
        std::stable_sort(image_.lines.begin(), image_.lines.end(),
                         [](const auto& x, const auto& y) {
                             return x.address != y.address ? x.address < y.address
                                                           : x.number == 0 && y.number != 0;
                         });
    }

    /// Whether the program has instructions there.
    bool holds_code(std::uint64_t address) const {
        return std::any_of(image_.segments.begin(), image_.segments.end(),
                           [address](const firmware_image::segment& s) {
                               return s.executable && address >= s.address &&
                                      address - s.address < s.memory_size;
                           });
    }

    void add_lines(Dwarf_Lines* lines, std::size_t count,
                   std::map<std::string, std::uint32_t>& files) {
        for (std::size_t i = 0; i < count && image_.lines.size() < most_lines; ++i) {
            Dwarf_Line* const l = dwarf_onesrcline(lines, i);
            Dwarf_Addr address = 0;
            int number = 0;
            bool ends = false, statement = false;
            const char* const source = l ? dwarf_linesrc(l, nullptr, nullptr) : nullptr;
            if (!source || dwarf_lineaddr(l, &address) != 0 || dwarf_lineno(l, &number) != 0 ||
                dwarf_lineendsequence(l, &ends) != 0 ||
                dwarf_linebeginstatement(l, &statement) != 0)
                continue;
            // Functions that the linker threw away have lines at address 0, where the boot ROM is.
            if ((!ends && (!statement || number <= 0)) || !holds_code(ends ? address - 1 : address))
                continue;
            const auto file =
                files.emplace(source, static_cast<std::uint32_t>(files.size())).first->second;
            image_.lines.push_back({static_cast<std::uint32_t>(address), file,
                                    ends ? 0u : static_cast<std::uint32_t>(number)});
        }
    }

    const std::string& bytes_;
    const std::string& path_;
    const std::vector<memory_area>& areas_;
    firmware_image image_;
};

}  // namespace

firmware_image read_elf_bytes(const std::string& bytes, const std::string& path,
                              const std::vector<memory_area>& areas) {
    return reader(bytes, path, areas).read();
}

firmware_image read_elf(const std::string& path, const std::vector<memory_area>& areas) {
    std::string bytes;
    try {
        bytes = read_file(path);
    } catch (const input_error& e) {
        throw input_error(exit_code::usage,
                          std::string("error: ") + e.what() + "\nNothing was simulated.");
    }
    return read_elf_bytes(bytes, path, areas);
}

}  // namespace ocellus::sim
