// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <ctcnn/core/target.hpp>
#include <ctcnn/data/error.hpp>
#include <ctcnn/data/idx_reader.hpp>
#include <ctcnn/data/sentence.hpp>

namespace CTCNN_API {

/// The options of load_idx.
struct IdxOptions {
    /// How many classes there are; 0: any label that fits into the labels' type.
    std::size_t classes = 0;
    /// The label in the file that becomes class 0: 1 for the letters of EMNIST, which are 1 to 26.
    std::int32_t first_label = 0;
    /// Whether the file has the columns of an image where the rows should be, as in EMNIST.
    bool transpose = false;
    /// The most images that are read; 0: no limit.
    std::size_t max_images = 1'000'000;
};

}  // namespace CTCNN_API

namespace CTCNN_DETAIL {

/// The big-endian number in the first bytes.
inline std::uint64_t big_endian(const std::uint8_t* bytes, std::size_t count) {
    std::uint64_t number = 0;
    for (std::size_t n = 0; n < count; ++n) {
        number = number << 8 | bytes[n];
    }
    return number;
}

/// An integer of an idx file; all types but 0x08 have a sign.
inline std::int64_t idx_integer(const std::uint8_t* bytes, const IdxElement& element) {
    const std::uint64_t number = big_endian(bytes, element.bytes);
    const unsigned unused = element.code == 0x08 ? 0 : 64 - 8u * element.bytes;
    return static_cast<std::int64_t>(number << unused) >> unused;  // the sign fills the unused bits
}

/// The narrowest type of labels that holds this one.
constexpr std::string_view label_type_for(std::uint64_t label) {
    return label >> 8 == 0    ? "std::uint8_t"
           : label >> 16 == 0 ? "std::uint16_t"
           : label >> 32 == 0 ? "std::uint32_t"
                              : "std::uint64_t";
}

/// Refuses more classes than the type of the labels can number. The call is one with a type that can.
[[noreturn, gnu::cold]] inline void refuse_classes(std::uint64_t classes, std::string_view call) {
    constexpr std::uint64_t most = std::uint64_t{1} << 32;
    throw std::invalid_argument(classes > most ? sentence({"Labels cannot number ", decimal(classes),
                                                           " classes, but at most ", decimal(most), "."})
                                               : sentence({"Labels of this type cannot number ", decimal(classes),
                                                           " classes: take a wider one, ", call, "(...)."}));
}

}  // namespace CTCNN_DETAIL

namespace CTCNN_DETAIL::inline CTCNN_FILES {

/// IdxPair: a file of images and the file of their labels, opened and compared.
/// Refuses  WrongMagic · BadDimension · CountMismatch · BadLabel, and what IdxReader refuses
template <typename Stream = std::ifstream>
class IdxPair {
public:
    /// The sizes are those of an image. The remedy is for damaged files. The images may be a file that is mapped.
    [[gnu::cold]] IdxPair(const std::filesystem::path& image_file, const std::filesystem::path& label_file,
                          std::span<const std::size_t> sizes, const IdxOptions& options, const char* remedy,
                          const std::span<const std::byte>* mapped_images = nullptr)
        : options_(options),
          wanted_(wanted_sizes(sizes, options)),
          is_mapped_(mapped_images != nullptr),
          images_(image_file, label_magic + static_cast<std::uint32_t>(wanted_.rank), remedy, mapped_images),
          labels_(label_file, label_magic, remedy) {
        check_images();
        check_labels();
        const std::uint64_t label_count = labels_.sizes()[0];
        if (count() != label_count) {
            labels_.template refuse_difference<CountMismatch>(
                4, {decimal(count()), " labels, one for each image"}, {decimal(label_count)},
                "Both files are whole: take two that belong to the same half of the same data set.");
        }
    }

    std::size_t count() const { return static_cast<std::size_t>(images_.sizes()[0]); }
    IdxReader<Stream>& images() { return images_; }

