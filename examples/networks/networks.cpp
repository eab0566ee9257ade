// SPDX-License-Identifier: MIT
//
// networks          the table of docs/networks.md
// networks NAME     the summary of one network
#include <array>
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include <ctcnn/training.hpp>

#include "networks.hpp"

namespace {

/// 12,501,632
std::string grouped(unsigned long long number) {
    std::string digits = std::to_string(number);
    for (std::size_t place = digits.size(); place > 3; place -= 3) {
        digits.insert(place - 3, ",");
    }
    return digits;
}

template <typename Net>
std::string spelled_input() {
    std::string text;
    for (const std::size_t size : Net::input_shape::dims) {
        text += (text.empty() ? "" : " x ") + std::to_string(size);
    }
    return text;
}

}  // namespace

int main(int count, char** arguments) {
    const std::string_view wanted = count > 1 ? arguments[1] : "";
    bool found = wanted.empty();
    if (wanted.empty()) {
        std::puts("| Network | Input | Parameters | Multiply-accumulates | Bytes to infer |");
        std::puts("|---|---|---:|---:|---:|");
    }
    for_each_network([&]<typename Net>(std::string_view name) {
        using Small = ctcnn::Fused<Net>;
        if (wanted.empty()) {
            std::printf("| [%s](../examples/networks/%s.hpp) | %s | %s | %s | %s |\n", name.data(), name.data(),
                        spelled_input<Net>().c_str(), grouped(Small::parameter_count).c_str(),
                        grouped(Small::multiply_adds).c_str(), grouped(Small::inference_workspace_bytes).c_str());
        } else if (wanted == name) {
            const std::string_view text = ctcnn::summary<Net>();
            std::fwrite(text.data(), 1, text.size(), stdout);
            found = true;
        }
    });
    if (!found) {
        std::fprintf(stderr, "networks: there is no network %s; without a name, all are listed\n", wanted.data());
    }
    return found ? 0 : 1;
}
