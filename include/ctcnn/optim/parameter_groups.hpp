// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

#include <ctcnn/core/parameter_tensor.hpp>
#include <ctcnn/core/target.hpp>
#include <ctcnn/optim/settings.hpp>
#include <ctcnn/optim/tensor_step.hpp>

namespace CTCNN_DETAIL {

/// Selector: what a group of parameters is chosen by: a name in quotes, or a ParameterKind.
template <std::size_t Length>
struct Selector {
    char characters[Length + 1] = {};
    ParameterKind kind = ParameterKind::weight;
    bool by_kind = false;

    consteval Selector(const char (&text)[Length + 1]) { std::copy_n(text, Length, characters); }
    consteval Selector(ParameterKind of) : kind(of), by_kind(true) {}

    /// A name is that of a tensor, or of a layer or block around it.
    constexpr bool selects(const ParameterTensor& tensor) const {
        if (by_kind) {
            return tensor.kind == kind;
        }
        const std::string_view name(characters, Length);
        return tensor.name.starts_with(name) && (tensor.name.size() == Length || tensor.name[Length] == '.');
    }
};
template <std::size_t Size>
Selector(const char (&)[Size]) -> Selector<Size - 1>;
Selector(ParameterKind) -> Selector<0>;

/// The parameters that one of the selectors selects.
template <Selector... Which>
struct Selection {
    static_assert(sizeof...(Which) != 0, "group and freeze name what they take: group<\"head\">(...)");

    static constexpr bool selects(const ParameterTensor& tensor) { return (... || Which.selects(tensor)); }

    template <const auto& Tensors, Selector Name>
    static consteval bool found() {
        constexpr bool exists = Name.by_kind || std::ranges::any_of(Tensors, [](const ParameterTensor& tensor) {
                                    return Name.selects(tensor);
                                });
        static_assert(exists,
                      "group<\"name\"> or freeze<\"name\">: no parameter of the network has this name, nor has a "
                      "layer or block with parameters; Net::names() has all names");
        return exists;
    }
    /// Whether there are parameters of all names; if not, that is one error for each.
    template <const auto& Tensors>
    static consteval bool all_found() {
        return (... & found<Tensors, Which>());
    }
};

/// What group<...>(optimizer) and freeze<...>() give.
template <typename Optimizer, Selector... Which>
struct Group : Selection<Which...> {
    Optimizer optimizer;

    static constexpr bool frozen = false;
    template <typename>
    using or_type = Optimizer;
    constexpr explicit Group(const Optimizer& settings) : optimizer(settings) {}
};
template <Selector... Which>
struct Frozen : Selection<Which...> {
    static constexpr bool frozen = true;
    template <typename Other>
    using or_type = Other;
};

}  // namespace CTCNN_DETAIL

namespace CTCNN_API {

/// group: parameters with an optimizer of their own settings, for ParameterGroups: those of a name as in Net::names(),
/// "3.weight", of a layer or block, "3" or "stem", or of a kind.
template <detail_::Selector... Which, typename Optimizer>
constexpr detail_::Group<Optimizer, Which...> group(const Optimizer& optimizer) {
    return detail_::Group<Optimizer, Which...>(optimizer);
}
/// freeze: parameters that no step changes, for ParameterGroups.
template <detail_::Selector... Which>
constexpr detail_::Frozen<Which...> freeze() {
    return {};
}

/// ParameterGroups: an optimizer whose settings depend on the parameter:
///     ParameterGroups(AdamW{.lr = 1e-3f}, group<ParameterKind::bias, ParameterKind::norm>(AdamW{.weight_decay = 0}),
///                     freeze<"stem">())
/// The first optimizer is that of all parameters that no group takes; of several groups that take one, the last one
/// has it. What is frozen stays as it is, whatever else takes it, and is no part of the norm of clip_grad_norm. A name
/// that the network does not have is one error of the compiler.
/// As in    the param_groups of torch.optim.Optimizer; requires_grad_(False)
template <typename Optimizer, typename... Gs>
class ParameterGroups {
    static_assert((... && std::is_same_v<typename Gs::template or_type<Optimizer>, Optimizer>),
                  "the groups of ParameterGroups have optimizers of one type, such as AdamW");
    static_assert(
        !requires { Optimizer::is_average; },
        "averages go around the groups: EMA{ParameterGroups(SGD{}, freeze<\"stem\">())}");

public:
    constexpr explicit ParameterGroups(const Optimizer& others, const Gs&... groups)
        : optimizers_{others, settings_of(groups, others)...} {}

    /// Throws   what the optimizers refuse
    constexpr void validate() const {
        for (const Optimizer& optimizer : optimizers_) {
            if constexpr (requires { optimizer.validate(); }) {
                optimizer.validate();
            }
        }
    }

    static constexpr std::size_t state_count = Optimizer::state_count;
    static constexpr bool whole_tensors = detail_::whole_tensors<Optimizer>;

    /// Whether there are parameters of all names.
    template <const auto& Tensors>
    static consteval bool names_exist() {
        return (true & ... & Gs::template all_found<Tensors>());
    }

    static constexpr bool is_frozen(const ParameterTensor& tensor) {
        return (... || (Gs::frozen && Gs::selects(tensor)));
    }
    template <typename T>
    static constexpr std::size_t scratch_size(const ParameterTensor& tensor) {
        return detail_::scratch_size<Optimizer, T>(tensor);
    }
    /// The optimizer of a tensor.
    constexpr const Optimizer& of(const ParameterTensor& tensor) const {
        std::size_t place = 0;
        std::size_t index = 0;
        (..., (place = (++index, !Gs::frozen && Gs::selects(tensor)) ? index : place));
        return optimizers_[place];
    }

    /// One step on a part of a tensor, or on the whole tensor if the optimizers need it.
    template <typename T>
    constexpr void step(const ParameterTensor& tensor, std::span<T> parameters, std::span<const T> gradients,
                        std::array<std::span<T>, state_count> state, std::uint64_t number, std::span<T> scratch) const {
        if (!is_frozen(tensor)) {
            detail_::step_tensor(of(tensor), tensor, parameters, gradients, state, number, scratch);
        }
    }

    /// Calls f(given, now) for the optimizers of two of the same type, in their order; what is frozen has none.
    template <typename F>
    static constexpr void for_each_pair(const ParameterGroups& given, ParameterGroups& now, const F& f) {
        constexpr bool frozen[] = {false, Gs::frozen...};
        for (std::size_t i = 0; i < given.optimizers_.size(); ++i) {
            if (!frozen[i]) {
                f(given.optimizers_[i], now.optimizers_[i]);
            }
        }
    }

private:
    template <typename G>
    static constexpr const Optimizer& settings_of(const G& group, const Optimizer& others) {
        if constexpr (G::frozen) {
            return others;
        } else {
            return group.optimizer;
        }
    }

    std::array<Optimizer, 1 + sizeof...(Gs)> optimizers_;
};
template <typename Optimizer, typename... Gs>
ParameterGroups(const Optimizer&, const Gs&...) -> ParameterGroups<Optimizer, Gs...>;

}  // namespace CTCNN_API
