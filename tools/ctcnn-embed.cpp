// SPDX-License-Identifier: MIT
//
// Writes a header with the parameters of a network as constants: ctcnn-embed --help
// tools/ctcnn_tools/embed.py is the same program in Python, and writes the same bytes.
// Exit status: 0 if all went well, 1 if something failed, 2 for a command line that says nothing clear.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <ctcnn/data/error.hpp>
#include <ctcnn/data/sentence.hpp>
#include <ctcnn/io/atomic_file.hpp>
#include <ctcnn/io/dtype.hpp>
#include <ctcnn/io/elements.hpp>
#include <ctcnn/io/excerpt.hpp>
#include <ctcnn/io/input_file.hpp>
#include <ctcnn/io/safetensors_header.hpp>

namespace {

using namespace ctcnn;
using detail_::decimal;
using detail_::sentence;

constexpr std::string_view usage =
    "usage: ctcnn-embed FILE.safetensors --name NAME [--net TYPE] [--include HEADER]... [--binary BINARY] [-o "
    "OUTPUT]\n";
constexpr std::string_view help = R"(
Writes a C++ header with the parameters of a network as constants.

  FILE.safetensors  the parameters: float32, or float16 and bfloat16, which become float32
  --name NAME       the name of the network in C++
  --net TYPE        its type, as in --net LeNet; without it, NAME<TYPE> is the network
  --include HEADER  a header that the type needs, as in --include lenet.hpp or --include '<nets/lenet.hpp>'
  --binary BINARY   writes the values also to this file, for compilers with #embed, which finds it beside the header
  -o OUTPUT         the header; without it, the standard output
  --help            this text
)";

/// A command line that says nothing clear.
struct BadOption : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Options {
    std::string file;
    std::string name;
    std::string net;
    std::vector<std::string> includes;
    std::string binary;
    std::string output;
    bool help = false;
};

constexpr std::string_view keywords =
    " alignas alignof and and_eq asm auto bitand bitor bool break case catch char char16_t char32_t char8_t class "
    "co_await"
    " co_return co_yield compl concept const const_cast consteval constexpr constinit continue decltype default delete "
    "do"
    " double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable"
    " namespace new noexcept not not_eq nullptr operator or or_eq private protected public register reinterpret_cast"
    " requires return short signed sizeof static static_assert static_cast struct switch template this thread_local "
    "throw"
    " true try typedef typeid typename union unsigned using virtual void volatile wchar_t while xor xor_eq ";

bool is_letter(char c) { return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') || c == '_'; }

bool is_name(std::string_view text) {
    const auto belongs = [](char c) { return is_letter(c) || ('0' <= c && c <= '9'); };
    return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), belongs) &&
           keywords.find(sentence({" ", text, " "})) == std::string_view::npos;
}

