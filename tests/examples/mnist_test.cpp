// SPDX-License-Identifier: MIT
//
// Runs the program examples/mnist as a person would, on a small part of MNIST.
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch.hpp>

#include <ctcnn/data/mnist.hpp>

#include "sanitized.hpp"
#include "small_disk.hpp"

#ifndef CTCNN_MNIST_PROGRAM
TEST_CASE("examples/mnist is built", "[examples]") {
    FAIL("examples/mnist was not built: it needs CLI11 (Debian: libcli11-dev) and CTCNN_BUILD_EXAMPLES=ON");
}
#else

namespace {

namespace fs = std::filesystem;
using Catch::Matchers::ContainsSubstring;

// The sanitizers make training twenty times slower: there it is only begun.
constexpr bool slow = CTCNN_TEST_SANITIZED;
constexpr int train_count = slow ? 256 : 2560;
constexpr int test_count = slow ? 100 : 500;
constexpr int batch_size = 256;  // the default

/// A folder of its own, removed in the end.
class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "ctcnn_mnist_test_XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    ~Folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    fs::path path;
};

std::string read(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

void append_big_endian(std::string& bytes, std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) {
        bytes.push_back(static_cast<char>(number >> shift & 0xff));
    }
}

/// Writes the first images of one half of MNIST, as plain idx files.
void write_part(const fs::path& folder, ctcnn::Split split, const std::string& prefix, int count) {
    const auto all = ctcnn::load_mnist(CTCNN_MNIST_FOLDER, split);
    std::string images;
    std::string labels;
    append_big_endian(images, 0x00000803);
    append_big_endian(labels, 0x00000801);
    append_big_endian(images, static_cast<std::uint32_t>(count));
    append_big_endian(labels, static_cast<std::uint32_t>(count));
    append_big_endian(images, 28);
    append_big_endian(images, 28);
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
        for (const float pixel : all.image(i).values) {
            images.push_back(static_cast<char>(static_cast<int>(pixel * 255 + 0.5f)));
        }
        labels.push_back(static_cast<char>(all.label(i)));
    }
    std::ofstream(folder / (prefix + "-images-idx3-ubyte"), std::ios::binary) << images;
    std::ofstream(folder / (prefix + "-labels-idx1-ubyte"), std::ios::binary) << labels;
}

/// The small part of MNIST that the program is run on: made once.
const fs::path& small_mnist() {
    static const Folder folder;
    static const bool written = [] {
        write_part(folder.path, ctcnn::Split::train, "train", train_count);
        write_part(folder.path, ctcnn::Split::test, "t10k", test_count);
        return true;
    }();
    static_cast<void>(written);
    return folder.path;
}

/// The program while it runs; its standard output goes to `output`, a file that is open for writing or a file's name.
class Program {
public:
    Program(std::vector<std::string> arguments, const std::string& output, const fs::path& errors,
            std::vector<std::string> variables = {}, const char* file = CTCNN_MNIST_PROGRAM) {
        arguments.insert(arguments.begin(), file);
        for (char** variable = environ; *variable != nullptr; ++variable) {
            const std::string name = std::string(*variable).substr(0, std::string(*variable).find('='));
            if (name != "LANG" && !name.starts_with("LC_") && name != "TERM" && name != "NO_COLOR" &&
                name != "COLUMNS") {
                variables.emplace_back(*variable);
            }
        }
        std::vector<char*> argument_pointers = pointers(arguments);
        std::vector<char*> variable_pointers = pointers(variables);
        posix_spawn_file_actions_t actions;
        posix_spawn_file_actions_init(&actions);
        if (output.empty()) {
            posix_spawn_file_actions_addclose(&actions, STDOUT_FILENO);
        } else {
            posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_NOCTTY,
                                             0600);
        }
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
        // Who runs the tests may ignore SIGINT; the program must not inherit that.
        posix_spawnattr_t attributes;
        posix_spawnattr_init(&attributes);
        sigset_t signals;
        sigemptyset(&signals);
        sigaddset(&signals, SIGINT);
        posix_spawnattr_setsigdefault(&attributes, &signals);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
        REQUIRE(posix_spawn(&process_, file, &actions, &attributes, argument_pointers.data(),
                            variable_pointers.data()) == 0);
        posix_spawnattr_destroy(&attributes);
        posix_spawn_file_actions_destroy(&actions);
    }

    void interrupt() const { REQUIRE(kill(process_, SIGINT) == 0); }

    /// The exit status; 128 and the signal's number for one that was killed.
    int wait() const {
        int status = 0;
        while (waitpid(process_, &status, 0) == -1) {
            REQUIRE(errno == EINTR);
        }
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }

private:
    static std::vector<char*> pointers(std::vector<std::string>& texts) {
        std::vector<char*> result;
        for (std::string& text : texts) {
            result.push_back(text.data());
        }
        result.push_back(nullptr);
        return result;
    }

    pid_t process_ = 0;
};

struct Result {
    int status;
    std::string output;
    std::string errors;
};

Result run(const std::vector<std::string>& arguments, const std::vector<std::string>& variables = {},
           const char* file = CTCNN_MNIST_PROGRAM) {
    const Folder folder;
    const fs::path output = folder.path / "output";
    const fs::path errors = folder.path / "errors";
    const int status = Program(arguments, output.string(), errors, variables, file).wait();
    return {status, read(output), read(errors)};
}

/// The same on the small part of MNIST.
Result train(std::vector<std::string> arguments, const std::vector<std::string>& variables = {}) {
    arguments.insert(arguments.end(), {"--data", small_mnist().string()});
    return run(arguments, variables);
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    return lines;
}

/// How many answers the last line says were right, of all test images: "test accuracy 94.80 % (474 of 500)".
int right_answers(const std::string& output) {
    const std::vector<std::string> lines = lines_of(output);
    INFO(output);
    REQUIRE(!lines.empty());
    double percent = 0;
    int right = 0;
    int all = 0;
    int length = 0;
    REQUIRE(std::sscanf(lines.back().c_str(), "test accuracy %lf %% (%d of %d)%n", &percent, &right, &all, &length) ==
            3);
    CHECK(lines.back().size() == static_cast<std::size_t>(length));
    CHECK(all == test_count);
    CHECK(percent == Approx(100.0 * right / all).margin(0.005));  // two digits behind the point
    return right;
}

/// The text without what differs from run to run: the times and speeds, which stand behind the accuracy of an epoch.
std::string without_times(const std::string& text) {
    std::string result;
    for (const std::string& line : lines_of(text)) {
        result.append(line.starts_with("epoch") ? line.substr(0, line.find('%')) : line).append("\n");
    }
    return result;
}

/// Whether the text has control sequences for colours; "\033[K", which empties a line, is none.
bool has_colours(const std::string& text) {
    for (std::size_t at = text.find("\033["); at != std::string::npos; at = text.find("\033[", at + 1)) {
        if (!text.substr(at).starts_with("\033[K")) {
            return true;
        }
    }
    return false;
}

/// Reads what comes until `wanted` is in it, or until the end.
std::string read_until(int file, const std::string& wanted) {
    std::string text;
    char buffer[4096];
    while (wanted.empty() || text.find(wanted) == std::string::npos) {
        const ssize_t count = ::read(file, buffer, sizeof buffer);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count <= 0) {
            break;  // a terminal whose other side is closed says EIO
        }
        text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
}

