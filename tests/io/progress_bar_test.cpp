// SPDX-License-Identifier: MIT
#include <ctcnn/io/progress_bar.hpp>

#include <ctcnn/optim/adam.hpp>
#include <ctcnn/train/fit.hpp>

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <string>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../train/small.hpp"
#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;
using small::Net;

namespace {

/// A terminal of so many columns, as a program sees it, with a large buffer; text() is what it has written since.
class Terminal {
public:
    explicit Terminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK)) {
        REQUIRE(master_ >= 0);
        REQUIRE(::grantpt(master_) == 0);
        REQUIRE(::unlockpt(master_) == 0);
        const struct winsize size{24, columns, 0, 0};
        REQUIRE(::ioctl(master_, TIOCSWINSZ, &size) == 0);
        stream_.reset(std::fopen(::ptsname(master_), "w"));
        REQUIRE(stream_ != nullptr);
        REQUIRE(std::setvbuf(stream_.get(), nullptr, _IOFBF, 1 << 16) == 0);
    }
    ~Terminal() {
        stream_.reset();
        ::close(master_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    std::FILE* stream() const { return stream_.get(); }
    std::string text() const {
        std::string text;
        char buffer[4096];
        for (ssize_t count = 0; (count = ::read(master_, buffer, sizeof(buffer))) > 0;) {
            text.append(buffer, static_cast<std::size_t>(count));
        }
        return text;
    }

private:
    int master_;
    std::unique_ptr<std::FILE, int (*)(std::FILE*)> stream_{nullptr, &std::fclose};
};

}  // namespace

TEST_CASE("The lines of ProgressBar fit the columns") {
    using namespace ctcnn::detail_::io;
    const StepReport step{3, 128, 938, 0.12345};
    REQUIRE(progress_line(step, 10, 83, 49) == "epoch 3/10  128/938  loss 0.1235  ETA 1:23");
    REQUIRE(progress_line(step, 10, 83, 79) ==
            "epoch 3/10  128/938  [####..........................]  loss 0.1235  ETA 1:23");
    REQUIRE(progress_line(step, 10, 83, 12) == "epoch 3/10  ");
    for (std::size_t columns = 0; columns < 200; ++columns) {
        REQUIRE(progress_line(step, 10, 1e9, columns).size() <= columns);
    }
    REQUIRE(clock_text(0) == "0 s");
    REQUIRE(clock_text(58.2) == "59 s");
    REQUIRE(clock_text(59.5) == "1:00");
    REQUIRE(clock_text(7384) == "2:03:04");
    REQUIRE(clock_text(std::numeric_limits<double>::quiet_NaN()) == "?");
    EpochReport report{3, 0.12345, 1, 40};
    REQUIRE(epoch_line(report, 10, 83) == "epoch 3/10  loss 0.1235  ETA 1:23");
    report.validation_loss = 0.25;
    report.validation_accuracy = 0.98765;
    REQUIRE(epoch_line(report, 10, 83) == "epoch 3/10  loss 0.1235  val 0.25 98.77 %  ETA 1:23");
    REQUIRE(epoch_line({10, 1, 1, 40}, 10, 0) == "epoch 10/10  loss 1");
}

TEST_CASE("Where there is no terminal, ProgressBar writes a line for each epoch") {
    const ScratchFolder folder;
    const auto path = folder.path() / "out";
    {
        const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "w"), &std::fclose);
        Net net = small::net();
        fit(net, small::data(40), Adam{}, {.epochs = 2, .batch_size = 10}, ProgressBar{file.get()});
    }
    const std::string text = text_of(path);
    REQUIRE(text.starts_with("epoch 1/2  loss "));
    REQUIRE_THAT(text, ContainsSubstring("ETA") && ContainsSubstring("\nepoch 2/2  loss ") &&
                           !ContainsSubstring("\r") && !ContainsSubstring("\x1b"));
    REQUIRE(text.ends_with("\n"));
}

TEST_CASE("In a terminal, ProgressBar writes a line again and again, and ends it when the training stops in an epoch") {
    const Terminal terminal(60);
    Net net = small::net();
    std::string in_epoch;
    FitOptions options{.epochs = 2, .batch_size = 10};
    std::size_t asked = 0;
    options.should_stop = [&] {
        in_epoch += terminal.text();
        return ++asked == 3;
    };
    // What is written is seen at once, although the stream has a buffer.
    fit(net, small::data(40), Adam{}, options, ProgressBar{terminal.stream()});
    CHECK_THAT(in_epoch,
               ContainsSubstring("epoch 1/2  1/4  [") && ContainsSubstring("ETA") && !ContainsSubstring("\n"));
    CHECK(terminal.text() == "\r\n");

    // A training that ends with an epoch has ended its line.
    fit(net, small::data(40), Adam{}, {.epochs = 1, .batch_size = 10}, ProgressBar{terminal.stream()});
    const std::string text = terminal.text();
    CHECK_THAT(text, ContainsSubstring("epoch 1/1  loss "));
    CHECK(text.ends_with("\r\n"));
    CHECK(!text.ends_with("\n\r\n"));
}
