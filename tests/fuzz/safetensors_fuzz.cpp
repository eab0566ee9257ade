// SPDX-License-Identifier: MIT
//
// Any bytes as a safetensors file. What a network accepts, it saves, and loads again with the same bits; what it
// refuses leaves it as it was.
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <type_traits>

#include <ctcnn/io/any_of.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "fuzz.hpp"
#include "networks.hpp"

namespace {

using namespace fuzz;

const std::array<ctcnn::LoadOptions, 5> options{{
    {},
    {.convert = true, .allow_missing = true, .allow_unexpected = true},
    {.convert = true, .allow_missing = true, .transpose = true},
    {.allow_unexpected = true, .prefix = "model."},
    {.convert = true, .allow_missing = true, .rename = {{"conv1", "0"}, {"fc.bias", "3.bias"}}},
}};

template <typename Net>
void check_saving(const Net& net, const std::map<std::string, std::string>& metadata) {
    const std::filesystem::path path = folder() / "saved";
    ctcnn::save_safetensors(net, path, metadata);
    Net loaded{};
    ctcnn::load_safetensors(loaded, path);
    expect(bits_of(loaded) == bits_of(net), "a saved network has the same bits");
    expect(ctcnn::safetensors_metadata(path) == metadata, "saved metadata is the same");
}

template <typename Net>
bool check_loading(const std::filesystem::path& path, std::size_t size) {
    bool fits = false;
    for (const ctcnn::LoadOptions& option : options) {
        Net net = filled<Net>(-1.0f);
        const Bytes before = bits_of(net);
        const bool accepted = accepts(size, [&] { ctcnn::load_safetensors(net, path, option); });
        expect(accepted || bits_of(net) == before, "a refused file leaves the network as it was");
        if (accepted) {
            std::map<std::string, std::string> metadata;
            expect(accepts(size, [&] { metadata = ctcnn::safetensors_metadata(path); }), "a loaded file has metadata");
            check_saving(net, metadata);
        }
        fits = fits || (&option == options.data() && accepted);
    }
    return fits;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::filesystem::path path = write("a", std::span(data, size));
    const bool fits_net = check_loading<Net>(path, size);
    const bool fits_wide = check_loading<Net::with_scalar<double>>(path, size);
    const bool fits_smaller = check_loading<Smaller>(path, size);
    expect(!fits_net || !fits_wide, "a dtype is one of float and double");
    bool is_smaller = false;
    const bool fits_any = accepts(size, [&] {
        ctcnn::any_of<Net, Smaller>(
            path, [&](const auto& net) { is_smaller = std::is_same_v<decltype(net), const Smaller&>; });
    });
    expect(fits_any == (fits_net || fits_smaller) && is_smaller == fits_smaller, "any_of takes the network that fits");
    accepts(size, [&] { ctcnn::safetensors_metadata(path); });
    return 0;
}
