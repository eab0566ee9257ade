// SPDX-License-Identifier: MIT
// That a training which is saved after some steps and resumed ends with the bits of one without a pause.
#pragma once

#include <ctcnn/io/checkpoint.hpp>

#include <algorithm>
#include <cstddef>
#include <filesystem>

#include "../train/small.hpp"
#include "catch.hpp"
#include "files.hpp"

namespace resumed {

/// 18 steps of 60 images, three an epoch.
inline ctcnn::FitOptions options() { return {.epochs = 6, .batch_size = 24, .seed = 5}; }

/// Trains `fresh` without a pause, and with one in the middle of an epoch, between two, and behind the first step; the
/// resumed network begins as `other`. Returns the trained network.
template <typename Net, typename Data, typename Optimizer, typename Loss = ctcnn::CrossEntropyLoss>
Net check(const Net& fresh, const Net& other, const Data& data, const Optimizer& optimizer,
          const ctcnn::FitOptions& options, const Loss& loss = {}) {
    const ScratchFolder folder;
    const std::filesystem::path path = folder.path() / "training.safetensors";
    Net wanted = fresh;
    ctcnn::Trainer whole(wanted, optimizer, options, loss);
    whole.fit(data);
    CHECK_FALSE(small::same_bits(wanted, fresh));
    for (const std::size_t saved : {1u, 3u, 7u, 8u, 12u, 17u}) {
        CAPTURE(saved);
        ctcnn::FitOptions stopping = options;
        std::size_t asked = 0;
        stopping.should_stop = [&] { return ++asked == saved; };
        stopping.threads = 1 + saved % 3;
        Net net = fresh;
        ctcnn::Trainer trainer(net, optimizer, stopping, loss);
        trainer.fit(data);
        save_checkpoint(trainer, path);

        Net found = other;
        ctcnn::Trainer resumed(found, optimizer, options, loss);
        resume(resumed, path);
        CHECK(resumed.last_lr() == trainer.last_lr());
        resumed.fit(data);
        CHECK(resumed.last_lr() == whole.last_lr());
        CHECK(small::same_bits(found, wanted));
        CHECK(std::ranges::equal(found.buffers(), wanted.buffers()));
        CHECK(std::ranges::equal(resumed.state(), whole.state()));
    }
    return wanted;
}

}  // namespace resumed
