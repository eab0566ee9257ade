// SPDX-License-Identifier: MIT
//
// The bytes of TensorBoard's files. tensor_board.py reads them with TensorBoard's own reader.
#include <ctcnn/io/tensor_board.hpp>

#include <ctcnn/optim/sgd.hpp>
#include <ctcnn/train/callbacks/validation.hpp>
#include <ctcnn/train/fit.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "../train/small.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;
using small::Net;

namespace {

/// The records of the one file of events of a folder, whose checksums are right.
std::vector<std::string> records_of(const std::filesystem::path& folder) {
    std::vector<std::string> records;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (!entry.is_regular_file()) {
            continue;
        }
        const std::string text = text_of(entry.path());
        for (std::size_t at = 0; at < text.size();) {
            std::uint64_t size = 0;
            REQUIRE(text.size() - at >= 16);
            for (std::size_t n = 0; n < 8; ++n) {
                size |= std::uint64_t{static_cast<unsigned char>(text[at + n])} << (8 * n);
            }
            REQUIRE(text.size() - at - 16 >= size);
            const std::string record = text.substr(at + 12, size);
            CHECK(detail_::io::tf_record(record) == text.substr(at, 16 + size));
            records.push_back(record);
            at += 16 + size;
        }
    }
    return records;
}

/// Field 1 of an event: the seconds since 1970.
double time_of(const std::string& record) {
    double time = 0;
    REQUIRE(record.size() > sizeof time);
    REQUIRE(record[0] == '\x09');
    std::memcpy(&time, record.data() + 1, sizeof time);
    return time;
}

double now() { return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count(); }

std::size_t count_of(const std::vector<std::string>& records, std::string_view text) {
    std::size_t count = 0;
    for (const std::string& record : records) {
        count += record.find(text) != std::string::npos ? 1U : 0U;
    }
    return count;
}

}  // namespace

TEST_CASE("CRC-32C and records") {
    using namespace ctcnn::detail_::io;
    // RFC 3720, appendix B.4, and the usual check value.
    static_assert(crc32c(std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 32)) ==
                  0x8a9136aa);
    static_assert(crc32c("123456789") == 0xe3069283);
    const std::string record = tf_record("abc");
    REQUIRE(record.size() == 19);
    REQUIRE(record.substr(0, 8) == std::string("\3\0\0\0\0\0\0\0", 8));
    REQUIRE(record.substr(12, 3) == "abc");
}

TEST_CASE("TensorBoard writes a record for each epoch, and one for each n-th step in a folder of its own") {
    const ScratchFolder folder;
    const small::Data data = small::data(40);
    Net net = small::net();
    const double begin = now();
    fit(net, data, SGD{}, {.epochs = 3, .batch_size = 10}, Validation{data},
        TensorBoard{folder.path() / "runs", {.every_n_steps = 2}});
    const double end = now();
    const std::vector<std::string> epochs = records_of(folder.path() / "runs");
    REQUIRE(epochs.size() == 4);  // the first is the version of the file
    CHECK_THAT(epochs[0], ContainsSubstring("brain.Event:2"));
    for (const std::string& epoch : epochs) {
        // A double of today's seconds has steps of 2.4e-7.
        CHECK(time_of(epoch) >= begin - 1e-6);
        CHECK(time_of(epoch) <= end + 1e-6);
    }
    for (std::size_t n = 1; n < 4; ++n) {
        for (const char* tag : {"loss/train", "loss/validation", "lr"}) {
            CAPTURE(n, tag);
            CHECK(epochs[n].find(tag) != std::string::npos);
        }
        // Field 2 of an event is the step.
        CHECK(epochs[n].find(std::string{'\x10', static_cast<char>(n)}) != std::string::npos);
    }
    CHECK(count_of(epochs, "loss/step") == 0);
    const std::vector<std::string> steps = records_of(folder.path() / "runs/steps");
    REQUIRE(steps.size() == 7);
    for (std::size_t n = 1; n < 7; ++n) {
        CAPTURE(n);
        CHECK(steps[n].find("loss/step") != std::string::npos);
        CHECK(steps[n].find("lr/step") != std::string::npos);
        CHECK(steps[n].find(std::string{'\x10', static_cast<char>(2 * n)}) != std::string::npos);
    }
}

TEST_CASE("A training that goes on within its first epoch makes TensorBoard forget what was before") {
    const ScratchFolder folder;
    const small::Data data = small::data(40);
    Net net = small::net();
    FitOptions stopping{.epochs = 1, .batch_size = 10};
    std::size_t asked = 0;
    stopping.should_stop = [&] { return ++asked == 2; };
    Trainer trainer(net, SGD{}, stopping);
    // The bytes of SessionLog.START behind a step.
    const auto starts = [&](const char* name, char step) {
        const std::string start{'\x10', step, '\x3a', '\x02', '\x08', '\x01'};
        std::size_t count = 0;
        for (const auto& entry : std::filesystem::directory_iterator(folder.path() / name)) {
            count += entry.is_regular_file() && text_of(entry.path()).find(start) != std::string::npos ? 1U : 0U;
        }
        return count;
    };
    const auto run = [&](const char* name) {
        trainer.fit(data, TensorBoard{folder.path() / name, {.every_n_steps = 1}});
    };
    run("runs");
    REQUIRE(starts("runs", 1) == 0);
    REQUIRE(starts("runs/steps", 1) == 0);
    run("runs");
    REQUIRE(starts("runs", 1) == 1);
    REQUIRE(starts("runs/steps", 3) == 1);
}
