// SPDX-License-Identifier: MIT
#include <ctcnn/data/file_kind.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "catch.hpp"

using namespace ctcnn::detail_;
using std::string_view_literals::operator""sv;

namespace {

FileKind kind_of(std::string_view text, bool compressed = false) {
    return file_kind(std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()), "a file", compressed);
}

}  // namespace

TEST_CASE("packed files are named, with the command that unpacks them") {
    CHECK(kind_of("PK\3\4\x14\0\0\0"sv).name == "a zip archive");
    CHECK(kind_of("PK\3\4").remedy == "Unpack it with `unzip 'a file'` and load the files in it.");
    CHECK(kind_of("\xfd\x37zXZ\0\0"sv).name == "an xz file");
    CHECK(kind_of("\xfd\x37zXZ\0\0"sv).remedy ==
          "Unpack it with `xz --decompress --stdout 'a file' > NEW` and load NEW.");
    CHECK(kind_of("BZh91AY").name == "a bzip2 file");
    CHECK(kind_of("\x28\xb5\x2f\xfd").name == "a zstd file");
    CHECK(kind_of("\x04\x22\x4d\x18").name == "an lz4 file");
    CHECK(kind_of("7z\xbc\xaf\x27\x1c").name == "a 7z archive");
    CHECK(kind_of("Rar!\x1a\x07").name == "a rar archive");
    const std::string tar = "name" + std::string(253, '\0') + "ustar  ";
    CHECK(kind_of(tar).name == "a tar archive");
    CHECK(kind_of(tar.substr(0, 257)).name.empty());
}

TEST_CASE("what lies in a .gz file is named, with the command for both") {
    CHECK(kind_of("\x1f\x8b\x08", true).name == "a .gz file inside a .gz file");
    CHECK(kind_of("PK\3\4", true).name == "a zip archive inside a .gz file");
    CHECK(kind_of("PK\3\4", true).remedy == "Unpack it with `gzip --decompress --stdout 'a file' > NEW` and load NEW.");
    const std::string tar = "name" + std::string(253, '\0') + "ustar";
    CHECK(kind_of(tar, true).name == "a tar archive inside a .gz file");
    CHECK(kind_of(tar, true).remedy == "Unpack it with `tar -xf 'a file'` and load the files in it.");
}

TEST_CASE("what stands in for a file is named") {
    const FileKind pointer = kind_of("version https://git-lfs.github.com/spec/v1\noid sha256:0\n");
    CHECK(pointer.name == "a Git LFS pointer");
    CHECK(pointer.remedy.find("`git lfs pull`") != std::string::npos);
    for (const char* page : {"<!DOCTYPE html>", "\n\n<html>", "\xef\xbb\xbf<?xml version", "<Error><Code>"}) {
        CHECK(kind_of(page).name == "a web page");
        CHECK(kind_of(page).remedy.find("download") != std::string::npos);
    }
    CHECK(kind_of("404: Not Found").name == "the text '404: Not Found'");
    CHECK(kind_of("label,pixel0,pixel1,pixel2,pixel3").name == "the text 'label,pixel0,pixel1,pixe'");
    CHECK(kind_of("one\ntwo").name == "the text 'one'");
}

TEST_CASE("files of other formats are named") {
    CHECK(kind_of("\x93NUMPY\1").name == "a NumPy array (.npy)");
    CHECK(kind_of("\x93NUMPY\1").remedy.find("load_npy") != std::string::npos);
    CHECK(kind_of("\x89HDF\r\n").name == "an HDF5 file");
    CHECK(kind_of("\x89HDF\r\n").remedy.find("Dataset") != std::string::npos);
    CHECK(kind_of("MATLAB 5.0 MAT-file").name == "a MATLAB file");
    CHECK(kind_of("PAR1").name == "a Parquet file");
    for (const char* pickle : {"\x80\2}", "\x80\3}", "\x80\4\x95", "\x80\5\x95"}) {
        CHECK(kind_of(pickle).name == "a Python pickle");
    }
    CHECK(kind_of("\x89PNG\r\n").name == "a PNG image");
    CHECK(kind_of("\x89PNG\r\n").remedy.find("load_image_folder") != std::string::npos);
    CHECK(kind_of("\xff\xd8\xff\xe0").name == "a JPEG image");
    CHECK(kind_of("GIF89a").name == "a GIF image");
    CHECK(kind_of("BM\x36").name == "a BMP image");
    CHECK(kind_of("II*\0"sv).name == "a TIFF image");
    CHECK(kind_of("MM\0*"sv).name == "a TIFF image");
    CHECK(kind_of("RIFF....WEBP").name == "a RIFF file, such as a WebP image");
}

TEST_CASE("damage by programs that take a file for text is named") {
    CHECK(kind_of("\x1f\xef\xbf\xbd\x08").remedy.find("binary") != std::string::npos);
    CHECK(kind_of("\xff\xfe\x1f").remedy.find("binary") != std::string::npos);
}

TEST_CASE("bytes that tell nothing have no name, or no remedy of their own") {
    CHECK(kind_of("\1\2\3\4").name.empty());
    CHECK(kind_of("\1\2\3\4", true).name.empty());
    CHECK(kind_of("").name.empty());
    CHECK(kind_of("\0\0\0\0\0\0"sv).name == "zero bytes alone");
    CHECK(kind_of("\0\0\0\0\0\0"sv).remedy.empty());
}

TEST_CASE("all signatures are met") {
    for (const Signature& signature : signatures) {
        std::string bytes(signature.offset, '\1');
        bytes += signature.bytes;
        CHECK(kind_of(bytes).name == signature.name);
        CHECK(kind_of(bytes).remedy.find('%') == std::string::npos);
        CHECK_FALSE(kind_of(bytes).remedy.empty());
    }
}
