// SPDX-License-Identifier: MIT
//
// Runs the program examples/mnist as a person would, on a small part of MNIST.
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
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
        {{"--save", "a", "--checkpoint", "a"}, "--save and --checkpoint write two files: give them two names"},
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
    const Program program({"--epochs", "100000", "--data", small_mnist().string()}, pipe.string(),
                          folder.path / "errors");
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
}

TEST_CASE("a network is saved, and a file of it is tested or trained on", "[examples]") {
    const Folder folder;
    const std::string file = (folder.path / "net.safetensors").string();
    const Result trained = train({"--net", "quick", "--quiet", "--save", file});
    CHECK(trained.status == 0);
    const Result tested = train({"--net", "quick", "--quiet", "--load", file});
    CHECK(tested.status == 0);
    CHECK(tested.output == trained.output);
    const Result report = train({"--net", "quick", "--load", file});
    CHECK_THAT(report.output, ContainsSubstring("\nparameters of " + file + "\n") && !ContainsSubstring("epoch"));
    CHECK_THAT(train({"--net", "quick", "--load", file, "--epochs", "1"}).output,
               ContainsSubstring("\nepoch 1/1   loss "));

    const Result other = train({"--load", file, "--quiet"});
    CHECK(other.status == 1);
    CHECK_THAT(other.errors, ContainsSubstring("found 2 missing, 8 of another shape") &&
                                 ContainsSubstring("0.weight   F32 (6, 1, 5, 5)   F32 (12, 1, 5, 5)"));
    CHECK_THAT(train({"--load", (folder.path / "none").string()}).errors, ContainsSubstring("found no such file"));
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
    }
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
    const Program program(with({"--checkpoint", checkpoint}), pipe.string(), folder.path / "errors");
    REQUIRE(fcntl(file, F_SETFL, 0) == 0);
    std::string output = read_until(file, "epoch  2/60   loss ");
    program.interrupt();
    output += read_until(file, "");
    close(file);
    CHECK(program.wait() == 130);
    CHECK_THAT(output, ContainsSubstring("the training is saved; continue it with --resume"));

    const fs::path resumed = folder.path / "resumed";
    const fs::path whole = folder.path / "whole";
    CHECK(run(with({"--quiet", "--resume", checkpoint, "--threads", "1", "--save", resumed.string()})).status == 0);
    CHECK(run(with({"--quiet", "--save", whole.string()})).status == 0);
    CHECK(read(resumed) == read(whole));
    CHECK(read(resumed).size() > 200'000);

    const Result other = train({"--resume", checkpoint, "--quiet"});
    CHECK(other.status == 1);
    CHECK_THAT(other.errors, ContainsSubstring("resume it with --net relu --epochs 60 --batch-size 64 --lr 0.1"));
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

}  // namespace

#endif