/// A terminal: what the program writes to `name` can be read from `file`. With 0 columns it does not say how many it
/// has.
struct Terminal {
    explicit Terminal(int columns) : file(posix_openpt(O_RDWR | O_NOCTTY)) {
        REQUIRE(file >= 0);
        REQUIRE(grantpt(file) == 0);
        REQUIRE(unlockpt(file) == 0);
        name = ptsname(file);
        const winsize size{
            .ws_row = 24, .ws_col = static_cast<unsigned short>(columns), .ws_xpixel = 0, .ws_ypixel = 0};
        REQUIRE(ioctl(file, TIOCSWINSZ, &size) == 0);
    }
    ~Terminal() { close(file); }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    int file;
    std::string name;
};

/// What the program writes to a terminal.
std::string run_on_terminal(const std::vector<std::string>& arguments, const std::vector<std::string>& variables,
                            int columns) {
    const Folder folder;
    const Terminal terminal(columns);
    const Program program(arguments, terminal.name, folder.path / "errors", variables);
    const std::string output = read_until(terminal.file, "");
    CHECK(program.wait() == 0);
    return output;
}
std::string train_on_terminal(const std::vector<std::string>& variables, int columns = 0) {
    return run_on_terminal({"--epochs", "1", "--data", small_mnist().string()}, variables, columns);
}

/// The lines of a text, without control sequences and the ends of lines that terminals get.
std::vector<std::string> shown_lines(const std::string& text) {
    std::string plain;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '\033') {
            at = text.find_first_of("mK", at);
        } else if (text.compare(at, 2, "\r\n") != 0) {
            plain += text[at] == '\r' ? '\n' : text[at];
        }
    }
    return lines_of(plain);
}

std::size_t columns_of(const std::string& line) {
    std::size_t columns = 0;
    for (const char c : line) {
        columns += (static_cast<unsigned char>(c) & 0xc0) == 0x80 ? 0 : 1;  // UTF-8
    }
    return columns;
}

/// The text with all blanks and ends of lines as one blank.
std::string words_of(const std::string& text) {
    std::string words;
    for (const std::string& line : shown_lines(text)) {
        std::istringstream stream(line);
        for (std::string word; stream >> word;) {
            words += word + " ";
        }
    }
    return words;
}

TEST_CASE("--help names every option and goes no further", "[examples]") {
    const Result result = run({"--help", "--data", "/nonexistent"});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    for (const char* option : {"--net", "--epochs", "--batch-size", "--lr", "--seed", "--threads", "--data", "--save",
                               "--load", "--checkpoint", "--resume", "--quiet", "--help"}) {
        CHECK_THAT(result.output, ContainsSubstring(option));
    }
    for (const std::string& line : lines_of(result.output)) {
        CHECK(line.size() <= 100);
    }
}

TEST_CASE("a wrong command line is refused with what was meant", "[examples]") {
    struct Case {
        std::vector<std::string> arguments;
        std::string sentence;
    };
    const std::vector<Case> cases{
        {{"--epoch", "3"}, "there is no option '--epoch'; did you mean --epochs?"},
        {{"--ephocs=3"}, "there is no option '--ephocs=3'; did you mean --epochs?"},
        {{"-quiet"}, "there is no option '-quiet'; did you mean --quiet?"},
        {{"--batch", "3"}, "there is no option '--batch'; did you mean --batch-size?"},
        {{"--elephant"}, "there is no option '--elephant'\n"},
        {{"elephant"}, "there is no command or option 'elephant'\nmnist --help shows"},
        {{"epochs=3"}, "there is no command or option 'epochs=3'; did you mean --epochs?"},
        {{"predit"}, "there is no command 'predit'; did you mean predict?"},
        {{"eval", "a"}, "there is no command 'eval'; did you mean evaluate?"},
        {{"--quiet", "show"}, "the command comes first: mnist show"},
        {{"train", "--epoch", "3"}, "there is no option '--epoch'; did you mean --epochs?"},
        {{"evaluate"}, "evaluate takes the file of a network"},
        {{"evaluate", "a", "b"}, "'b' is one word too many: mnist evaluate FILE\nmnist evaluate --help shows"},
        {{"evaluate", "--quite", "a"}, "there is no option '--quite'; did you mean --quiet?"},
        {{"evaluate", "--net", "lent", "a"}, "--net takes lenet, relu or quick, not 'lent'; did you mean lenet?"},
        {{"predict", "a"}, "predict takes the file of a network and images"},
        {{"predict", "--threads", "0", "a", "b"}, "--threads takes a whole number from 1 to 1024, not '0'"},
        {{"show", "0"}, "show takes a whole number from 1 to 250000, not '0'"},
        {{"show", "--first", "10000"}, "--first takes a number below 10,000, the number of images"},
        {{"summary", "lent"}, "summary takes lenet, relu or quick, not 'lent'; did you mean lenet?"},
        {{"--epochs", "0"}, "--epochs takes a number above 0, at most 100000, such as 10 or 1.5, not '0'"},
        {{"--epochs", "ten"}, "--epochs takes a number above 0, at most 100000, such as 10 or 1.5, not 'ten'"},
        {{"--epochs", "010x"}, "--epochs takes a number above 0, at most 100000, such as 10 or 1.5, not '010x'"},
        {{"--epochs", "nan"}, "--epochs takes a number above 0, at most 100000, such as 10 or 1.5, not 'nan'"},
        {{"--epochs", "100000.5"}, "--epochs takes a number above 0, at most 100000"},
        {{"--epochs"}, "--epochs takes a value after it"},
        {{"--batch-size", "250001"}, "--batch-size takes a whole number from 1 to 250000, not '250001'"},
        {{"--lr", "-1"}, "--lr takes a number above 0, such as 0.5, not '-1'"},
        {{"--lr", "nan"}, "--lr takes a number above 0, such as 0.5, not 'nan'"},
        {{"--seed", "18446744073709551616"}, "--seed takes a whole number from 0 to 18446744073709551615"},
        {{"--threads", "0"}, "--threads takes a whole number from 1 to 1024, not '0'"},
        {{"--net", "lent"}, "--net takes lenet, relu or quick, not 'lent'; did you mean lenet?"},
        {{"--net", "transformer"}, "--net takes lenet, relu or quick, not 'transformer'\n"},
        {{"--quiet=7"}, "--quiet takes no value"},
        {{"--save"}, "--save takes a value after it"},
        {{"--save", ""}, "--save takes the name of a file"},
        {{"--load", "a", "--resume", "b"}, "--load and --resume are two ways to begin: choose one of them"},
        {{"--load", "a", "--checkpoint", "b"}, "with --load nothing is trained that --checkpoint could save"},
        {{"--load", "a", "--lr", "1"}, "--lr has no effect: with --load nothing is trained, unless --epochs is given"},
        {{"--load", "a", "--batch-size", "9"}, "--batch-size has no effect: with --load nothing is trained"},
        {{"--load", "a", "--seed", "9"}, "--seed has no effect: with --load nothing is trained"},
        {{"--resume", "a", "--seed", "9"}, "--seed has no effect with --resume: the training goes on with the seed"},
        {{"evaluate", "--epochs", "1", "a"}, "there is no option '--epochs'"},
        {{"summary", "--net", "relu"}, "--net has no effect without a file: mnist summary relu prints that network"},
        {{"summary", "lenet", "--net", "relu"}, "--net has no effect without a file: mnist summary relu"},
        {{"--save", "a", "--checkpoint", "a"}, "--save and --checkpoint write two files: give them two names"},
        {{"--save", "a", "--checkpoint", "./a"}, "--save and --checkpoint write two files: give them two names"},
        {{"--save", "a", "--report", "./a"}, "--report would overwrite 'a': give it another name"},
        {{"--load", "a\xff", "--epochs", "1", "--checkpoint", "b"},
         "--load names 'a\\xff', which is not UTF-8: --checkpoint cannot note it, so give the file another name"},
        {{"--load", "x/../a", "--report", "a"}, "--report would overwrite 'x/../a': give it another name"},
    };
    for (const Case& wrong : cases) {
        const Result result = run(wrong.arguments);
        CHECK(result.status == 2);
        CHECK(result.output.empty());
        CHECK_THAT(result.errors, ContainsSubstring("mnist: " + wrong.sentence));
    }
}

