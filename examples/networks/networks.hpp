// SPDX-License-Identifier: MIT
#pragma once

#include "autoencoder.hpp"
#include "ds_cnn.hpp"
#include "inception.hpp"
#include "mobilenet.hpp"
#include "resnet20.hpp"
#include "resnet8.hpp"
#include "squeeze_excite.hpp"
#include "unet.hpp"

/// Calls f.operator()<Net>(name) for each network, with the name of its file.
template <typename F>
void for_each_network(F&& f) {
    f.template operator()<ResNet8>("resnet8");
    f.template operator()<DSCNN>("ds_cnn");
    f.template operator()<MobileNetV1>("mobilenet");
    f.template operator()<Autoencoder>("autoencoder");
    f.template operator()<ResNet20>("resnet20");
    f.template operator()<UNet>("unet");
    f.template operator()<InceptionNet>("inception");
    f.template operator()<SqueezeExciteNet>("squeeze_excite");
}