    /// The class of each image.
    template <typename Label>
    [[gnu::cold]] std::vector<Label> read_labels() {
        constexpr auto limit = std::min<std::uint64_t>(static_cast<std::uint64_t>(std::numeric_limits<Label>::max()),
                                                       std::numeric_limits<std::uint32_t>::max());
        const std::uint64_t last = options_.classes == 0 ? limit : options_.classes - 1;
        if (last > limit) {
            refuse_classes(options_.classes, call_spelled("S", label_type_for(last)));
        }
        const IdxElement element = labels_.element();
        const std::size_t unit = labels_.byte_count() / count();  // the label, and what a row has behind it
        labels_.verify();
        std::vector<Label> classes(count());
        std::size_t index = 0;
        std::int64_t smallest = std::numeric_limits<std::int64_t>::max();
        std::int64_t largest = std::numeric_limits<std::int64_t>::min();
        std::int64_t first_wrong = 0;
        std::size_t first_wrong_at = 0;
        std::size_t wrong_count = 0;

        std::vector<std::uint8_t> buffer = labels_.begin_pieces(unit);
        for (auto piece = labels_.next_piece(buffer); !piece.empty(); piece = labels_.next_piece(buffer)) {
            for (std::size_t at = 0; at < piece.size(); at += unit) {
                const std::int64_t label = idx_integer(piece.data() + at, element);
                smallest = std::min(smallest, label);
                largest = std::max(largest, label);
                const auto number = static_cast<std::uint64_t>(label - options_.first_label);  // huge below the first
                if (number > last && wrong_count++ == 0) {
                    first_wrong = label;
                    first_wrong_at = index;
                }
                classes[index++] = static_cast<Label>(number);
            }
        }
        if (wrong_count != 0) {
            DataFault fault = labels_.fault(labels_.header_size() + first_wrong_at * unit,
                                            {"a label from ", decimal_signed(options_.first_label), " to ",
                                             decimal_signed(options_.first_label + static_cast<std::int64_t>(last))},
                                            {decimal_signed(first_wrong)});
            // A few wrong labels are damage; many are another data set.
            if (wrong_count > count() / 100) {
                fault.remedy = other_labels(smallest, largest);
            }
            throw BadLabel(std::move(fault));
        }
        return classes;
    }

private:
    static constexpr std::uint32_t label_magic = 0x801;

    /// The sizes of an image as the file has them, without a single channel: 28 and 28 for Shape<1, 28, 28>.
    [[gnu::cold]] static IdxSizes wanted_sizes(std::span<const std::size_t> sizes, const IdxOptions& options) {
        const std::size_t rank = sizes.size();
        if (options.transpose && rank < 2) {
            throw std::invalid_argument("IdxOptions::transpose exchanges rows and columns; this shape has one axis.");
        }
        IdxSizes wanted;
        for (std::size_t axis = 0; axis < rank; ++axis) {
            const std::size_t size = sizes[options.transpose && axis + 2 >= rank ? 2 * rank - 3 - axis : axis];
            if (axis != 0 || rank == 1 || size != 1) {
                wanted.axes[wanted.rank++] = size;
            }
        }
        return wanted;
    }

    [[gnu::cold]] void check_images() {
        const bool is_byte_or_float = images_.element().code == 0x08 || !images_.element().is_integer;
        if (images_.rank() == 1 || (images_.rank() == 2 && !is_byte_or_float)) {
            images_.refuse_magic(sentence({"These are labels.", changed_places}));
        }
        if (!is_byte_or_float) {
            images_.refuse_magic("Images are read from unsigned bytes and from floats: convert the elements.");
        }
        images_.read_sizes();
        const std::uint64_t images = images_.sizes()[0];
        const std::size_t most =
            options_.max_images == 0 ? std::numeric_limits<std::uint32_t>::max() : options_.max_images;
        if (images == 0 || images > most) {
            images_.template refuse_difference<BadDimension>(
                4, {"1 to ", decimal(most), " images"}, {decimal(images)},
                images == 0 ? nothing_in_it
                            : sentence({"Load it with load_idx and .max_images = ", decimal(images), "."}));
        }
        check_sizes(images_.sizes().subspan(1));
        images_.accept();
    }

