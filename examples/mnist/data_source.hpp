// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include <ctcnn/data/split.hpp>

#include "training.hpp"

namespace mnist {

/// What the classes of a data set are called.
struct Classes {
    std::string_view data;     // as a saved network says what it was trained on
    std::string_view plural;   // what the images show
    std::size_t drawing_side;  // what they show lies in so many rows and columns
    std::array<std::string_view, class_count> names;

    /// Whether a name says more than the number.
    bool named() const { return names[0] != "0"; }
    std::size_t longest_name() const;
};

extern const Classes digits;
extern const Classes clothes;

/// The classes of a data set; null if there is none of this name.
const Classes* classes_of(std::string_view data);

/// DataSource: where images are, and what they show.
struct DataSource {
    std::string folder;
    const Classes* classes;
    bool is_package = false;  // Debian's
};

/// What --data says: the name of a data set, or a folder. A folder that is called Fashion-MNIST, in any spelling, or lies
/// in one, has its classes.
DataSource data_source(const std::string& text);
/// The one that comes with the repository.
DataSource default_source();
/// The images of these classes where nothing is said about a folder.
DataSource source_of(const Classes& classes);

/// Throws   ctcnn::DataError, and std::runtime_error where the package is not installed
Digits load_images(const DataSource& source, ctcnn::Split split);

}  // namespace mnist
