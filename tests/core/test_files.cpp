// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>

#include "core/diagnostics.h"
#include "core/files.h"
#include "tests/core/temporary_folder.h"

using namespace ocellus;
namespace fs = std::filesystem;

namespace {

/// The message of the input_error that `action` throws.
template <class Action>
std::string message_of(exit_code code, Action action) {
    try {
        action();
    } catch (const input_error& e) {
        CHECK(e.code() == code);
        return e.what();
    }
    FAIL("no exception");
    return "";
}

/// No file grows beyond `bytes` while this lives, as on a full disk.
class file_size_limit {
  public:
    explicit file_size_limit(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &former_);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
        rlimit limit = former_;
        limit.rlim_cur = bytes;
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~file_size_limit() {
        ::setrlimit(RLIMIT_FSIZE, &former_);
        std::signal(SIGXFSZ, handler_);
    }
    file_size_limit(const file_size_limit&) = delete;
    file_size_limit& operator=(const file_size_limit&) = delete;

  private:
    rlimit former_{};
    void (*handler_)(int) = nullptr;
};

/// A tiny file system in memory, where mounting is allowed.
class tiny_disk {
  public:
    explicit tiny_disk(std::string where) : where_(std::move(where)) {
        fs::create_directory(where_);
        mounted_ = ::mount("tmpfs", where_.c_str(), "tmpfs", 0, "size=64k") == 0;
    }
    ~tiny_disk() {
        if (mounted_)
            ::umount2(where_.c_str(), MNT_DETACH);
    }
    tiny_disk(const tiny_disk&) = delete;
    tiny_disk& operator=(const tiny_disk&) = delete;
    bool mounted() const { return mounted_; }

  private:
    std::string where_;
    bool mounted_ = false;
};

}  // namespace

