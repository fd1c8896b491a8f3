// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#include "core/files.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <system_error>

#include "core/diagnostics.h"

namespace ocellus {

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail_io(const std::string& what, const std::string& path, int error) {
    throw input_error(exit_code::io, "cannot " + what + " '" + path +
                                         "': " + std::generic_category().message(error));
}

/// Calls take(bytes) for each piece of the file.
template <class Take>
void for_each_piece(const std::string& path, Take take) {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                               &std::fclose);
    if (!file)
        fail_io("read", path, errno);
    char buffer[1 << 16];
    for (;;) {
        errno = 0;
        const std::size_t n = std::fread(buffer, 1, sizeof buffer, file.get());
        take(std::string_view(buffer, n));
        if (n < sizeof buffer) {
            if (std::ferror(file.get()))  // a folder can be opened, but not read
                fail_io("read", path, errno ? errno : EIO);
            return;
        }
    }
}

class sha256 {
  public:
    sha256() : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
        check(context_ != nullptr);
        check(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
    }
    void add(std::string_view bytes) {
        check(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
    }
    std::string hex() {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned length = 0;
        check(EVP_DigestFinal_ex(context_.get(), digest, &length) == 1);
        std::string text;
        for (unsigned i = 0; i < length; ++i) {
            text += "0123456789abcdef"[digest[i] >> 4];
            text += "0123456789abcdef"[digest[i] & 15];
        }
        return text;
    }

  private:
    static void check(bool good) {
        if (!good)
            throw std::runtime_error("SHA-256 is not available");
    }
    std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

bool is_empty_folder(const fs::path& p) {
    std::error_code error;
    const fs::directory_iterator it(p, error);
    if (error)
        fail_io("read", p.string(), error.value());
    return it == fs::directory_iterator();
}

bool is_mount_point(const std::string& path) {
    struct statx s {};
    return ::statx(AT_FDCWD, path.c_str(), 0, STATX_TYPE, &s) == 0 &&
           (s.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT) != 0 &&
           (s.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

/// Replacing the folder one works in, or one around it, is never meant.
bool holds_working_folder(const std::string& path) {
    std::error_code error;
    const fs::path folder = fs::canonical(path, error);
    const fs::path here = fs::current_path(error);
    for (fs::path p = here; !error && !p.empty(); p = p.parent_path()) {
        if (p == folder)
            return true;
        if (p == p.parent_path())
            break;
    }
    return false;
}

/// Folders are brought to the disk like files, so that a rename is not older than what it names.
void sync_folder(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    ::fsync(fd);  // not every file system can; the rename itself stays atomic
    ::close(fd);
}

std::string parent_of(const std::string& path) {
    const std::string parent = fs::path(path).parent_path().string();
    return parent.empty() ? "." : parent;
}

}  // namespace

std::string read_file(const std::string& path) {
    std::string all;
    for_each_piece(path, [&all](std::string_view piece) { all.append(piece); });
    return all;
}

std::string sha256_hex(std::string_view bytes) {
    sha256 hash;
    hash.add(bytes);
    return hash.hex();
}

std::string sha256_file(const std::string& path) {
    sha256 hash;
    for_each_piece(path, [&hash](std::string_view piece) { hash.add(piece); });
    return hash.hex();
}

output_folder::output_folder(const std::string& path, bool force) : path_(path) {
    while (path_.size() > 1 && path_.back() == '/')
        path_.pop_back();
    const std::string name = fs::path(path_).filename().string();
    if (name.empty() || name == "." || name == "..")
        throw input_error(exit_code::usage, "output folder '" + path +
                                                "': name a folder that can be replaced as a whole");

    std::error_code error;
    const fs::file_status status = fs::status(path_, error);
    if (status.type() != fs::file_type::not_found) {
        if (error)
            fail_io("write", path_, error.value());
        if (!fs::is_directory(status))
            throw input_error(exit_code::usage, "output folder '" + path_ + "' is a file");
        if (fs::is_symlink(fs::symlink_status(path_, error))) {
            // Replace the folder that the link means, and keep the link.
            path_ = fs::canonical(path_, error).string();
            if (error)
                fail_io("write", path, error.value());
        }
        if (is_mount_point(path_))
            throw input_error(exit_code::usage,
                              "output folder '" + path_ +
                                  "' is a mount point and cannot be replaced as a whole; name a "
                                  "folder inside it, like '" +
                                  path_ + "/run'");
        if (holds_working_folder(path_))
            throw input_error(
                exit_code::usage,
                "output folder '" + path_ + "' holds the working folder; name another folder");
        if (!force && !is_empty_folder(path_))
            throw input_error(exit_code::usage, "output folder '" + path_ +
                                                    "' is not empty; use --force to replace its "
                                                    "content, or name another folder");
    }

    const std::string parent = parent_of(path_);
    // Remember the topmost folder that is made here, to take it away again without a commit.
    for (fs::path p = parent; !p.empty() && !fs::exists(p, error); p = p.parent_path())
        made_ = p.string();
    fs::create_directories(parent, error);
    if (error) {
        const int reason = error.value();
        remove_partial();
        fail_io("create folder", parent, reason);
    }
    for (unsigned n = 0;; ++n) {
        partial_ = (fs::path(parent) /
                    ("." + fs::path(path_).filename().string() + ".partial-" + std::to_string(n)))
                       .string();
        if (::mkdir(partial_.c_str(), 0777) == 0)
            return;
        if (errno != EEXIST) {
            const int reason = errno;
            partial_.clear();
            remove_partial();
            fail_io("write into", parent, reason);
        }
    }
}

output_folder::~output_folder() {
    remove_partial();
}

void output_folder::remove_partial() noexcept {
    std::error_code error;
    if (!partial_.empty())
        fs::remove_all(partial_, error);
    partial_.clear();
    // Parents that were made for this folder, from the innermost outwards, as long as they are
    // empty.
    if (!made_.empty()) {
        for (fs::path p = parent_of(path_); !p.empty(); p = p.parent_path()) {
            fs::remove(p, error);
            if (error || p == fs::path(made_))
                break;
        }
    }
    made_.clear();
}

std::string output_folder::final_path(const std::string& name) const {
    return (fs::path(path_) / name).string();
}

std::string output_folder::path_for(const std::string& name) {
    const fs::path relative(name);
    bool inside = !name.empty() && relative.is_relative() && relative.has_filename();
    for (const auto& part : relative)
        inside = inside && part != "..";
    if (!inside || partial_.empty())
        throw std::logic_error("output_folder: no file '" + name + "'");
    const fs::path full = fs::path(partial_) / relative;
    if (relative.has_parent_path()) {
        std::error_code error;
        fs::create_directories(full.parent_path(), error);
        if (error)
            fail_io("create folder", parent_of(final_path(name)), error.value());
    }
    return full.string();
}

void output_folder::write(const std::string& name, std::string_view bytes) {
    output_file file(path_for(name), final_path(name));
    file.write(bytes);
    file.close();
}

void output_folder::commit() {
    if (partial_.empty())
        throw std::logic_error("output_folder: committed twice");
    // Streamed files may still be on their way to the disk; the last errors show here.
    std::error_code error;
    for (fs::recursive_directory_iterator it(partial_, error), end; !error && it != end;
         it.increment(error)) {
        const std::string file = it->path().string();
        const std::string shown = final_path(fs::path(file).lexically_relative(partial_).string());
        if (it->is_directory()) {
            sync_folder(file);
            continue;
        }
        const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            fail_io("write", shown, errno);
        const int result = ::fsync(fd);
        const int reason = errno;
        ::close(fd);
        if (result != 0 && reason != EINVAL && reason != EROFS)
            fail_io("write", shown, reason);
    }
    if (error)
        fail_io("write", path_, error.value());
    sync_folder(partial_);

    const std::string parent = parent_of(path_);
    // One rename replaces nothing or an empty folder. A full one changes places with ours first,
    // also in one step, so that there is never a moment without a whole folder.
    if (::rename(partial_.c_str(), path_.c_str()) == 0) {
        partial_.clear();
    } else if (errno == ENOTEMPTY || errno == EEXIST) {
        if (::renameat2(AT_FDCWD, partial_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE) !=
            0) {
            // File systems without exchange: step aside, move in, or step back.
            if (errno != EINVAL && errno != ENOSYS)
                fail_io("replace", path_, errno);
            const std::string former = partial_ + "-former";
            if (::rename(path_.c_str(), former.c_str()) != 0)
                fail_io("replace", path_, errno);
            if (::rename(partial_.c_str(), path_.c_str()) != 0) {
                const int reason = errno;
                ::rename(former.c_str(), path_.c_str());
                fail_io("replace", path_, reason);
            }
            partial_ = former;
        }
        // Here partial_ names the former content.
        fs::remove_all(partial_, error);
        if (error)
            throw input_error(exit_code::io, "the former content of '" + path_ + "' is left in '" +
                                                 partial_ + "': " + error.message());
        partial_.clear();
    } else {
        fail_io("write", path_, errno);
    }
    made_.clear();
    sync_folder(parent);
}

output_file::output_file(const std::string& path, const std::string& shown)
    : file_(std::fopen(path.c_str(), "wb")), shown_(shown) {
    if (!file_)
        fail(errno);
}

output_file::~output_file() {
    if (file_)
        std::fclose(file_);
}

void output_file::fail(int error) const {
    fail_io("write", shown_, error ? error : EIO);
}

void output_file::write(std::string_view bytes) {
    errno = 0;
    if (!file_ || std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size())
        fail(errno);
}

void output_file::close() {
    errno = 0;
    if (!file_ || std::fflush(file_) != 0)
        fail(errno);
    // Pipes and devices cannot be synchronised, and need not be.
    if (::fsync(::fileno(file_)) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        fail(errno);
    errno = 0;
    std::FILE* f = file_;
    file_ = nullptr;
    if (std::fclose(f) != 0)
        fail(errno);
}

void replace_file(const std::string& path, std::string_view bytes) {
    const std::string partial = path + ".partial." + std::to_string(getpid());
    try {
        output_file f(partial, path);
        f.write(bytes);
        f.close();
    } catch (...) {
        std::remove(partial.c_str());
        throw;
    }
    if (std::rename(partial.c_str(), path.c_str()) != 0) {
        const int why = errno;
        std::remove(partial.c_str());
        throw input_error(exit_code::io,
                          "error: cannot write '" + path + "': " + std::strerror(why));
    }
}

}  // namespace ocellus