TEST_CASE("no message holds bytes that a terminal would obey", "[examples]") {
    const Folder folder;
    const std::string evil = "\x1b]0;title\x07\n\xff";
    const std::vector<std::vector<std::string>> cases{
        {"--" + evil},       {evil},          {"--epochs", evil}, {"--lr=" + evil},
        {"--seed", evil},    {"--net", evil}, {"--data", evil},   {"--data", (folder.path / evil).string()},
        {"--quiet=" + evil}, {"-" + evil}};
    for (const std::vector<std::string>& arguments : cases) {
        const Result result = run(arguments);
        INFO(result.errors);
        CHECK(result.status != 0);
        CHECK(result.output.empty());
        CHECK(result.errors.starts_with("mnist: "));
        CHECK(result.errors.find_first_of("\x1b\x07\xff") == std::string::npos);
        CHECK(lines_of(result.errors).size() <= 2);  // the second says what to do
    }
    CHECK_THAT(run({"--epochs", evil}).errors, ContainsSubstring("not '\\x1b]0;title\\x07\\x0a\\xff'"));
    // Letters of other languages are shown.
    CHECK_THAT(run({"--net", "\u6570"}).errors, ContainsSubstring("not '\u6570'"));
}

#if defined(__linux__)
TEST_CASE("too little memory and too few threads are said in a sentence, with what to do", "[examples]") {
    if (slow) {
        SUCCEED("the address sanitizer needs more address space than any limit leaves");
        return;
    }
    int without_memory = 0;
    int without_threads = 0;
    bool is_enough = false;
    for (int kilobytes = 2'000; !is_enough && kilobytes < 1'000'000; kilobytes += kilobytes < 60'000 ? 2'000 : 10'000) {
        const std::string limited = "ulimit -v " + std::to_string(kilobytes) + R"( && exec "$0" "$@")";
        const Result result = run({"-c", limited, CTCNN_MNIST_PROGRAM, "--quiet", "--net", "quick", "--epochs", "1",
                                   "--threads", "16", "--data", small_mnist().string()},
                                  {}, "/bin/sh");
        INFO(kilobytes << " kB: " << result.status << ", " << result.errors);
        is_enough = result.status == 0;
        if (is_enough || !result.errors.starts_with("mnist: ")) {
            // The system could not even start the program.
            CHECK((is_enough || (without_memory == 0 && without_threads == 0)));
            continue;
        }
        CHECK(result.status == 1);
        CHECK(result.output.empty());
        CHECK_THAT(result.errors, ContainsSubstring("ulimit -v"));
        CHECK(lines_of(result.errors).size() <= 2);
        (result.errors.find(" of 16 threads") == std::string::npos ? without_memory : without_threads) += 1;
    }
    CHECK(is_enough);
    CHECK(without_memory > 0);
    CHECK(without_threads > 0);
}
#endif

TEST_CASE("a folder that is missing is named, and how to fix it", "[examples]") {
    const Folder folder;
    const Result result = run({"--data", (folder.path / "elsewhere").string()});
    CHECK(result.status == 1);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, ContainsSubstring("no folder '" + (folder.path / "elsewhere").string() + "'"));
    CHECK_THAT(result.errors, ContainsSubstring("\nCopy the MNIST files there from the library's folder data/mnist"));
}

TEST_CASE("a file that was cut off is named, with the place", "[examples]") {
    const Folder folder;
    fs::copy(small_mnist(), folder.path);
    const fs::path file = folder.path / "train-images-idx3-ubyte";
    fs::resize_file(file, fs::file_size(file) - 1);
    const Result result = run({"--data", folder.path.string()});
    CHECK(result.status == 1);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, ContainsSubstring("mnist: " + file.string() + ", byte "));
    CHECK_THAT(result.errors, ContainsSubstring("expected"));
    CHECK_THAT(result.errors, ContainsSubstring("sha256sum -c SHA256SUMS"));
}

TEST_CASE("--quiet prints the accuracy alone, and the network has learnt", "[examples]") {
    const Result result = train({"--quiet", "--net", "relu", "--epochs", "2"});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK(lines_of(result.output).size() == 1);
    const int right = right_answers(result.output);
    if (!slow) {
        CHECK(right > test_count / 2);  // guessing gives about a tenth
    }
}

TEST_CASE("all that is printed is the same for any number of threads, except the times", "[examples]") {
    const Result one = train({"--net", "relu", "--epochs", "2", "--seed", "7", "--threads", "1"});
    const Result two = train({"--net", "relu", "--epochs", "2", "--seed", "7", "--threads", "2"});
    CHECK(one.status == 0);
    CHECK(two.status == 0);
    CHECK_THAT(one.output, ContainsSubstring("epoch 2/2   loss "));
    CHECK(without_times(one.output) == without_times(two.output));
    CHECK(without_times(one.output) != one.output);
}

TEST_CASE("an epoch can end early", "[examples]") {
    const Result result = train({"--net", "quick", "--epochs", "1.5"});
    CHECK(result.status == 0);
    CHECK(result.errors.empty());
    CHECK_THAT(result.output, ContainsSubstring("1.5 epochs"));
    CHECK_THAT(result.output, ContainsSubstring("epoch 1/1.5   loss "));
    CHECK_THAT(result.output, ContainsSubstring("epoch 2/1.5   loss "));
    const int right = right_answers(result.output);
    if (!slow) {
        CHECK(right > test_count / 2);
    }
}

TEST_CASE("the report is complete, plain and narrow where there is no terminal", "[examples]") {
    const Result result = train({"--net", "relu", "--epochs", "1"}, {"TERM=xterm", "LANG=C"});
    CHECK(result.status == 0);
    CHECK_THAT(result.output, ContainsSubstring("Conv2d(1, 6, kernel_size=5, padding=2)"));
    CHECK_THAT(result.output, ContainsSubstring("epoch 1/1   loss "));
    CHECK_THAT(result.output, ContainsSubstring(" taken for "));
    CHECK(result.output.find_first_of("\r\033") == std::string::npos);

    // The rows of the confusion matrix: a digit, ten counts with "." for none, a percentage or "-".
    int rows = 0;
    int images = 0;
    int right = 0;
    for (const std::string& line : lines_of(result.output.substr(result.output.find("      right\n")))) {
        std::istringstream words(line);
        int digit = -1;
        if (rows == 10 || !(words >> digit)) {
            continue;
        }
        CHECK(digit == rows);
        std::string word;
        for (int column = 0; column < 10 && words >> word; ++column) {
            const int count = word == "." ? 0 : std::stoi(word);
            images += count;
            right += column == rows ? count : 0;
        }
        ++rows;
    }
    for (const std::string& line : lines_of(result.output)) {
        CHECK(line.size() <= 80);
        for (const char c : line) {
            CHECK(static_cast<unsigned char>(c) < 128);
        }
    }
    CHECK(rows == 10);
    CHECK(images == test_count);
    CHECK(right == right_answers(result.output));
}