TEST_CASE("SHA-256 of the published examples") {
    // FIPS 180-2, appendix B, and the empty message.
    CHECK(sha256_hex("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
          "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    temporary_folder folder;
    const std::string million(1000000, 'a');
    put_file("a.bin", million);
    CHECK(sha256_file("a.bin") ==
          "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    CHECK(read_file("a.bin") == million);
}

TEST_CASE("files that cannot be read") {
    temporary_folder folder;
    fs::create_directory("folder");
    CHECK(message_of(exit_code::io, [] { read_file("none.png"); }) ==
          "cannot read 'none.png': No such file or directory");
    CHECK(message_of(exit_code::io, [] { read_file("folder"); }) ==
          "cannot read 'folder': Is a directory");
    CHECK(message_of(exit_code::io, [] { sha256_file("folder"); }) ==
          "cannot read 'folder': Is a directory");
    put_file("empty", "");
    CHECK(read_file("empty").empty());
    put_file("zeros", std::string("a\0b", 3));
    CHECK(read_file("zeros").size() == 3);
    if (::geteuid() != 0) {
        put_file("secret", "x");
        fs::permissions("secret", fs::perms::none);
        CHECK(message_of(exit_code::io, [] { read_file("secret"); }) ==
              "cannot read 'secret': Permission denied");
    }
}

TEST_CASE("output folder: appears whole, by any spelling of its path") {
    for (const char* path : {"out", "out/", "./out", "a/b/out", "a/b/out//"}) {
        INFO(path);
        temporary_folder folder;
        {
            output_folder out(path, false);
            out.write("stats.json", "{}");
            out.write("frames/0001.raw", std::string("a\0b", 3));
            put_file(out.path_for("streamed/x.txt"), "streamed");
            CHECK_FALSE(fs::exists(path));
            out.commit();
        }
        CHECK(read_file(std::string(path) + "/stats.json") == "{}");
        CHECK(read_file(std::string(path) + "/frames/0001.raw").size() == 3);
        CHECK(read_file(std::string(path) + "/streamed/x.txt") == "streamed");
        const bool nested = path[0] == 'a';
        CHECK(folder.entries() == (nested ? 8u : 6u));  // and no hidden folder
    }
    temporary_folder folder;
    const std::string absolute = (folder.path() / "abs" / "out").string();
    output_folder out(absolute, false);
    CHECK(out.final_path("x") == absolute + "/x");
    out.write("x", "1");
    out.commit();
    CHECK(read_file("abs/out/x") == "1");
    CHECK_THROWS_AS(out.commit(), std::logic_error);
    CHECK_THROWS_AS(out.write("y", "late"), std::logic_error);
}

TEST_CASE("output folder: nothing stays behind without a commit") {
    temporary_folder folder;
    {
        output_folder out("a/b/out", false);
        out.write("x", "1");
    }
    CHECK(folder.entries() == 0);
    fs::create_directory("a");
    { output_folder out("a/b/out", false); }
    CHECK(fs::is_directory("a"));  // was there before
    CHECK(folder.entries() == 1);
    try {
        output_folder out("out", false);
        out.write("x", "1");
        throw std::runtime_error("the simulation failed");
    } catch (const std::runtime_error&) {
    }
    CHECK(folder.entries() == 1);
    {
        // Two runs at once, one of them unlucky.
        output_folder first("out", false), second("out", false);
        first.write("x", "first");
        second.write("x", "second");
        second.commit();
        first.write("y", "first");
    }
    CHECK(read_file("out/x") == "second");
    CHECK(folder.entries() == 3);
}

TEST_CASE("output folder: files are not overwritten without force") {
    temporary_folder folder;
    fs::create_directory("out");
    {
        output_folder out("out", false);  // empty: fine
        out.write("x", "1");
        out.commit();
    }
    CHECK(message_of(exit_code::usage, [] { output_folder("out", false); }) ==
          "output folder 'out' is not empty; use --force to replace its content, or name another "
          "folder");
    put_file("out/old", "old");
    {
        output_folder out("out", true);
        out.write("x", "2");
        CHECK(read_file("out/x") == "1");
    }
    CHECK(read_file("out/x") == "1");  // not committed: untouched
    CHECK(fs::exists("out/old"));
    {
        output_folder out("out", true);
        out.write("x", "2");
        out.commit();
    }
    CHECK(read_file("out/x") == "2");
    CHECK_FALSE(fs::exists("out/old"));  // never half old, half new
    CHECK(folder.entries() == 2);

    fs::create_directory_symlink("out", "link");
    {
        output_folder out("link", true);
        out.write("x", "3");
        out.commit();
    }
    CHECK(fs::is_symlink("link"));
    CHECK(read_file("out/x") == "3");
}

TEST_CASE("output folder: places that cannot be one") {
    temporary_folder folder;
    put_file("file", "content");
    CHECK(message_of(exit_code::usage, [] { output_folder("file", true); }) ==
          "output folder 'file' is a file");
    CHECK(message_of(exit_code::io, [] {
              output_folder("file/out", true);
          }).find("Not a directory") != std::string::npos);
    CHECK(message_of(exit_code::io, [] {
              output_folder("/proc/ocellus/out", true);
          }).find("cannot create folder '/proc/ocellus': ") == 0);
    CHECK(message_of(exit_code::io, [] {
              output_folder("/proc/out", true);
          }).find("cannot write into '/proc': ") == 0);
    for (const char* path : {"", ".", "..", "/", "a/.."})
        message_of(exit_code::usage, [path] { output_folder(path, true); });
    message_of(exit_code::usage, [&] { output_folder(folder.path().string(), true); });
    CHECK(message_of(exit_code::usage, [] {
              output_folder("/proc", true);
          }).find("is a mount point") != std::string::npos);
    CHECK(read_file("file") == "content");
    CHECK(folder.entries() == 1);
    if (::geteuid() != 0) {
        fs::create_directory("locked");
        fs::permissions("locked", fs::perms::owner_read | fs::perms::owner_exec);
        CHECK(message_of(exit_code::io, [] { output_folder("locked/out", false); }) ==
              "cannot write into 'locked': Permission denied");
    }
    output_folder out("out", false);
    for (const char* name : {"", "/etc/x", "../x", "a/../../x", "folder/"})
        CHECK_THROWS_AS(out.path_for(name), std::logic_error);
}

TEST_CASE("output folder: a full disk is said, and leaves nothing") {
    temporary_folder folder;
    tiny_disk disk("disk");
    if (!disk.mounted()) {
        WARN("skipped: no right to mount a tiny file system");
        return;
    }
    const std::string large(100000, 'x');
    CHECK(message_of(exit_code::io, [&] {
              output_folder out("disk/out", false);
              out.write("small", "1");
              out.write("frame.raw", large);
              out.commit();
          }) == "cannot write 'disk/out/frame.raw': No space left on device");
    CHECK(fs::is_empty("disk"));
    // A former result survives, although there is no room for both.
    {
        output_folder out("disk/out", false);
        out.write("x", std::string(40000, '1'));
        out.commit();
    }
    message_of(exit_code::io, [&] {
        output_folder out("disk/out", true);
        out.write("x", std::string(40000, '2'));
        out.commit();
    });
    CHECK(read_file("disk/out/x") == std::string(40000, '1'));
    CHECK(message_of(exit_code::usage, [] { output_folder("disk", true); }) ==
          "output folder 'disk' is a mount point and cannot be replaced as a whole; name a folder "
          "inside it, like 'disk/run'");
}

TEST_CASE("output file: errors of every kind of write are reported") {
    temporary_folder folder;
    if (fs::exists("/dev/full")) {
        // Large: fails in the write. Small: fails when the buffer is flushed at the end.
        CHECK(message_of(exit_code::io, [] {
                  output_file f("/dev/full", "out/frame.raw");
                  f.write(std::string(100000, 'x'));
                  f.close();
              }) == "cannot write 'out/frame.raw': No space left on device");
        CHECK(message_of(exit_code::io, [] {
                  output_file f("/dev/full", "out/small");
                  f.write("x");
                  f.close();
              }) == "cannot write 'out/small': No space left on device");
    }
    {
        output_folder out("out", false);
        const file_size_limit limit(1000);
        CHECK(message_of(exit_code::io, [&] { out.write("a", std::string(5000, 'x')); }) ==
              "cannot write 'out/a': File too large");
    }
    CHECK(folder.entries() == 0);
    CHECK(message_of(exit_code::io, [] { output_file("none/x", "none/x"); }) ==
          "cannot write 'none/x': No such file or directory");
}