    [[gnu::cold]] void check_sizes(std::span<const std::uint64_t> sizes) const {
        const std::size_t channel = sizes.size() == wanted_.rank + 1 && sizes[0] == 1 ? 1 : 0;
        bool is_wanted = sizes.size() - channel == wanted_.rank;
        bool is_empty = false;
        for (std::size_t axis = 0; axis < sizes.size(); ++axis) {
            is_wanted = is_wanted && (axis < channel || sizes[axis] == wanted_.axes[axis - channel]);
            is_empty = is_empty || sizes[axis] == 0;
        }
        if (!is_wanted) {
            images_.template refuse_difference<BadDimension>(
                8, {"images of ", with_separator(wanted_.span(), " x ")}, {with_separator(sizes, " x ")},
                is_empty ? nothing_in_it : sentence({"Load it with ", call_spelled(shape_spelled(sizes), ""), "."}));
        }
    }

    [[gnu::cold]] void check_labels() {
        const IdxElement& element = labels_.element();
        if (labels_.rank() > 2) {
            labels_.refuse_magic(sentence({"These are images.", changed_places}));
        }
        if (!element.is_integer) {
            labels_.refuse_magic("Labels are integers: convert the elements.");
        }
        labels_.read_sizes();
        // QMNIST has the class in the first of 8 columns; what other files have in theirs is not known.
        const std::uint64_t columns = labels_.rank() == 2 ? labels_.sizes()[1] : 1;
        if (columns != 1 && !(columns == 8 && element.code == 0x0c)) {
            labels_.template refuse_difference<BadDimension>(
                8, {"labels, or the 8 columns of QMNIST"}, {decimal(columns), " columns"},
                "Write one label for each image: the number of its class.");
        }
        labels_.accept();
    }

    /// "Shape<1, 28, 28>" for a file whose images are 28 x 28.
    [[gnu::cold]] std::string shape_spelled(std::span<const std::uint64_t> sizes) const {
        const std::size_t rank = sizes.size();
        IdxSizes shape{rank};
        for (std::size_t axis = 0; axis < rank; ++axis) {
            shape.axes[axis] = sizes[options_.transpose && rank > 1 && axis + 2 >= rank ? 2 * rank - 3 - axis : axis];
        }
        return sentence({rank == 2 ? "Shape<1, " : "Shape<", with_separator(shape.span(), ", "), ">"});
    }

    /// "load_idx<S>", or what else the caller has called; with a type of labels where one is given.
    [[gnu::cold]] std::string call_spelled(std::string_view shape, std::string_view label) const {
        const char* before_label = label.empty() ? "" : is_mapped_ ? ", " : ", float, ";
        return sentence({is_mapped_ ? "MappedIdx<" : "load_idx<", shape, before_label, label, ">"});
    }

    [[gnu::cold]] std::string other_labels(std::int64_t smallest, std::int64_t largest) const {
        if (smallest < 0 && options_.first_label >= 0) {
            return sentence(
                {"The labels run from ", decimal_signed(smallest), " to ", decimal_signed(largest),
                 ", and those below 0 are no classes: leave their images out, or number the classes from 0."});
        }
        const std::int64_t first = smallest < 2 ? smallest : 0;
        const std::int64_t classes = largest - first + 1;
        const std::string_view type = classes <= 1 << 8 ? "" : label_type_for(static_cast<std::uint64_t>(classes - 1));
        const Decimal first_spelled = decimal_signed(first);
        return sentence({"The labels run from ", decimal_signed(smallest), " to ", decimal_signed(largest),
                         ": load them with ", call_spelled(shape_spelled(wanted_.span()), type),
                         "(images, labels, {.classes = ", decimal_signed(classes),
                         first == 0 ? "" : ", .first_label = ", first == 0 ? std::string_view() : first_spelled,
                         is_mapped_ ? "}). Those of EMNIST have their columns where the rows should be: only load_idx "
                                      "exchanges them, with .transpose = true."
                                    : "}). The images of EMNIST also need .transpose = true."});
    }

    static constexpr const char* changed_places =
        " Images come first and labels second: the two files, or their names, have changed places.";
    static constexpr const char* nothing_in_it = "There is nothing in the file to load: take another one.";

    IdxOptions options_;
    IdxSizes wanted_;
    bool is_mapped_;  // by MappedIdx
    IdxReader<Stream> images_;
    IdxReader<Stream> labels_;
};

}  // namespace CTCNN_DETAIL::inline CTCNN_FILES