TEST_CASE("digits are drawn with half blocks where the locale is UTF-8", "[examples]") {
    const Result ascii = train({"--epochs", "1"}, {"LANG=C"});
    const Result unicode = train({"--epochs", "1"}, {"LANG=C.UTF-8"});
    CHECK(ascii.output.find("\u2584") == std::string::npos);
    CHECK_THAT(unicode.output, ContainsSubstring("\u2584"));
}

TEST_CASE("a terminal gets a moving line and colours, and no colours with NO_COLOR", "[examples]") {
    const std::string coloured = train_on_terminal({"TERM=xterm"});
    CHECK_THAT(coloured, ContainsSubstring("\repoch 1/1 "));
    CHECK_THAT(coloured, ContainsSubstring(" images/s  "));
    CHECK_THAT(coloured, ContainsSubstring(" left\033[K"));
    CHECK(has_colours(coloured));
    const std::string plain = train_on_terminal({"TERM=xterm", "NO_COLOR=1"});
    CHECK_THAT(plain, ContainsSubstring(" left\033[K"));
    CHECK_FALSE(has_colours(plain));
    const std::string dumb = train_on_terminal({"TERM=dumb"});
    CHECK(dumb.find('\033') == std::string::npos);
    CHECK_THAT(dumb, ContainsSubstring("test accuracy "));
}

TEST_CASE("no line is longer than the terminal is wide", "[examples]") {
    for (const int columns : {20, 23, 31, 40, 53, 60, 64, 79, 80, 120}) {
        for (const std::string locale : {"C", "C.UTF-8"}) {
            CAPTURE(columns, locale);
            const std::string output = train_on_terminal({"TERM=xterm", "LANG=" + locale}, columns);
            for (const std::string& line : shown_lines(output)) {
                CAPTURE(line);
                CHECK(columns_of(line) <= static_cast<std::size_t>(columns));
            }
            CHECK(has_colours(output));
            // What matters is there, however little room there is.
            CHECK_THAT(words_of(output), ContainsSubstring("test accuracy ") &&
                                             Catch::Matchers::EndsWith(" of " + std::to_string(test_count) + ") "));
            CHECK_THAT(output, ContainsSubstring(" taken for ") && ContainsSubstring("Linear(84, 10)"));
            if (columns == 20 || columns >= 79) {
                CHECK_THAT(output, ContainsSubstring(columns == 20 ? "Right answers" : "Confusion matrix"));
            }
        }
    }
    for (const int columns : {1, 2, 10}) {
        CHECK_THAT(train_on_terminal({"TERM=xterm"}, columns), ContainsSubstring("accuracy"));
    }
}

TEST_CASE("the report has what there is room for", "[examples]") {
    const auto rows_of = [](const std::string& output, const std::string& title) {
        // Behind the title, however many lines it takes, there is an empty one.
        const std::string from_title = output.substr(output.find(title));
        std::vector<std::string> rows;
        int empty = 0;
        for (const std::string& line : lines_of(from_title)) {
            empty += line.empty() ? 1 : 0;
            if (!line.empty() && empty == 1) {
                rows.push_back(line);
            }
        }
        return rows;
    };
    const auto shown = [](int columns) {
        const Result result =
            train({"--net", "relu", "--epochs", "1"}, {"LANG=C", "COLUMNS=" + std::to_string(columns)});
        CHECK(result.status == 0);
        right_answers(result.output);  // the last line is in one piece where there is no terminal
        return result.output;
    };
    const std::string wide = shown(80);
    const std::vector<std::string> all = rows_of(wide, "Confusion matrix");
    REQUIRE(all.size() == 11);
    CHECK_THAT(all[0], ContainsSubstring("right"));
    CHECK(rows_of(shown(200), "Confusion matrix") == all);
    // Where there is room for the counts, of at most two digits, and no more, the part that is right is left out.
    const std::vector<std::string> counts = rows_of(shown(33), "Confusion matrix");
    REQUIRE(counts.size() == 11);
    for (std::size_t row = 0; row < 11; ++row) {
        std::istringstream full(all[row]);
        std::istringstream narrow(counts[row]);
        std::string expected;
        std::string word;
        while (narrow >> word) {
            REQUIRE(full >> expected);
            CHECK(word == expected);
        }
        CHECK(full >> expected);
    }
    // And on a narrow screen the most frequent of the wrong answers.
    const std::vector<std::string> brief = rows_of(shown(20), "Right answers");
    REQUIRE(brief.size() == 10);
    for (std::size_t digit = 0; digit < 10; ++digit) {
        CAPTURE(brief[digit]);
        std::size_t printed = 0;
        double percent = 0;
        int answer = -1;
        int count = 0;
        REQUIRE(std::sscanf(brief[digit].c_str(), "%zu %lf %% %d (%d)", &printed, &percent, &answer, &count) >= 2);
        CHECK(printed == digit);
        CHECK_THAT(all[digit + 1], ContainsSubstring(brief[digit].substr(2, 9)));
        std::istringstream words(all[digit + 1]);
        std::string word;
        words >> word;
        int largest = 0;
        int of_answer = 0;
        for (int column = 0; column < 10; ++column) {
            words >> word;
            const int here = word == "." || column == static_cast<int>(digit) ? 0 : std::stoi(word);
            largest = std::max(largest, here);
            of_answer = column == answer ? here : of_answer;
        }
        CHECK(count == largest);
        CHECK(of_answer == largest);
    }
}

TEST_CASE("COLUMNS counts where a terminal does not say how wide it is, or there is none", "[examples]") {
    const auto longest = [](const std::string& output) {
        std::size_t most = 0;
        for (const std::string& line : shown_lines(output)) {
            most = std::max(most, line.starts_with("test accuracy") ? 0 : columns_of(line));
        }
        return most;
    };
    const std::vector<std::string> forty{"TERM=xterm", "COLUMNS=40"};
    CHECK(longest(train_on_terminal(forty, 0)) <= 40);
    CHECK(longest(train_on_terminal(forty, 80)) > 60);
    CHECK(longest(train({"--epochs", "1"}, forty).output) <= 40);
    for (const std::string wrong : {"", "0", "-40", "40x", "99999999999999999999"}) {
        const std::size_t columns = longest(train({"--epochs", "1"}, {"COLUMNS=" + wrong}).output);
        CHECK(columns > 60);
        CHECK(columns <= 80);
    }
}

TEST_CASE("--help is broken between words", "[examples]") {
    const std::string all = words_of(run({"--help"}, {"COLUMNS=1000"}).output);
    for (const int columns : {20, 40, 79}) {
        const std::string output = run_on_terminal({"--help"}, {"TERM=xterm"}, columns);
        CHECK(words_of(output) == all);
        for (const std::string& line : shown_lines(output)) {
            CAPTURE(columns, line);
            CHECK(columns_of(line) <= static_cast<std::size_t>(columns));
        }
    }
}

TEST_CASE("a program that was built without optimisation says so, once", "[examples]") {
    const Folder folder;
    const auto errors_of = [&](const char* file, std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--data", small_mnist().string()});
        CHECK(Program(arguments, (folder.path / "output").string(), folder.path / "errors", {}, file).wait() == 0);
        return read(folder.path / "errors");
    };
    const std::string text = errors_of(CTCNN_MNIST_UNOPTIMISED, {"--quiet", "--epochs", "2"});
    CHECK(lines_of(text).size() == 1);
    CHECK_THAT(text, ContainsSubstring("mnist: built without optimisation") && ContainsSubstring("-O2") &&
                         ContainsSubstring("-DCMAKE_BUILD_TYPE=Release"));
    CHECK(lines_of(read(folder.path / "output")).size() == 1);
    CHECK(errors_of(CTCNN_MNIST_UNOPTIMISED, {"--help"}).empty());
    CHECK(errors_of(CTCNN_MNIST_PROGRAM, {"--quiet", "--epochs", "1"}).empty());
}

