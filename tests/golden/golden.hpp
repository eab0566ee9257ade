// SPDX-License-Identifier: MIT
// Reads the files that make_golden.py wrote (see README.md), and compares.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "catch.hpp"

namespace golden {

inline constexpr std::size_t image_count = 37;
inline constexpr std::size_t batch_sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, image_count};

/// The numbers of one file, by their names.
class File {
public:
    explicit File(const std::string& name) {
        const std::string path = CTCNN_GOLDEN_FOLDER "/" + name + ".golden";
        std::ifstream file(path, std::ios::binary);
        std::string line;
        std::getline(file, line);
        while (std::getline(file, line)) {
            std::istringstream words(line);
            std::string key;
            std::string kind;
            std::size_t count = 0;
            words >> key >> kind >> count;
            std::vector<double>& numbers = records_[key];
            if (kind == "f32") {
                numbers = read<float>(file, count, 1);
            } else if (kind == "f64") {
                numbers = read<double>(file, count, 1);
            } else {
                numbers = read<std::int8_t>(file, count, std::stod(kind.substr(kind.find('/') + 1)));
            }
        }
        if (records_.empty()) {
            throw std::runtime_error("cannot read " + path);
        }
    }

    const std::vector<double>& operator[](const std::string& name) const { return records_.at(name); }

private:
    template <typename T>
    static std::vector<double> read(std::istream& file, std::size_t count, double divisor) {
        std::vector<T> raw(count);
        file.read(reinterpret_cast<char*>(raw.data()), static_cast<std::streamsize>(count * sizeof(T)));
        std::vector<double> numbers;
        for (T& number : raw) {
            if constexpr (std::endian::native == std::endian::big) {  // The files are little-endian.
                char* bytes = reinterpret_cast<char*>(&number);
                std::reverse(bytes, bytes + sizeof(T));
            }
            numbers.push_back(static_cast<double>(number) / divisor);
        }
        return numbers;
    }

    std::map<std::string, std::vector<double>> records_;
};

struct Tolerance {
    double relative;
    double absolute;
};
/// Those of PyTorch's own tests in float32 (torch.testing.assert_close).
inline constexpr Tolerance float_tolerance{1.3e-6, 1e-5};

/// Compares each number; says how many differ, and which one first.
inline void check_close(const std::string& what, const std::vector<double>& actual, const std::vector<double>& expected,
                        Tolerance tolerance) {
    std::size_t wrong = 0;
    std::ostringstream first;
    first.precision(10);
    for (std::size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
        const double bound = tolerance.absolute + tolerance.relative * std::abs(expected[i]);
        if (!(std::abs(actual[i] - expected[i]) <= bound) && wrong++ == 0) {
            first << "number " << i << " is " << actual[i] << ", expected " << expected[i];
        }
    }
    INFO(what << ": " << first.str());
    CHECK(actual.size() == expected.size());
    CHECK(wrong == 0);
}

/// Any numbers as doubles.
template <typename Numbers>
std::vector<double> doubles(const Numbers& numbers) {
    std::vector<double> result;
    for (const auto& number : numbers) {
        result.push_back(static_cast<double>(number));
    }
    return result;
}

/// Row after row of numbers, as tensors.
template <typename Tensor>
std::vector<Tensor> tensors(const std::vector<double>& numbers) {
    std::vector<Tensor> result(numbers.size() / Tensor::size());
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        result[i / Tensor::size()].values[i % Tensor::size()] = static_cast<typename Tensor::value_type>(numbers[i]);
    }
    return result;
}

}  // namespace golden