/// Whether a text can stand in one line of a header as it is.
bool is_line(std::string_view text) {
    return !text.empty() && text.back() != '\\' &&
           std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

/// Whether two names are of one file, which may not be there yet.
bool are_one_file(const std::string& a, const std::string& b) {
    const auto whole = [](const std::string& name) {
        std::error_code ignored;
        return std::filesystem::weakly_canonical(std::filesystem::absolute(name, ignored), ignored);
    };
    return !a.empty() && !b.empty() && whole(a) == whole(b);
}

Options read_options(std::span<char*> arguments) {
    Options options;
    const auto value = [&](std::size_t& n) -> std::string {
        const std::string_view argument = arguments[n];
        if (const std::size_t sign = argument.find('='); argument.starts_with("--") && sign != argument.npos) {
            return std::string(argument.substr(sign + 1));
        }
        if (n + 1 == arguments.size()) {
            throw BadOption(sentence({"expected a value behind ", argument, ", found none."}));
        }
        return arguments[++n];
    };
    const auto once = [&](std::string& option, std::string_view spelling, std::string found) {
        if (!option.empty()) {
            throw BadOption(sentence({"expected ", spelling, " once, found it twice."}));
        }
        if (found.empty()) {
            throw BadOption(sentence({"expected a value behind ", spelling, ", found an empty one."}));
        }
        option = std::move(found);
    };
    for (std::size_t n = 0; n < arguments.size(); ++n) {
        const std::string_view argument = arguments[n];
        const std::string_view option = argument.substr(0, argument.find('='));
        if (argument == "--help" || argument == "-h") {
            options.help = true;
        } else if (option == "--name") {
            once(options.name, "--name", value(n));
        } else if (option == "--net") {
            once(options.net, "--net", value(n));
        } else if (option == "--include") {
            options.includes.push_back(value(n));
        } else if (option == "--binary") {
            once(options.binary, "--binary", value(n));
        } else if (option == "--output" || argument == "-o") {
            once(options.output, "-o", value(n));
        } else if (argument.starts_with("-") && argument != "-") {
            throw BadOption(sentence({"expected one of the options, found ", detail_::printable(argument), "."}));
        } else {
            once(options.file, "one file", arguments[n]);
        }
    }
    if (options.help) {
        return options;
    }
    if (options.file.empty()) {
        throw BadOption("expected a safetensors file, found none.");
    }
    if (!is_name(options.name)) {
        throw BadOption(sentence({"expected --name and a name in C++, such as digits, found ",
                                  options.name.empty() ? "none" : detail_::printable(options.name), "."}));
    }
    if (!options.net.empty() && !is_line(options.net)) {
        throw BadOption("expected --net and a type in one line, found a control character or a \\ at its end.");
    }
    for (const std::string& include : options.includes) {
        if (!is_line(include) || include.find('"') != std::string::npos) {
            throw BadOption(sentence({"expected --include and the name of a header, found ",
                                      include.empty() ? "none" : detail_::printable(include), "."}));
        }
    }
    if (!options.binary.empty() && (!is_line(options.binary) || options.binary.find('"') != std::string::npos)) {
        throw BadOption("expected --binary and the name of a file, found a quotation mark or a control character.");
    }
    if (are_one_file(options.file, options.output) || are_one_file(options.file, options.binary) ||
        are_one_file(options.binary, options.output)) {
        throw BadOption("expected FILE, --binary and -o to be different files, found one twice.");
    }
    return options;
}

/// A float32 by its bits, as a literal that is exact: 0x1.8p-3f.
std::string literal(std::uint32_t bits) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::uint32_t exponent = bits >> 23 & 0xff;
    const std::uint32_t fraction = (bits & 0x7fffff) << 1;
    std::string text = bits >> 31 != 0 ? "-0x" : "0x";
    text += exponent == 0 ? '0' : '1';
    if (fraction != 0) {
        text += '.';
        for (int shift = 20; (fraction & ((1u << (shift + 4)) - 1)) != 0; shift -= 4) {
            text += digits[fraction >> shift & 0xf];
        }
    }
    const std::uint32_t least = exponent == 0 && fraction == 0 ? 127 : std::max(exponent, 1u);
    return text.append("p").append(std::to_string(static_cast<int>(least) - 127)).append("f");
}

