// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_DETAIL {

/// FileKind: what a file is that should be an idx file, and what to do with it; both are empty where its bytes do not
/// tell.
struct FileKind {
    std::string name;
    std::string remedy;
};

/// How many bytes from the beginning of a file tell its kind.
inline constexpr std::size_t file_kind_bytes = 512;

/// Signature: bytes that a format has at a fixed offset. In the remedy, % stands for the file's name.
struct Signature {
    std::size_t offset;
    std::string_view bytes;
    std::string_view name;
    std::string_view remedy;
};

inline constexpr std::string_view not_idx_remedy =
    "The library reads idx files: write the data as one, or read them with a program of yours and make a Dataset of "
    "the "
    "elements.";
inline constexpr std::string_view as_text_remedy =
    "A program has taken the file for text and changed it: copy or download it again as binary data.";
inline constexpr std::string_view unpack_gzip = "Unpack it with `gzip --decompress --stdout % > NEW` and load NEW.";

inline constexpr Signature signatures[]{
    Signature{0, "PK\3\4", "a zip archive", "Unpack it with `unzip %` and load the files in it."},
    Signature{0, "7z\xbc\xaf", "a 7z archive", "Unpack it with `7z x %` and load the files in it."},
    Signature{0, "Rar!", "a rar archive", "Unpack it with `unrar x %` and load the files in it."},
    Signature{257, "ustar", "a tar archive", "Unpack it with `tar -xf %` and load the files in it."},
    Signature{0, "\x1f\x8b", "a .gz file", unpack_gzip},
    Signature{0, "\xfd\x37zXZ", "an xz file", "Unpack it with `xz --decompress --stdout % > NEW` and load NEW."},
    Signature{0, "BZh", "a bzip2 file", "Unpack it with `bzip2 --decompress --stdout % > NEW` and load NEW."},
    Signature{0, "\x28\xb5\x2f\xfd", "a zstd file",
              "Unpack it with `zstd --decompress --stdout % > NEW` and load NEW."},
    Signature{0, "\x04\x22\x4d\x18", "an lz4 file", "Unpack it with `lz4 -dc % > NEW` and load NEW."},
    Signature{0, "version https://git-lfs", "a Git LFS pointer",
              "It stands for the file itself, which `git lfs pull` fetches in that repository."},
    Signature{0, "\x93NUMPY", "a NumPy array (.npy)", "Load it with load_npy, of <ctcnn/data/npy.hpp>."},
    Signature{0, "\x89HDF", "an HDF5 file", not_idx_remedy},
    Signature{0, "MATLAB", "a MATLAB file", not_idx_remedy},
    Signature{0, "PAR1", "a Parquet file", not_idx_remedy},
    Signature{0, "\x80\2", "a Python pickle", not_idx_remedy},
    Signature{0, "\x80\3", "a Python pickle", not_idx_remedy},
    Signature{0, "\x80\4", "a Python pickle", not_idx_remedy},
    Signature{0, "\x80\5", "a Python pickle", not_idx_remedy},
    Signature{0, "\x89PNG", "a PNG image",
              "Read it with read_png, or a folder of such images with load_image_folder, of <ctcnn/data/png.hpp>."},
    Signature{0, "\xff\xd8\xff", "a JPEG image", not_idx_remedy},
    Signature{0, "GIF8", "a GIF image", not_idx_remedy},
    Signature{0, "BM", "a BMP image", not_idx_remedy},
    Signature{0, "II*", "a TIFF image", not_idx_remedy},
    Signature{0, std::string_view("MM\0*", 4), "a TIFF image", not_idx_remedy},
    Signature{0, "RIFF", "a RIFF file, such as a WebP image", not_idx_remedy},
    Signature{0, "\x1f\xef\xbf\xbd", "a .gz file that was changed to UTF-8 text", as_text_remedy},
    Signature{0, "\xff\xfe", "UTF-16 text", as_text_remedy},
};

/// The beginning of a text, at most 24 characters; nothing where the bytes are no ASCII text.
inline std::string_view text_in(std::span<const std::uint8_t> head) {
    const std::string_view text{reinterpret_cast<const char*>(head.data()), std::min<std::size_t>(head.size(), 24)};
    for (const char c : text) {
        if ((c < 0x20 || c > 0x7e) && c != '\n' && c != '\r' && c != '\t') {
            return {};
        }
    }
    return text.substr(0, text.find_first_of("\n\r"));
}

/// The kind of a file by its first bytes. Those of a .gz file are the unpacked ones.
[[gnu::cold]] inline FileKind file_kind(std::span<const std::uint8_t> head, const std::filesystem::path& file,
                                        bool compressed) {
    const std::string_view bytes{reinterpret_cast<const char*>(head.data()), head.size()};
    const std::size_t visible = bytes.find_first_not_of("\xef\xbb\xbf \t\r\n");
    const std::string_view text = text_in(head);
    const std::string quoted_text = sentence({"the text '", text, "'"});
    std::string_view name;
    std::string_view remedy;
    const Signature* known = nullptr;
    for (const Signature& signature : signatures) {
        if (bytes.size() > signature.offset && bytes.substr(signature.offset).starts_with(signature.bytes)) {
            known = &signature;
            break;
        }
    }
    if (known != nullptr) {
        name = known->name;
        remedy = known->remedy;
    } else if (visible < bytes.size() && bytes[visible] == '<') {
        name = "a web page";
        remedy = "A server has sent a page in place of the file: look at it, and download the file again.";
    } else if (!text.empty()) {
        name = quoted_text;
        remedy =
            "An idx file is binary: download it again if a server has sent this text, or read the text with a program "
            "of yours and make a Dataset of the elements.";
    } else if (!bytes.empty() && bytes.find_first_not_of('\0') == std::string_view::npos) {
        name = "zero bytes alone";
    }
    const bool names_file = remedy.find('%') != std::string_view::npos;
    if (names_file && compressed && name != "a tar archive") {  // tar unpacks both at once
        remedy = unpack_gzip;
    }
    const std::size_t place = std::min(remedy.find('%'), remedy.size());
    return {
        sentence({name, compressed && !name.empty() ? " inside a .gz file" : ""}),
        names_file ? sentence({remedy.substr(0, place), quoted(file), remedy.substr(place + 1)}) : std::string(remedy)};
}

}  // namespace CTCNN_DETAIL
