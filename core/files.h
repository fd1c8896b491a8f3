// SPDX-License-Identifier: Apache-2.0
// Copyright The Ocellus Authors
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

namespace ocellus {

/// The whole content of a file. Throws input_error(exit_code::io) that names the path and says why:
/// missing, a folder, not readable.
std::string read_file(const std::string& path);

/// SHA-256 as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);
/// SHA-256 of a file's content, read in pieces. Errors as read_file().
std::string sha256_file(const std::string& path);

/// The output of a run, which appears whole or not at all. Files are written into a hidden folder
/// beside the final one; commit() brings them to the disk and renames the folder into place.
/// Without a commit nothing stays behind, whatever went wrong.
///
///     output_folder out("results", force);
///     out.write("stats.json", stats.json());
///     write_png(out.path_for("frame-0000.png"), image);  // any writer of files
///     out.commit();
class output_folder {
  public:
    /// Makes the hidden folder, and missing parents. Throws input_error(exit_code::usage) when
    /// `path` holds files already and `force` is false, or is not a folder;
    /// input_error(exit_code::io) when nothing can be written there. With `force` the former
    /// content is replaced as a whole by commit(), and stays untouched without it.
    output_folder(const std::string& path, bool force);
    /// Removes what was not committed.
    ~output_folder();
    output_folder(const output_folder&) = delete;
    output_folder& operator=(const output_folder&) = delete;

    /// Writes one file; `name` may hold sub-folders ("frames/0001.png"), which are made. Throws
    /// input_error(exit_code::io, "cannot write 'results/stats.json': No space left on device").
    void write(const std::string& name, std::string_view bytes);
    /// Where a streamed writer is to create the file `name` (its folder exists). The writer must
    /// check its own errors; see output_file.
    std::string path_for(const std::string& name);
    /// The final path of `name`, for messages.
    std::string final_path(const std::string& name) const;
    /// All files become visible at once under the final path. May be called once.
    void commit();

  private:
    void remove_partial() noexcept;
    std::string path_;     ///< as the user wrote it, without slashes at the end
    std::string partial_;  ///< empty after commit()
    std::string made_;     ///< topmost parent that the constructor made, or empty
};

/// A file that is written piece by piece and whose every error is reported, full disk included.
///
///     output_file f(out.path_for("frame.raw10"), out.final_path("frame.raw10"));
///     f.write(bytes);
///     f.close();
class output_file {
  public:
    /// `shown` is the name used in messages. Throws input_error(exit_code::io).
    output_file(const std::string& path, const std::string& shown);
    ~output_file();
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;
    void write(std::string_view bytes);
    /// Brings everything to the disk; an output_file destroyed without close() is incomplete.
    void close();

  private:
    [[noreturn]] void fail(int error) const;
    std::FILE* file_ = nullptr;
    std::string shown_;
};

/// Writes a file that appears whole or not at all, in place of one that may be there. Throws
/// input_error(exit_code::io).
void replace_file(const std::string& path, std::string_view bytes);

}  // namespace ocellus