TEST_CASE("a loss that is not finite ends the run, with step and layer", "[examples]") {
    const Result result = train({"--net", "relu", "--lr", "1e6"});
    CHECK(result.status == 1);
    CHECK(result.output.find("test accuracy") == std::string::npos);
    CHECK_THAT(result.errors, ContainsSubstring("mnist: the loss is not finite in step ") &&
                                  ContainsSubstring(" of epoch ") && ContainsSubstring(" of layer "));
}

TEST_CASE("an output that takes nothing more is an error", "[examples]") {
    const Folder folder;
    const std::vector<std::string> arguments{"--quiet", "--epochs", "1", "--data", small_mnist().string()};
    if (fs::exists("/dev/full")) {
        CHECK(Program(arguments, "/dev/full", folder.path / "errors").wait() == 1);
        CHECK_THAT(read(folder.path / "errors"), ContainsSubstring("mnist: cannot write to the standard output: "));
    }
    CHECK(Program(arguments, "", folder.path / "errors").wait() == 1);
    CHECK_THAT(read(folder.path / "errors"), ContainsSubstring("mnist: cannot write to the standard output: "));
}

TEST_CASE("Ctrl-C ends the training early, and the results so far are printed", "[examples]") {
    const Folder folder;
    const fs::path pipe = folder.path / "pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    const int file = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(file >= 0);
    const fs::path report = folder.path / "report.html";
    const fs::path stopped = folder.path / "stopped";
    const Program program({"--epochs", "100000", "--data", small_mnist().string(), "--report", report.string(),
                           "--save", stopped.string()},
                          pipe.string(), folder.path / "errors");
    REQUIRE(fcntl(file, F_SETFL, 0) == 0);
    // The signal is noted from before the first step on; a line about an epoch shows that training has begun.
    std::string output = read_until(file, "epoch      1/100000   loss ");
    program.interrupt();
    output += read_until(file, "");
    close(file);
    CHECK(program.wait() == 130);
    CHECK_THAT(output, ContainsSubstring("/100000   stopped after step ") &&
                           ContainsSubstring(" of " + std::to_string(train_count / batch_size) + "; "));
    CHECK_THAT(output, ContainsSubstring("Confusion matrix"));
    right_answers(output);
    CHECK(read(folder.path / "errors").empty());

    // The report says where, and its command repeats the training up to there.
    const std::string page = read(report);
    CHECK_THAT(page, ContainsSubstring("The training was stopped after step ") &&
                         ContainsSubstring(" of " + std::to_string(train_count / batch_size) + " in epoch ") &&
                         ContainsSubstring("The command ends where this training was stopped."));
    const std::size_t begin = page.find("mnist train --net lenet --epochs ");
    REQUIRE(begin != std::string::npos);
    std::istringstream words(page.substr(begin, page.find('<', begin) - begin));
    std::vector<std::string> command{std::istream_iterator<std::string>(words), {}};
    command.erase(command.begin());
    const fs::path repeated = folder.path / "repeated";
    command.insert(command.end(), {"--quiet", "--save", repeated.string()});
    CHECK(run(command).status == 0);
    CHECK(read(repeated) == read(stopped));
    CHECK(read(repeated).size() > 100'000);
}

TEST_CASE("a network is saved, and a file of it is tested or trained on", "[examples]") {
    const Folder folder;
    const std::string file = (folder.path / "net.safetensors").string();
    const Result trained = train({"--net", "quick", "--quiet", "--save", file});
    CHECK(trained.status == 0);
    const Result tested = train({"--net", "quick", "--quiet", "--load", file});
    CHECK(tested.status == 0);
    CHECK(tested.output == trained.output);
    CHECK(train({"--quiet", "--load", file}).output == trained.output);  // The file says the network.
    const Result report = train({"--net", "quick", "--load", file});
    CHECK_THAT(report.output, ContainsSubstring("\nparameters of " + file + "\n") && !ContainsSubstring("epoch"));
    CHECK_THAT(train({"--net", "quick", "--load", file, "--epochs", "1"}).output,
               ContainsSubstring("\nepoch 1/1   loss "));

    const Result asked = train({"--net", "lenet", "--load", file});
    CHECK(asked.status == 2);
    CHECK_THAT(asked.errors, ContainsSubstring("is of the network quick, not lenet"));
    // A file of another program does not say it.
    std::string bytes = read(file);
    const std::size_t key = bytes.find("mnist.net\"");
    REQUIRE(key != std::string::npos);
    bytes[key] = 'M';
    std::ofstream(file, std::ios::binary) << bytes;
    CHECK(train({"--net", "quick", "--load", file, "--quiet"}).output == trained.output);
    const Result other = train({"--load", file, "--quiet"});
    CHECK(other.status == 1);
    CHECK_THAT(other.errors, ContainsSubstring("found 2 missing, 8 of another shape") &&
                                 ContainsSubstring("0.weight   F32 (6, 1, 5, 5)   F32 (12, 1, 5, 5)"));
    CHECK_THAT(train({"--load", (folder.path / "none").string()}).errors, ContainsSubstring("found no such file"));
}

TEST_CASE("a report has no command where none repeats the training", "[examples]") {
    const Folder folder;
    const auto in = [&](const char* name) { return (folder.path / name).string(); };
    const auto page_of = [&](std::vector<std::string> more) {
        more.insert(more.end(), {"--net", "quick", "--quiet", "--epochs", "1", "--report", in("page.html")});
        const Result result = train(more);
        INFO(result.errors);
        CHECK(result.status == 0);
        return read(in("page.html"));
    };
    CHECK_THAT(page_of({"--save", in("net")}), ContainsSubstring("mnist train --net quick"));
    CHECK_THAT(page_of({"--load", in("net"), "--checkpoint", in("training")}), ContainsSubstring(" --load "));
    CHECK_THAT(page_of({"--resume", in("training")}), ContainsSubstring(" --load "));
    const std::string replaced = "it has overwritten the file of the parameters that it began with";
    CHECK_THAT(page_of({"--load", in("net"), "--save", in("net"), "--checkpoint", in("training")}),
               ContainsSubstring(replaced) && !ContainsSubstring("mnist train"));
    CHECK_THAT(page_of({"--resume", in("training")}), ContainsSubstring(replaced));
    CHECK_THAT(page_of({"--load", in("net"), "--checkpoint", in("net")}), ContainsSubstring(replaced));
    // An older checkpoint does not say with what it began.
    std::string bytes = read(in("training"));
    const std::size_t key = bytes.find("mnist.load\"");
    REQUIRE(key != std::string::npos);
    bytes[key] = 'M';
    std::ofstream(in("training"), std::ios::binary) << bytes;
    CHECK_THAT(page_of({"--resume", in("training")}),
               ContainsSubstring("does not say which parameters it began with") && !ContainsSubstring("mnist train"));
}

TEST_CASE("a file that could not be saved is refused before anything is trained", "[examples]") {
    const Folder folder;
    for (const char* option : {"--save", "--checkpoint"}) {
        const Result missing = train({option, (folder.path / "none" / "net").string()});
        CHECK(missing.status == 1);
        CHECK(missing.output.empty());
        CHECK_THAT(missing.errors, ContainsSubstring("there is no folder '" + (folder.path / "none").string() + "'"));
        CHECK_THAT(train({option, folder.path.string()}).errors, ContainsSubstring("is a folder"));
        CHECK_THAT(train({option, "/dev/full"}).errors, ContainsSubstring("'/dev/full' is a pipe or a device"));
        const fs::path link = folder.path / "link";
        fs::create_symlink("nowhere", link);
        CHECK_THAT(train({option, link.string()}).errors, ContainsSubstring("is a link that leads nowhere"));
        fs::remove(link);
        const Result long_name = train({option, (folder.path / std::string(300, 'a')).string()});
        CHECK(long_name.status == 1);
        CHECK(long_name.output.empty());
        CHECK_THAT(long_name.errors, ContainsSubstring("' cannot be the name of a file (File name too long)"));
        if (fs::exists("/proc/version")) {  // not even root makes files beside it
            fs::create_symlink("/proc/version", link);
            const Result linked = train({option, link.string()});
            CHECK(linked.status == 1);
            CHECK(linked.output.empty());
            CHECK_THAT(linked.errors, ContainsSubstring("expected a file that can be written"));
            fs::remove(link);
        }
        CHECK(fs::is_empty(folder.path));
    }
}

TEST_CASE("a limit of the size of files: a sentence, and nothing is left behind", "[examples]") {
    const Folder folder;
    const std::string file = (folder.path / "net").string();
    const Result limited = run({"-c", R"(ulimit -f 16 && exec "$0" "$@")", CTCNN_MNIST_PROGRAM, "--quiet", "--epochs",
                                "1", "--save", file, "--data", small_mnist().string()},
                               {}, "/bin/sh");
    CHECK(limited.status == 1);
    CHECK(limited.output.empty());
    CHECK_THAT(limited.errors, ContainsSubstring("mnist: " + file) && ContainsSubstring("File too large") &&
                                   ContainsSubstring("\nAllow larger files (`ulimit -f`)"));
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("a training that Ctrl-C has ended is resumed, and ends with the same bits", "[examples]") {
    const Folder folder;
    const std::string checkpoint = (folder.path / "checkpoint").string();
    const std::vector<std::string> recipe{"--net", "relu", "--epochs", "60", "--data", small_mnist().string()};
    const auto with = [&](std::vector<std::string> more) {
        more.insert(more.end(), recipe.begin(), recipe.end());
        return more;
    };
    const fs::path pipe = folder.path / "pipe";
    REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
    const int file = open(pipe.c_str(), O_RDONLY | O_NONBLOCK);
    REQUIRE(file >= 0);
    const fs::path report = folder.path / "report.html";
    const Program program(with({"--checkpoint", checkpoint, "--seed", "5", "--report", report.string()}), pipe.string(),
                          folder.path / "errors");
    REQUIRE(fcntl(file, F_SETFL, 0) == 0);
    std::string output = read_until(file, "epoch  2/60   loss ");
    program.interrupt();
    output += read_until(file, "");
    close(file);
    CHECK(program.wait() == 130);
    CHECK_THAT(output, ContainsSubstring("the training is saved; continue it with --resume"));
    CHECK_THAT(read(report), ContainsSubstring("No command repeats this training: it was stopped") &&
                                 !ContainsSubstring("mnist train"));

    const fs::path resumed = folder.path / "resumed";
    const fs::path whole = folder.path / "whole";
    const std::string shown = run_on_terminal(
        with({"--resume", checkpoint, "--threads", "1", "--save", resumed.string(), "--report", report.string()}),
        {"TERM=xterm"}, 120);
    // The epochs before are not counted in the speed.
    double begin = 0;
    double fastest = 0;
    for (const std::string& line : shown_lines(shown)) {
        const std::size_t end = line.find(" images/s");
        if (end != std::string::npos) {
            std::string number = line.substr(0, end).substr(line.rfind(' ', end - 1) + 1);
            std::erase(number, ',');
            const bool is_live = line.find(" left") != std::string::npos;
            double& rate = is_live && begin == 0 ? begin : fastest;
            rate = std::max(rate, std::stod(number));
        }
    }
    CHECK(begin > 0);
    CHECK(begin < 2 * fastest);
    CHECK(run(with({"--quiet", "--seed", "5", "--save", whole.string()})).status == 0);
    // The seed is that of the whole training, and so the command is.
    CHECK_THAT(read(report), ContainsSubstring("mnist train --net relu --epochs 60 --batch-size 64 --lr 0.1 --seed 5"));
    CHECK(read(resumed) == read(whole));
    CHECK(read(resumed).size() > 200'000);

    const Result other = train({"--resume", checkpoint, "--quiet"});
    CHECK(other.status == 1);
    CHECK_THAT(other.errors, ContainsSubstring("resume it with --net relu --epochs 60 --batch-size 64 --lr 0.1\n"));
}

TEST_CASE("a full disk: the old file stays, and a sentence", "[examples]") {
    const SmallDisk disk(std::size_t{1} << 22);
    if (!disk.there()) {
        WARN(disk.problem());
        return;
    }
    const fs::path file = disk.path() / "net";
    for (const char* option : {"--save", "--checkpoint"}) {
        CAPTURE(option);
        const std::vector<std::string> arguments{"--net", "quick", "--quiet", option, file.string()};
        disk.leave(4096);
        for (const std::string old_file : {"", "the old one"}) {
            if (!old_file.empty()) {
                std::ofstream(file) << old_file;
            }
            const Result full = train(arguments);
            CHECK(full.status == 1);
            CHECK(full.output.empty());
            CHECK_THAT(full.errors, ContainsSubstring("mnist: " + file.string() + ", byte ") &&
                                        ContainsSubstring("No space left on device") &&
                                        ContainsSubstring("\nMake room on the disk"));
            CHECK(read(file) == old_file);
            CHECK(std::distance(fs::directory_iterator(disk.path()), {}) == (old_file.empty() ? 1 : 2));
        }
        fs::remove(disk.path() / SmallDisk::filler);
        CHECK(train(arguments).status == 0);
        CHECK(fs::file_size(file) > 10'000);
        fs::remove(file);
    }
    REQUIRE(disk.make_read_only());
    for (const char* option : {"--save", "--checkpoint"}) {
        const Result refused = train({option, file.string()});
        CHECK(refused.status == 1);
        CHECK_THAT(refused.errors,
                   ContainsSubstring("'" + disk.path().string() + "'") && ContainsSubstring("Read-only file system"));
    }
}

/// A network that tells a 7 from others, or after a few steps with sanitizers: trained once.
const std::string& small_network() {
    static const Folder folder;
    static const std::string file = (folder.path / "net.safetensors").string();
    static const int status = train({"--net", "relu", "--epochs", slow ? "1" : "10", "--quiet", "--save", file}).status;
    REQUIRE(status == 0);
    return file;
}

TEST_CASE("train is what the program does without a command", "[examples]") {
    const std::vector<std::string> options{"--epochs", "1", "--quiet", "--data", small_mnist().string()};
    std::vector<std::string> named = options;
    named.insert(named.begin(), "train");
    const Result result = run(named);
    CHECK(result.status == 0);
    CHECK(result.output == run(options).output);
    CHECK_THAT(run({"train", "--help"}).output, ContainsSubstring("Usage: mnist [train] [OPTIONS]"));
}

TEST_CASE("the commands have a --help of their own, which fits", "[examples]") {
    for (const std::string command : {"evaluate", "predict", "show", "summary"}) {
        CHECK_THAT(run({"--help"}).output, ContainsSubstring("mnist " + command));
        for (const int columns : {50, 80}) {
            const Result result = run({command, "--help"}, {"COLUMNS=" + std::to_string(columns)});
            CAPTURE(result.output);
            CHECK(result.status == 0);
            CHECK_THAT(result.output, ContainsSubstring("Usage: mnist " + command) && ContainsSubstring("--help"));
            CHECK(lines_of(result.output).size() < 30);
            for (const std::string& line : lines_of(result.output)) {
                CHECK(columns_of(line) <= static_cast<std::size_t>(columns));
            }
        }
    }
}

/// The file of a network with other parameters: 0, but for the biases of the last layer, which are 0, 1/2, 1, ...
void write_biases(const std::string& from, const fs::path& to, float scale) {
    std::string bytes = read(from);
    std::uint64_t header = 0;
    for (int n = 7; n >= 0; --n) {
        header = header << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(n)]);
    }
    const auto begin = static_cast<std::size_t>(header) + 8;
    std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(begin), bytes.end(), '\0');
    const std::string key = "\"11.bias\":{";
    const std::string offsets = "\"data_offsets\":[";
    const std::size_t at = bytes.find(offsets, bytes.find(key)) + offsets.size();
    const std::size_t offset = begin + std::stoul(bytes.substr(at));
    for (std::size_t k = 0; k < 10; ++k) {
        const float bias = scale * static_cast<float>(k);
        std::memcpy(bytes.data() + offset + 4 * k, &bias, sizeof bias);
    }
    std::ofstream(to, std::ios::binary) << bytes;
}

TEST_CASE("evaluate prints loss, confusion matrix and a table of the classes", "[examples]") {
    const Result quiet = train({"evaluate", "--quiet", small_network()});
    CHECK(quiet.status == 0);
    CHECK(quiet.output == train({"--net", "relu", "--load", small_network(), "--quiet"}).output);
    for (const int columns : {50, 80}) {
        const Result result = train({"evaluate", small_network()}, {"COLUMNS=" + std::to_string(columns)});
        CAPTURE(result.output);
        CHECK(result.status == 0);
        CHECK(lines_of(result.output).back() + "\n" == quiet.output);
        CHECK_THAT(result.output, ContainsSubstring("relu: LeNet") && ContainsSubstring("\nConfusion matrix") &&
                                      ContainsSubstring("\nclass precision   recall       F1  images\n") &&
                                      ContainsSubstring("\nmean ") && ContainsSubstring("\ntest loss "));
        for (const std::string& line : lines_of(result.output)) {
            CHECK(columns_of(line) <= static_cast<std::size_t>(columns));
        }
    }
    // Each image has the outputs 0, 1/2, ..., 9/2.
    const Folder folder;
    write_biases(small_network(), folder.path / "net", 0.5f);
    const Result result = train({"evaluate", (folder.path / "net").string()});
    const auto test = ctcnn::load_mnist(small_mnist(), ctcnn::Split::test);
    double exponentials = 0;
    for (int k = 0; k < 10; ++k) {
        exponentials += std::exp(0.5 * k);
    }
    double loss = 0;
    int nines = 0;
    for (const std::uint8_t label : test.labels()) {
        loss += (std::log(exponentials) - 0.5 * label) / test_count;
        nines += label == 9 ? 1 : 0;
    }
    double printed = 0;
    REQUIRE(std::sscanf(result.output.substr(result.output.find("\ntest loss")).c_str(), "\ntest loss %lf", &printed) ==
            1);
    CHECK(printed == Approx(loss).margin(0.00006));  // four digits behind the point
    CHECK(right_answers(result.output) == nines);
    const double precision = static_cast<double>(nines) / test_count;
    char row[100];
    std::snprintf(row, sizeof row, "\n9     %7.2f %%%7.2f %%%7.2f %%%8d\n", 100 * precision, 100.0,
                  200 * precision / (1 + precision), nines);
    CHECK_THAT(result.output, ContainsSubstring(row));
    std::snprintf(row, sizeof row, "\nmean  %7.2f %%%7.2f %%%7.2f %%%8d\n", 10 * precision, 10.0,
                  20 * precision / (1 + precision), test_count);
    CHECK_THAT(result.output, ContainsSubstring(row) && ContainsSubstring("\n8             -"));

    write_biases(small_network(), folder.path / "net", std::numeric_limits<float>::quiet_NaN());
    const Result undefined = train({"evaluate", (folder.path / "net").string()});
    CHECK(undefined.status == 1);
    CHECK_THAT(undefined.errors, ContainsSubstring("are NaN or infinite for " + std::to_string(test_count) + " of "));
    CHECK(train({"--load", (folder.path / "net").string(), "--net", "relu"}).status == 0);  // and shows no right answer

    CHECK_THAT(run({"evaluate", small_network(), "--data", ""}).errors, ContainsSubstring("no folder ''"));
    CHECK_THAT(train({"evaluate", (folder.path / "none").string()}).errors, ContainsSubstring("no such file"));
    CHECK_THAT(train({"evaluate", small_network(), "--net", "quick"}).errors,
               ContainsSubstring("is of the network relu, not quick"));
    CHECK_THAT(train({"evaluate", (small_mnist() / "t10k-labels-idx1-ubyte").string()}).errors,
               ContainsSubstring("mnist: " + small_mnist().string()));
}

TEST_CASE("Fashion-MNIST has names of its classes, and is found by its name", "[examples]") {
    const Folder folder;
    fs::copy(small_mnist(), folder.path / "fashion-mnist");
    const std::string file = (folder.path / "net").string();
    const std::string in_folder = "cd " + folder.path.string() + R"( && exec "$0" "$@")";
    const auto there = [&](std::vector<std::string> arguments, int columns) {
        arguments.insert(arguments.begin(), {"-c", in_folder, CTCNN_MNIST_PROGRAM});
        return run(arguments, {"COLUMNS=" + std::to_string(columns)}, "/bin/sh");
    };
    const Result trained = there({"--data", "fashion-mnist", "--net", "relu", "--epochs", "1", "--save", file}, 80);
    CHECK(trained.status == 0);
    CHECK_THAT(trained.output, ContainsSubstring("\n  9 Ankle boot ") && ContainsSubstring("\n   taken for "));
    for (const int columns : {20, 50, 80}) {
        const Result result = there({"evaluate", file, "--data", "fashion-mnist"}, columns);
        CAPTURE(result.output);
        CHECK(result.status == 0);
        CHECK_THAT(result.output, ContainsSubstring("\nAnkle boot") && ContainsSubstring("Pullover"));
        for (const std::string& line : lines_of(result.output)) {
            CHECK((line.starts_with("test accuracy") || line == file ||
                   columns_of(line) <= static_cast<std::size_t>(columns)));
        }
    }
    CHECK_THAT(there({"show", "1", "--data", "./fashion-mnist"}, 80).output, ContainsSubstring("   0: Sneaker\n"));
    // The file says what it was trained on.
    const Result named = run({"evaluate", file});
    if (fs::exists("/usr/share/datasets/fashion-mnist")) {
        CHECK(named.status == 0);
    } else {
        CHECK(named.status == 1);
        CHECK_THAT(named.errors, ContainsSubstring("mnist: Fashion-MNIST is not installed") &&
                                     ContainsSubstring("apt-get install dataset-fashion-mnist"));
        CHECK(run({"show", "--data", "fashion-mnist"}).errors == named.errors);
    }
    const Result loaded = run({"train", "--load", file, "--quiet"});
    CHECK(loaded.status == named.status);
    CHECK(loaded.errors == named.errors);
    // What is saved was still trained on it.
    const std::string copy = (folder.path / "copy").string();
    CHECK(run({"--load", file, "--data", small_mnist().string(), "--save", copy}).status == 0);
    CHECK_THAT(read(copy), ContainsSubstring(R"("mnist.data":"fashion-mnist")"));
}

TEST_CASE("show draws images with their labels, and summary prints layers", "[examples]") {
    for (const int columns : {10, 50, 80}) {
        const Result result = train({"show", "4", "--first", "1"}, {"COLUMNS=" + std::to_string(columns)});
        CHECK(result.status == 0);
        CHECK_THAT(words_of(result.output),
                   ContainsSubstring("4 of the " + std::to_string(test_count) + " test images") &&
                       ContainsSubstring("1: 2 ") && ContainsSubstring("4: 4 "));
        for (const std::string& line : lines_of(result.output)) {
            CHECK(columns_of(line) <= static_cast<std::size_t>(columns));
        }
    }
    CHECK_THAT(train({"show", "1", "--train"}).output, ContainsSubstring("0: 5\n") && ContainsSubstring(" training "));
    const std::string all = run({"summary"}).output;
    CHECK_THAT(all, ContainsSubstring("lenet: ") && ContainsSubstring("relu: ") && ContainsSubstring("quick: "));
    const std::string relu = run({"summary", "relu"}).output;
    CHECK_THAT(relu, ContainsSubstring("ReLU()") && ContainsSubstring("61,706") && !ContainsSubstring("Sigmoid"));
    CHECK(run({"summary", small_network()}).output == relu);
    for (const std::string& line : lines_of(run({"summary"}, {"COLUMNS=50"}).output)) {
        CHECK(columns_of(line) <= 50);
    }
}

/// A grey PNG of 8 bits, whose data are not compressed: any program can write one.
std::string png(std::size_t height, std::size_t width, const std::string& pixels) {
    const auto number = [](std::uint32_t n) {
        std::string bytes;
        append_big_endian(bytes, n);
        return bytes;
    };
    const auto chunk = [&](const std::string& content) {
        std::uint32_t crc = 0xffffffff;
        for (const char c : content) {
            crc ^= static_cast<unsigned char>(c);
            for (int bit = 0; bit < 8; ++bit) {
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
            }
        }
        return number(static_cast<std::uint32_t>(content.size() - 4)) + content + number(~crc);
    };
    std::string rows;
    for (std::size_t h = 0; h < height && h * width < pixels.size(); ++h) {
        rows += '\0' + pixels.substr(h * width, width);
    }
    std::uint32_t low = 1;
    std::uint32_t high = 0;
    std::string blocks{'\x78', '\x01'};
    for (std::size_t at = 0; at < rows.size(); at += 60'000) {
        const std::string block = rows.substr(at, 60'000);
        blocks += at + block.size() == rows.size() ? '\x01' : '\x00';
        for (const std::size_t size : {block.size(), ~block.size()}) {
            blocks += static_cast<char>(size & 0xff);
            blocks += static_cast<char>(size >> 8 & 0xff);
        }
        blocks += block;
    }
    for (const char c : rows) {
        low = (low + static_cast<unsigned char>(c)) % 65521;
        high = (high + low) % 65521;
    }
    return "\x89PNG\r\n\x1a\n" +
           chunk("IHDR" + number(static_cast<std::uint32_t>(width)) + number(static_cast<std::uint32_t>(height)) +
                 std::string{8, 0, 0, 0, 0}) +
           chunk("IDAT" + blocks + number(high << 16 | low)) + chunk("IEND");
}

TEST_CASE("predict says what PNG images show, whatever their size", "[examples]") {
    const Folder folder;
    const auto test = ctcnn::load_mnist(small_mnist(), ctcnn::Split::test);
    const auto write = [&](const std::string& name, const std::string& bytes) {
        std::ofstream(folder.path / name, std::ios::binary) << bytes;
        return (folder.path / name).string();
    };
    // The first test image, a 7: dark on light, in pixels of 5 x 5, with a margin on the left.
    std::string pixels;
    std::string inverted;
    for (std::size_t h = 0; h < 28 * 5; ++h) {
        for (std::size_t w = 0; w < 200; ++w) {
            const int ink = w < 60 ? 0 : static_cast<int>(240 * test.image(0)(0, h / 5, (w - 60) / 5));
            pixels += static_cast<char>(250 - ink);
            inverted += static_cast<char>(10 + ink);
        }
    }
    const std::string dark = write("dark.png", png(28 * 5, 200, pixels));
    const std::string light = write("light.png", png(28 * 5, 200, inverted));
    const std::string blank = write("blank.png", png(9, 9, std::string(81, 'x')));
    const std::string cut = write("cut.png", png(28 * 5, 200, pixels).substr(0, 2000));
    const std::string text = write("text.png", "no image");
    const std::string huge = write("huge.png", png(4097, 4097, "").substr(0, 60));
    const std::string missing = (folder.path / "none.png").string();
    std::vector<std::string> files{"predict", small_network(), dark, blank, cut, text, huge, missing, light};
#if CTCNN_WITH_PNG
    for (const std::string locale : {"C", "C.UTF-8"}) {
        for (const int columns : {20, 50, 80}) {
            const Result result = run(files, {"LANG=" + locale, "COLUMNS=" + std::to_string(columns)});
            CAPTURE(result.output, columns, locale);
            CHECK(result.status == 1);
            CHECK_THAT(result.errors, ContainsSubstring(blank + ": nothing is drawn in it") &&
                                          ContainsSubstring(cut + ", byte ") &&
                                          ContainsSubstring(text + ", byte 0: expected a PNG image") &&
                                          ContainsSubstring("at most 16777216 pixels, found 4097 rows") &&
                                          ContainsSubstring("there is no file '" + missing + "'"));
            CHECK(lines_of(result.errors).size() == 5);
            CHECK((result.output.find("\u2588") != std::string::npos) == (locale == "C.UTF-8"));
            CHECK_THAT(words_of(result.output), ContainsSubstring("dark.png: ") && ContainsSubstring("light.png: "));
            const std::vector<std::string> lines = lines_of(result.output);
            CHECK(std::count_if(lines.begin(), lines.end(),
                                [](const std::string& line) { return line.ends_with(" %"); }) == 6);
            for (const std::string& line : lines) {
                CHECK(
                    (line.find(".png") != std::string::npos || columns_of(line) <= static_cast<std::size_t>(columns)));
            }
        }
    }
    // As evaluate would answer for the image itself, hardly changed.
    const Result quiet = run({"predict", "--quiet", small_network(), dark, light});
    CHECK(quiet.status == 0);
    CHECK(quiet.errors.empty());
    const std::vector<std::string> lines = lines_of(quiet.output);
    REQUIRE(lines.size() == 2);
    CHECK(lines[0].substr(dark.size()).substr(0, 4) == lines[1].substr(light.size()).substr(0, 4));
    if (!slow) {
        CHECK(lines[0].starts_with(dark + ": 7 ("));
    }
    CHECK_THAT(run({"predict", small_network(), "--", "-7.png"}).errors, ContainsSubstring("no file '-7.png'"));
    CHECK(run({"predict", small_network(), blank}).status == 1);
    CHECK(run({"predict", small_network(), blank}).output.empty());
#else
    const Result result = run(files);
    CHECK(result.status == 1);
    CHECK(result.output.empty());
    CHECK_THAT(result.errors, ContainsSubstring("a program that was built with libpng") &&
                                  ContainsSubstring("apt-get install libpng-dev"));
#endif
}

}  // namespace

#endif
