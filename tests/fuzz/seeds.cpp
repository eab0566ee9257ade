// SPDX-License-Identifier: MIT
//
// Writes what fuzzing begins with: files as the library and others write them, in a folder for each target.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <ios>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <zlib.h>

#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "../data/npy_files.hpp"
#include "networks.hpp"

namespace {

namespace fs = std::filesystem;
using Bytes = std::vector<std::uint8_t>;

void put(const fs::path& path, const Bytes& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void put_safetensors(const fs::path& path, const std::string& header, const std::string& data = {}) {
    Bytes bytes(8);
    bytes[0] = static_cast<std::uint8_t>(header.size());
    bytes[1] = static_cast<std::uint8_t>(header.size() >> 8);
    bytes.insert(bytes.end(), header.begin(), header.end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    put(path, bytes);
}

/// A copy of a safetensors file with other texts in its header.
void put_changed(const fs::path& path, const fs::path& source,
                 std::initializer_list<std::pair<const char*, const char*>> changes) {
    std::ifstream file(source, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(file), {});
    const std::size_t size = static_cast<std::uint8_t>(bytes[0]) + 256u * static_cast<std::uint8_t>(bytes[1]);
    std::string header = bytes.substr(8, size);
    for (const auto& [text, other] : changes) {
        header.replace(header.find(text), std::strlen(text), other);
    }
    put_safetensors(path, header, bytes.substr(8 + size));
}

void write_safetensors(const fs::path& folder) {
    using namespace ctcnn;
    const auto net = fuzz::filled<fuzz::Net>(0);
    save_safetensors(net, folder / "float32.safetensors");
    save_safetensors(net, folder / "float16.safetensors", {{"epoch", "12"}, {"", "\xc3\xa9\"\n"}}, Dtype::float16);
    save_safetensors(net, folder / "bfloat16.safetensors", {}, Dtype::bfloat16);
    save_safetensors(fuzz::Net{}, folder / "int8.safetensors", {}, Dtype::int8);
    save_safetensors(fuzz::filled<fuzz::Net::with_scalar<double>>(0), folder / "float64.safetensors");
    save_safetensors(fuzz::filled<fuzz::Smaller>(0), folder / "smaller.safetensors");
    put_changed(folder / "prefixed.safetensors", folder / "float32.safetensors",
                {{"\"0.bias", "\"model.0.bias"},
                 {"\"0.weight", "\"model.0.weight"},
                 {"\"3.bias", "\"model.3.bias"},
                 {"\"3.weight", "\"model.3.weight"}});
    put_changed(folder / "renamed.safetensors", folder / "float32.safetensors",
                {{"0.bias", "conv1.bias"}, {"0.weight", "conv1.weight"}, {"3.bias", "fc.bias"}});
    put_changed(folder / "keras.safetensors", folder / "float32.safetensors",
                {{"[2,1,3,3]", "[3,3,1,2]"}, {"[3,8]", "[8,3]"}});
    save_safetensors(Sequential<Input<3>, ReLU>{}, folder / "empty.safetensors");
    put_safetensors(folder / "odd.safetensors",
                    R"( {"__metadata__":null,"x":{"shape":[0, 7],"y":[1e3,{"a":[]},true],"dtype":"F8_E4M3",)"
                    R"("data_offsets":[0,0]},"\u0061\ud83d\ude00":{"dtype":"F4","shape":[0],"data_offsets":[0,0]}} )");
}

void write_checkpoints(const fs::path& folder) {
    auto net = fuzz::filled<fuzz::Smaller>(0);
    int step = 0;
    ctcnn::FitOptions options = fuzz::training_options;
    options.should_stop = [&] { return ++step == 2; };
    ctcnn::Trainer trainer(net, fuzz::adam, options);
    ctcnn::save_checkpoint(trainer, folder / "fresh.safetensors", {{"name", "value"}});
    trainer.run_epoch(fuzz::training_set());
    ctcnn::save_checkpoint(trainer, folder / "middle.safetensors");
    trainer.run_epoch(fuzz::training_set());
    ctcnn::save_checkpoint(trainer, folder / "epoch.safetensors");
}

/// An idx file: the type of its elements, its sizes, its content.
Bytes idx(std::uint8_t type, std::initializer_list<std::uint8_t> sizes, const Bytes& content) {
    Bytes bytes{0, 0, type, static_cast<std::uint8_t>(sizes.size())};
    for (const std::uint8_t size : sizes) {
        bytes.insert(bytes.end(), {0, 0, 0, size});
    }
    bytes.insert(bytes.end(), content.begin(), content.end());
    return bytes;
}

/// The file of a pair for idx_fuzz.cpp.
void put_pair(const fs::path& path, const Bytes& images, const Bytes& labels) {
    Bytes bytes{static_cast<std::uint8_t>(images.size()), 0};
    bytes.insert(bytes.end(), images.begin(), images.end());
    bytes.insert(bytes.end(), labels.begin(), labels.end());
    put(path, bytes);
}

void put_gz(const fs::path& path, const Bytes& bytes) {
    const gzFile file = gzopen(path.c_str(), "wb9");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("Give one folder for the seeds.\n", stderr);
        return 2;
    }
    const fs::path folder = arguments[1];
    for (const char* target : {"safetensors", "checkpoint", "idx", "gz", "npy"}) {
        fs::create_directories(folder / target);
    }
    write_safetensors(folder / "safetensors");
    write_checkpoints(folder / "checkpoint");

    const Bytes images = idx(0x08, {2, 2, 3}, {0, 51, 102, 153, 204, 255, 1, 2, 3, 4, 5, 6});
    const Bytes labels = idx(0x08, {2}, {1, 9});
    put_pair(folder / "idx/bytes.bin", images, labels);
    put_pair(folder / "idx/floats.bin",
             idx(0x0d, {1, 4}, {0x3f, 0x80, 0, 0, 0xbf, 0, 0, 0, 0, 0, 0, 0, 0x7f, 0xc0, 0, 0}),
             idx(0x0b, {1}, {0, 3}));
    put_pair(folder / "idx/doubles.bin", idx(0x0e, {1, 4}, Bytes(32, 0x3f)), idx(0x0c, {1, 8}, Bytes(32)));
    put_pair(folder / "idx/channels.bin", idx(0x08, {1, 2, 2, 2}, Bytes(8, 7)), idx(0x09, {1}, {26}));
    for (const NpyExample& example : npy_examples) {
        std::string name(example.name);
        std::ranges::replace(name, ' ', '_');
        const Bytes bytes(example.bytes.begin(), example.bytes.end());
        put(folder / "npy" / name, bytes);
    }
    put_gz(folder / "gz/images.gz", images);
    put_gz(folder / "gz/labels.gz", labels);
    put_gz(folder / "gz/claims.gz", idx(0x08, {255, 255, 255}, {1, 2, 3}));
    put_gz(folder / "gz/zeros.gz", Bytes(100'000));
    return 0;
}
