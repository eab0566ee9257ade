// SPDX-License-Identifier: MIT
//
// Any bytes as a .gz file. What is unpacked does not depend on how much is read at once, and packed again it is the
// same; as a file of images, or of labels, it is loaded as the unpacked one. Half of the mutations change what is
// packed.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

#include <zlib.h>

#include <ctcnn/core/shape.hpp>
#include <ctcnn/data/byte_source.hpp>

#include "fuzz.hpp"
#include "idx.hpp"

namespace {

using namespace fuzz;

/// Hands what is in a file to take(span), in pieces; whether it ends without an error.
template <typename Take>
bool unpack(const std::filesystem::path& path, std::size_t piece, const Take& take) {
    return accepts(0, [&] {
        ctcnn::detail_::ByteSource source(path, "Copy the file again.");
        Bytes buffer(piece);
        for (std::size_t got = piece; got == piece;) {
            got = source.read(buffer);
            take(std::span(buffer).first(got));
        }
        source.expect_end();
    });
}

struct Content {
    std::size_t size = 0;
    uLong checksum = 0;
    bool whole = false;

    /// How much comes before an error depends on the pieces.
    bool operator==(const Content& other) const {
        return whole == other.whole && (!whole || (size == other.size && checksum == other.checksum));
    }
};

Content content_of(const std::filesystem::path& path, std::size_t piece) {
    Content content;
    content.whole = unpack(path, piece, [&](std::span<const std::uint8_t> bytes) {
        content.size += bytes.size();
        content.checksum = crc32(content.checksum, bytes.data(), static_cast<uInt>(bytes.size()));
    });
    return content;
}

Bytes gzip(Bytes bytes) {
    z_stream stream{};
    expect(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK, "zlib packs");
    Bytes packed(deflateBound(&stream, static_cast<uLong>(bytes.size())));
    stream.next_in = bytes.data();
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = packed.data();
    stream.avail_out = static_cast<uInt>(packed.size());
    expect(deflate(&stream, Z_FINISH) == Z_STREAM_END, "zlib packs all");
    packed.resize(packed.size() - stream.avail_out);
    deflateEnd(&stream);
    return packed;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t most);

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t most, unsigned seed) {
    if (seed % 2 == 0) {
        return LLVMFuzzerMutate(data, size, most);
    }
    Bytes bytes(4096);
    z_stream stream{};
    inflateInit2(&stream, 16 + MAX_WBITS);
    stream.next_in = data;
    stream.avail_in = static_cast<uInt>(size);
    stream.next_out = bytes.data();
    stream.avail_out = static_cast<uInt>(bytes.size());
    inflate(&stream, Z_SYNC_FLUSH);
    const std::size_t unpacked = bytes.size() - stream.avail_out;
    inflateEnd(&stream);
    bytes.resize(LLVMFuzzerMutate(bytes.data(), unpacked, bytes.size()));
    const Bytes packed = gzip(bytes);
    if (packed.size() > most) {
        return size;
    }
    std::ranges::copy(packed, data);
    return packed.size();
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || data[0] != 0x1f || data[1] != 0x8b) {
        return -1;  // a plain file, which idx_fuzz.cpp reads
    }
    const auto path = write("a.gz", std::span(data, size));
    const Content content = content_of(path, 4096);
    for (const std::size_t piece : {1U, 3U, 100'000U}) {
        expect(content.size > 100'000 || content_of(path, piece) == content, "all pieces tell the same");
    }
    Bytes bytes;
    bytes.reserve(content.size);
    unpack(path, 4096,
           [&](std::span<const std::uint8_t> piece) { bytes.insert(bytes.end(), piece.begin(), piece.end()); });
    const auto plain = write("plain", bytes);
    const Content packed_again = content_of(write("again.gz", gzip(bytes)), 4096);
    expect(packed_again == Content{content.size, content.checksum, true}, "what is packed again is the same");

    // A file is taken at its word for up to 16 times its length.
    const std::size_t most = std::max(content.size, 16 * size);
    check_file(path, most);
    const auto two_labels = write("labels", idx_of(Bytes{1, 2}));
    const auto two_images =
        write("images", idx_of(ctcnn::Dataset<ctcnn::Shape<1, 2, 3>>(std::vector<float>(12), Bytes{1, 2})));
    const auto same_as_plain = [&](const auto& load) {
        const bool accepted = accepts(5 * most, [&] { load(path); });
        expect(accepted == (accepts(5 * most, [&] { load(plain); }) && content.whole), "packed or not is the same");
    };
    check_pair<ctcnn::Shape<1, 2, 3>>(path, two_labels, most);
    same_as_plain([&](const auto& file) { ctcnn::load_idx<ctcnn::Shape<1, 2, 3>>(file, two_labels); });
    same_as_plain([&](const auto& file) { ctcnn::load_idx<ctcnn::Shape<1, 2, 3>>(two_images, file); });
    return 0;
}
