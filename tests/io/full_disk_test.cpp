// SPDX-License-Identifier: MIT
//
// A disk becomes full while a file is written: the old file stays until the new one is whole.
#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include <ctcnn/inference.hpp>
#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/onnx.hpp>
#include <ctcnn/io/safetensors.hpp>
#include <ctcnn/optim/sgd.hpp>

#include "catch.hpp"
#include "files.hpp"
#include "small_disk.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;

namespace {

using Net = Sequential<Input<100>, Linear<100, 80>>;  // 32 KB
constexpr std::size_t page = 4096;

void check_names(const std::filesystem::path& folder, std::vector<std::string> wanted) {
    std::vector<std::string> names = names_in(folder);
    std::ranges::sort(names);
    CHECK(names == wanted);
}

template <typename Save>
void check_saving(const SmallDisk& disk, const Save& save) {
    const auto path = disk.path() / "net";
    const Net old_net = filled<Net>(1);
    const Net new_net = filled<Net>(2);
    save(new_net, path);
    const Bytes new_file = read_bytes(path);
    const std::size_t pages = new_file.size() / page + 1;
    std::filesystem::remove(path);
    for (const bool has_old_file : {false, true}) {
        for (std::size_t left = 0; left < pages; ++left) {
            CAPTURE(has_old_file, left);
            if (has_old_file) {
                std::filesystem::remove(disk.path() / SmallDisk::filler);
                save(old_net, path);
            }
            const Bytes old_file = read_bytes(path);
            disk.leave(left * page);
            const auto error = error_of<FileUnwritable>([&] { save(new_net, path); });
            check_sentence(error);
            CHECK_THAT(error.what(), ContainsSubstring("No space left on device"));
            CHECK_THAT(error.remedy(), ContainsSubstring("Make room on the disk"));
            CHECK(error.offset() <= left * page);
            CHECK(read_bytes(path) == old_file);
            check_names(disk.path(),
                        has_old_file ? std::vector<std::string>{"filler", "net"} : std::vector<std::string>{"filler"});
        }
    }
    disk.leave(pages * page);
    save(new_net, path);
    CHECK(read_bytes(path) == new_file);
    std::filesystem::remove(disk.path() / SmallDisk::filler);

    REQUIRE(disk.make_read_only());
    const auto error = error_of<FileUnwritable>([&] { save(old_net, path); });
    check_sentence(error);
    CHECK_THAT(error.what(), ContainsSubstring("Read-only file system"));
    CHECK(read_bytes(path) == new_file);
    check_names(disk.path(), {"net"});
}

/// A check on a disk of half a megabyte.
template <typename Save>
void check_on_disk(const Save& save) {
    const SmallDisk disk(std::size_t{1} << 19);
    if (disk.there()) {
        check_saving(disk, save);
    } else {
        std::cout << disk.problem() << std::endl;
    }
}

}  // namespace

TEST_CASE("save_safetensors on a full disk", "[full_disk]") {
    check_on_disk([](const Net& net, const auto& path) { save_safetensors(net, path); });
}

TEST_CASE("export_onnx on a full disk", "[full_disk]") {
    check_on_disk([](const Net& net, const auto& path) { export_onnx(net, path); });
}

TEST_CASE("save_checkpoint on a full disk", "[full_disk]") {
    check_on_disk([](Net net, const auto& path) {
        Trainer trainer(net, SGD{.lr = 0.1f, .momentum = 0.9f}, {.threads = 1});
        save_checkpoint(trainer, path);
    });
}
