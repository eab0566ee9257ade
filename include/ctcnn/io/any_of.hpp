// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>
#include <variant>

#include <ctcnn/core/target.hpp>
#include <ctcnn/io/load_options.hpp>
#include <ctcnn/io/load_state.hpp>
#include <ctcnn/model/network.hpp>

namespace CTCNN_DETAIL::io {

/// The first of the networks that a file fits, loaded; the index in the variant says which.
template <typename... Nets>
std::variant<Nets...> load_first_fitting(const std::filesystem::path& path, const LoadOptions& options) {
    const InputFile<> file(path);
    const SafetensorsHeader<> header(file);
    std::variant<Nets...> nets;
    std::string tables;
    const auto load_if_fits = [&]<typename Net, std::size_t Index>() {
        const StateMatch<> match(header, Net::names(), model::drawn_tensors<typename Net::layers>,
                                 own_dtype<typename Net::scalar>, options);
        if (!match.fits()) {
            tables.append(
                sentence({"\n  network ", decimal(Index), ": ", match.found(), match.table(), "\n  ", match.remedy()}));
            return false;
        }
        Net& net = nets.template emplace<Index>();
        StagedTensors<>(file, header, match, io::state_of(net), options.transpose).copy_to_network();
        return true;
    };
    const bool found = [&]<std::size_t... Index>(std::index_sequence<Index...>) {
        return (load_if_fits.template operator()<Nets, Index>() || ...);
    }(std::index_sequence_for<Nets...>{});
    if (!found) {
        throw TensorMismatch({path, 0, sentence({"the tensors of one of ", decimal(sizeof...(Nets)), " networks"}),
                              "those of none of them", std::move(tables), OffsetIn::file});
    }
    return nets;
}

}  // namespace CTCNN_DETAIL::io

namespace CTCNN_API {

/// any_of: loads a safetensors file into the first of the networks whose names and shapes it has, and returns
/// visitor(net): one program for several architectures.
///     any_of<Small, Large>("net.safetensors", [&](const auto& net) { return predict(net, ...); });
/// Refuses  what load_safetensors refuses; where no network fits, TensorMismatch with a table for each
template <typename... Nets, typename Visitor>
    requires(sizeof...(Nets) != 0 && (... && AnyNetwork<Nets>))
decltype(auto) any_of(const std::filesystem::path& path, Visitor&& visitor, const LoadOptions& options = {}) {
    auto nets = detail_::io::in_memory(path, [&] { return detail_::io::load_first_fitting<Nets...>(path, options); });
    return std::visit(std::forward<Visitor>(visitor), nets);
}
/// Where one of the networks is refused, its error is the only one.
template <typename... Nets, typename Visitor>
    requires((... || RefusedNetwork<Nets>) && (... && (AnyNetwork<Nets> || RefusedNetwork<Nets>)))
detail_::model::AnyResult any_of(const std::filesystem::path&, Visitor&&, const LoadOptions& = {}) {
    (static_cast<void>(Nets{}), ...);
    return {};
}

}  // namespace CTCNN_API
