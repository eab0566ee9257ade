// SPDX-License-Identifier: MIT
//
// Any bytes as a checkpoint. A training that accepts it goes on, and one that is resumed from what it saves has the
// same bits; a refused file leaves the training as it was.
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>

#include <ctcnn/io/checkpoint.hpp>
#include <ctcnn/io/safetensors.hpp>
#include <ctcnn/train/not_finite.hpp>

#include "fuzz.hpp"
#include "networks.hpp"

namespace {

using namespace fuzz;

struct Training {
    Smaller net = filled<Smaller>(-1.0f);
    ctcnn::Trainer<Smaller, ctcnn::Adam> trainer{net, adam, training_options};

    Bytes bits() const {
        Bytes bits = bits_of(net);
        const auto& progress = ctcnn::detail_::train::ProgressOf::get(trainer);
        for (const Bytes& more : {bits_of(trainer.state()), bits_of(std::span(&progress, 1))}) {
            bits.insert(bits.end(), more.begin(), more.end());
        }
        return bits;
    }

    /// An epoch, or a sentence that says why there is none.
    std::string go_on() {
        try {
            trainer.run_epoch(training_set());
        } catch (const ctcnn::LossNotFinite& error) {
            return error.what();
        } catch (const std::invalid_argument& error) {
            return error.what();
        }
        return {};
    }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::filesystem::path path = write("a", std::span(data, size));
    Training training;
    const Bytes before = training.bits();
    if (!accepts(size, [&] { ctcnn::resume(training.trainer, path); })) {
        expect(training.bits() == before, "a refused file leaves the training as it was");
        return 0;
    }
    const std::filesystem::path saved = folder() / "saved";
    ctcnn::save_checkpoint(training.trainer, saved);
    Training resumed;
    ctcnn::resume(resumed.trainer, saved);
    expect(resumed.bits() == training.bits(), "a saved training has the same bits");
    Smaller net{};
    ctcnn::load_safetensors(net, saved, {.allow_unexpected = true});
    expect(bits_of(net) == bits_of(training.net), "a checkpoint is a file of the network");
    const std::string reason = training.go_on();
    expect(resumed.go_on() == reason && resumed.bits() == training.bits(), "a resumed training goes on alike");
    return 0;
}
