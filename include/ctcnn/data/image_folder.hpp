// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/core/tensor.hpp>
#include <ctcnn/data/dataset.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/load_idx.hpp>
#include <ctcnn/data/read_png.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_DETAIL::inline CTCNN_FILES::inline CTCNN_IMAGES {

/// Refuses a folder that is, by a link, one of the `depth` folders that it lies in.
[[gnu::cold]] inline void expect_new(const std::filesystem::path& folder, int depth) {
    std::error_code ignored;
    std::filesystem::path outer = folder;
    for (int n = 0; n < depth; ++n) {
        outer = outer.parent_path();
        if (std::filesystem::equivalent(folder, outer, ignored)) {
            std::filesystem::path link = folder;
            while (!std::filesystem::is_symlink(link, ignored) && link != outer) {
                link = link.parent_path();
            }
            throw FileUnreadable({link, 0, "a folder of images", "a link to a folder that it lies in",
                                  "Take the link out of the folder.", OffsetIn::file});
        }
    }
}

/// The PNG files in a folder and below it, also behind links, in alphabetical order.
[[gnu::cold]] inline std::vector<std::filesystem::path> png_files(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    std::error_code error;
    std::filesystem::recursive_directory_iterator entries(
        folder, std::filesystem::directory_options::follow_directory_symlink, error);
    for (; !error && entries != std::filesystem::recursive_directory_iterator(); entries.increment(error)) {
        std::error_code ignored;
        std::string ending = entries->path().extension().string();
        std::ranges::transform(ending, ending.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
        if (entries->is_directory(ignored)) {
            expect_new(entries->path(), entries.depth() + 1);
        } else if (ending == ".png") {
            files.push_back(entries->path());
        }
    }
    if (error) {
        throw FileUnreadable({folder, 0, "a folder that can be read", sentence({"the error '", error.message(), "'"}),
                              "Make it readable with `chmod -R u+rX`.", OffsetIn::file});
    }
    std::ranges::sort(files);
    return files;
}

/// The folders in a folder, in alphabetical order: the classes.
[[gnu::cold]] inline std::vector<std::filesystem::path> class_folders(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> folders;
    std::error_code error;
    std::filesystem::directory_iterator entries(folder, error);
    for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
        std::error_code ignored;
        if (entries->is_directory(ignored)) {
            folders.push_back(entries->path());
        }
    }
    if (error || folders.empty()) {
        throw FileMissing({folder, 0, "a folder with a folder of PNG images for each class",
                           error ? sentence({"the error '", error.message(), "'"}) : "no folders in it",
                           "Put the images of each class into a folder of its own, as in images/cat/1.png.",
                           OffsetIn::file});
    }
    std::ranges::sort(folders);
    return folders;
}

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES::inline CTCNN_IMAGES

namespace CTCNN_API::inline CTCNN_FILES::inline CTCNN_IMAGES {

/// ImageFolder: the images of a folder, and the names of the classes: label k is that of classes[k].
template <typename S, typename T = float, typename Label = std::uint8_t>
struct ImageFolder {
    Dataset<S, T, Label> data;
    std::vector<std::string> classes;
};

/// load_image_folder: the PNG images below a folder that has a folder for each class, as in images/cat/1.png. Classes
/// and images are in alphabetical order; files of other kinds are left out.
/// Refuses  FileMissing without classes and for a class without images, BadLabel for more classes than Label can
///          number, and what read_png refuses
/// As in    torchvision.datasets.ImageFolder
template <typename S, typename T = float, typename Label = std::uint8_t>
ImageFolder<S, T, Label> load_image_folder(const std::filesystem::path& folder, const PngOptions& options = {}) {
    return detail_::load_in_memory(folder, [&] {
        std::vector<Tensor<T, S>> images;
        std::vector<std::uint64_t> labels;
        std::vector<std::string> classes;
        for (const std::filesystem::path& of_class : detail_::class_folders(folder)) {
            if (classes.size() > static_cast<std::uint64_t>(std::numeric_limits<Label>::max())) {
                throw BadLabel(
                    {of_class, 0, detail_::sentence({"at most ", detail_::decimal(classes.size()), " classes"}), "more",
                     "Take a wider type of labels, as in load_image_folder<S, float, std::uint32_t>.", OffsetIn::file});
            }
            const std::vector<std::filesystem::path> files = detail_::png_files(of_class);
            if (files.empty()) {
                throw FileMissing({of_class, 0, "PNG images in the folder of a class", "none",
                                   "Convert its images to PNG, or take the folder out if it is no class.",
                                   OffsetIn::file});
            }
            for (const std::filesystem::path& file : files) {
                images.push_back(read_png<S, T>(file, options));
                labels.push_back(classes.size());
            }
            classes.push_back(of_class.filename().string());
        }
        return ImageFolder<S, T, Label>{Dataset<S, T, Label>(std::move(images), labels), std::move(classes)};
    });
}

}  // namespace CTCNN_API::inline CTCNN_FILES::inline CTCNN_IMAGES