/// The parameters of a file, as the text of a header.
class Header {
public:
    Header(const Options& options, const std::string& path)
        : file_(path), header_(file_), tensors_(header_.tensors().begin(), header_.tensors().end()) {
        std::sort(tensors_.begin(), tensors_.end(), [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
        check_tensors();
        write(options);
    }

    const std::string& text() const { return text_; }
    /// The values as they lie in memory, the first byte of each the least.
    const std::vector<std::byte>& bytes() const { return bytes_; }

private:
    using Tensor = detail_::io::FileTensor;

    [[noreturn]] void refuse(const Tensor& tensor, std::string expected, std::string found, std::string remedy) const {
        throw BadValue({file_.path(), header_.data_offset() + tensor.begin, std::move(expected), std::move(found),
                        std::move(remedy), OffsetIn::file});
    }

    static std::size_t rank(const Tensor& tensor) {
        std::size_t count = 0;
        detail_::io::for_each_dim(tensor.shape, [&count](std::uint64_t) { ++count; });
        return count;
    }

    static std::size_t count(const Tensor& tensor) {
        return static_cast<std::size_t>((tensor.end - tensor.begin) / (tensor.dtype->bits / 8));
    }

    void check_tensors() const {
        if (tensors_.empty()) {
            throw TensorMismatch({file_.path(), 0, "the tensors of a network", "no tensor",
                                  "Embed a file that save_safetensors has written.", OffsetIn::file});
        }
        for (const Tensor& tensor : tensors_) {
            const std::string shown = detail_::io::excerpt(tensor.name);
            const auto is_plain = [](char c) { return ' ' <= c && c <= '~' && c != '"' && c != '\\'; };
            if (!std::all_of(tensor.name.begin(), tensor.name.end(), is_plain)) {
                refuse(tensor, "names of tensors as in PyTorch's state_dict", shown,
                       "Write the file again with other names.");
            }
            const auto dtype = tensor.dtype->dtype;
            if (dtype != Dtype::float32 && dtype != Dtype::float16 && dtype != Dtype::bfloat16) {
                refuse(tensor, sentence({"tensor ", shown, " of dtype F32, F16 or BF16"}),
                       std::string(tensor.dtype->spelling), "Store it as float32, in Python with tensor.float().");
            }
            if (rank(tensor) > 8) {
                refuse(tensor, sentence({"tensor ", shown, " of at most 8 axes"}), sentence({decimal(rank(tensor))}),
                       "No tensor of a network has more: embed a file that save_safetensors has written.");
            }
            if (tensor.begin == tensor.end) {
                refuse(tensor, sentence({"tensor ", shown, " with elements"}), "none",
                       "Write the file again without it.");
            }
        }
    }

    /// The bits of the elements of a tensor as float32.
    std::vector<std::uint32_t> read(const Tensor& tensor) const {
        const Dtype dtype = *tensor.dtype->dtype;
        const std::size_t size = detail_::io::element_bytes(dtype);
        std::vector<std::byte> bytes(static_cast<std::size_t>(tensor.end - tensor.begin));
        const std::uint64_t offset = header_.data_offset() + tensor.begin;
        file_.read(offset, bytes);
        std::vector<std::uint32_t> values(bytes.size() / size);
        for (std::size_t n = 0; n < values.size(); ++n) {
            std::array<std::byte, 4> own{};
            detail_::io::convert_element(dtype, bytes.data() + n * size, Dtype::float32, own.data());
            values[n] = detail_::io::load_little_endian<std::uint32_t>(own.data());
            if ((values[n] & 0x7f800000) == 0x7f800000) {
                throw BadValue({file_.path(), offset + n * size,
                                sentence({"finite values in tensor ", detail_::io::excerpt(tensor.name)}),
                                (values[n] & 0x7fffff) != 0 ? "a NaN" : "an infinity",
                                "The training has diverged: train the network again, with a smaller learning rate.",
                                OffsetIn::file});
            }
        }
        return values;
    }

    void write(const Options& options) {
        text_ =
            "// Made by ctcnn-embed. Do not edit.\n#pragma once\n#pragma GCC system_header  // no warnings\n\n#include "
            "<array>\n\n"
            "#include <ctcnn/model/embedded.hpp>\n";
        for (const std::string& include : options.includes) {
            const bool angled = include.starts_with('<');
            text_ += sentence({"\n#include ", angled ? "" : "\"", include, angled ? "" : "\""});
        }
        std::size_t values = 0;
        for (const Tensor& tensor : tensors_) {
            values += count(tensor);
        }
        const std::string macro = sentence({"CTCNN_EMBEDS_", options.name});
        const std::string binary = std::filesystem::path(options.binary).filename().string();
        if (!binary.empty()) {
            text_ +=
                sentence({options.includes.empty() ? "" : "\n", "\n#ifdef __has_embed\n#if __has_embed(\"", binary,
                          "\") && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__\n#define ", macro, "\n#endif\n#endif"});
        }
        const detail_::Decimal tensors = decimal(tensors_.size());
        text_ += sentence({options.includes.empty() && binary.empty() ? "" : "\n", "\nstruct ", options.name,
                           "_file {\n    static consteval std::array<ctcnn::EmbeddedTensor, ", tensors,
                           "> tensors() {\n        return {{\n"});
        for (const Tensor& tensor : tensors_) {
            text_ += sentence({"            {\"", tensor.name, "\", {"});
            std::string_view before;
            detail_::io::for_each_dim(tensor.shape, [&](std::uint64_t dim) {
                text_ += sentence({before, decimal(dim)});
                before = ", ";
            });
            text_ += "}},\n";
        }
        text_ += sentence(
            {"        }};\n    }\n    static consteval std::array<float, ", decimal(values), "> values() {\n"});
        if (!binary.empty()) {
            text_ += sentence({"#ifdef ", macro, "\n        return std::bit_cast<std::array<float, ", decimal(values),
                               ">>(std::array<unsigned char, ", decimal(4 * values), ">{\n#embed \"", binary,
                               "\"\n        });\n#else\n"});
        }
        text_ += "        return {{\n";
        for (const Tensor& tensor : tensors_) {
            text_ += sentence({"// ", tensor.name, "\n"});
            std::size_t column = 0;
            for (const std::uint32_t bits : read(tensor)) {
                bytes_.resize(bytes_.size() + 4);
                detail_::io::store_little_endian(bytes_.data() + (bytes_.size() - 4), bits);
                text_ += literal(bits);
                text_ += ++column % 8 == 0 ? ",\n" : ",";
            }
            text_ += column % 8 == 0 ? "" : "\n";
        }
        text_ += sentence({"        }};\n", binary.empty() ? "" : "#endif\n", "    }\n};\n\n"});
        if (options.net.empty()) {
            text_ += sentence({"template <typename Net>\ninline constexpr Net ", options.name,
                               " = ctcnn::embedded<Net, ", options.name, "_file>();\n"});
        } else {
            text_ += sentence({"inline constexpr ", options.net, " ", options.name, " = ctcnn::embedded<", options.net,
                               ", ", options.name, "_file>();\n"});
        }
    }

    detail_::io::InputFile<> file_;
    detail_::io::SafetensorsHeader<> header_;
    std::vector<Tensor> tensors_;  // by name
    std::string text_;
    std::vector<std::byte> bytes_;
};

void run(const Options& options) {
    const Header header(options, options.file);
    // Each file gets its name once both are complete.
    std::optional<detail_::io::AtomicFile<>> binary;
    if (!options.binary.empty()) {
        binary.emplace(options.binary).write(std::span<const std::byte>(header.bytes()));
    }
    if (options.output.empty()) {
        std::cout << header.text() << std::flush;
        if (!std::cout) {
            throw std::runtime_error("the header cannot be written to the standard output.");
        }
    } else {
        detail_::io::AtomicFile<> output(options.output);
        output.write(std::as_bytes(std::span(header.text())));
        output.commit();
    }
    if (binary) {
        binary->commit();
    }
}

}  // namespace

int main(int count, char** arguments) {
#if defined(SIGXFSZ)
    std::signal(SIGXFSZ, SIG_IGN);  // so that a file above the limit of `ulimit -f` is an error with a sentence
#endif
    try {
        const Options options = read_options(std::span(arguments, static_cast<std::size_t>(count)).subspan(1));
        if (options.help) {
            std::cout << usage << help << std::flush;
            if (!std::cout) {
                throw std::runtime_error("the help cannot be written to the standard output.");
            }
            return 0;
        }
        run(options);
        return 0;
    } catch (const BadOption& error) {
        std::cerr << "ctcnn-embed: " << error.what() << "\n" << usage;
        return 2;
    } catch (const std::exception& error) {
        std::cerr << "ctcnn-embed: " << error.what() << "\n";
        return 1;
    }
}
