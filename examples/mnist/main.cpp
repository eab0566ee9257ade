// SPDX-License-Identifier: MIT
//
// Trains a small network on MNIST and shows what it has learnt: mnist --help
// Exit status: 0 if all went well, 1 if something failed, 2 for a command line that says nothing clear, 130 after
// Ctrl-C.
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <latch>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <ctcnn/data/error.hpp>
#include <ctcnn/data/mnist.hpp>

#include "html_report.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "screen.hpp"
#include "training.hpp"

namespace {

using namespace mnist;

std::string heading(const Screen& screen, const Options& options, const Digits& train, const Digits& test) {
    const Settings& settings = options.settings;
    std::string text = screen.styled(Style::bold, options.network->name);
    text.append(": ").append(options.network->description).append("\n");
    if (!options.files.load.empty()) {
        text.append("parameters of ").append(ctcnn::detail_::printable(options.files.load)).append("\n");
    }
    if (!(settings.epochs > 0)) {
        return screen.wrapped(text + grouped(test.size()) + " images to be tested with\n\n");
    }
    if (!options.files.resume.empty()) {
        text.append("training of ").append(ctcnn::detail_::printable(options.files.resume)).append("\n");
    }
    text += format("learning rate %g, batches of %zu, %g epoch%s, seed %llu\n", static_cast<double>(settings.lr),
                   settings.batch_size, settings.epochs, settings.epochs == 1 ? "" : "s",
                   static_cast<unsigned long long>(settings.seed));
    text += grouped(train.size()) + " images to learn from, " + grouped(test.size()) + " to be tested with\n\n";
    return screen.wrapped(text);
}

/// Whoever waits should know what for.
void warn_if_slow() {
#if !defined(__OPTIMIZE__)
    std::fputs(
        "mnist: built without optimisation, which makes training many times slower; build it with -O2, or with CMake's "
        "-DCMAKE_BUILD_TYPE=Release\n",
        stderr);
#endif
}

/// Refuses a file that cannot be written before anything is trained that would be saved there.
void require_writable(const std::string& file) {
    if (file.empty()) {
        return;
    }
    const std::filesystem::path path = file;
    const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
    std::error_code error;
    const std::string name = ctcnn::detail_::printable(folder.string());
    if (!std::filesystem::is_directory(folder, error)) {
        throw std::runtime_error("there is no folder '" + name + "' to save files in: create it with `mkdir -p`");
    }
    if (access(folder.c_str(), W_OK) != 0) {
        error.assign(errno, std::generic_category());
        throw std::runtime_error(
            "no file can be saved in the folder '" + name + "' (" + error.message() + "): " +
            (error == std::errc::permission_denied ? "make it writable with `chmod u+wx`" : "choose another one"));
    }
    const auto refuse = [&file](const char* what) {
        throw std::runtime_error("'" + ctcnn::detail_::printable(file) + what);
    };
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (std::filesystem::is_directory(status)) {
        refuse("' is a folder: give the name of a file inside it");
    } else if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        refuse("' is a pipe or a device: give the name of a file");
    } else if (!std::filesystem::exists(status) && std::filesystem::is_symlink(path, error)) {
        refuse("' is a link that leads nowhere: remove it, or create what it leads to");
    }
}

/// The test images: loaded on a thread of their own, or later where the system grants none.
std::future<Digits> load_test_images(const Options& options) {
    const auto load = [&options] { return ctcnn::load_mnist(options.folder, ctcnn::Split::test); };
    try {
        return std::async(std::launch::async, load);
    } catch (const std::system_error&) {
        return std::async(std::launch::deferred, load);
    }
}

/// How many threads the system grants, at most as many as wanted.
std::size_t count_threads(std::size_t wanted) {
    std::vector<std::thread> threads;
    threads.reserve(wanted);
    // Room for what training allocates before its threads begin; it is used, since the compiler would leave it out
    // otherwise.
    const std::unique_ptr<volatile char[]> room(new volatile char[std::size_t{1} << 25]);
    room[0] = 0;
    std::latch counted(1);
    try {
        while (threads.size() + 1 < wanted) {
            threads.emplace_back([&counted] { counted.wait(); });
        }
    } catch (const std::exception&) {  // no more of them
    }
    counted.count_down();
    for (std::thread& thread : threads) {
        thread.join();
    }
    return threads.size() + 1;
}

/// The number of threads to train with: OpenMP ends the program where it cannot have as many as it is told.
std::size_t choose_threads(const Settings& settings) {
    const std::size_t wanted =
        settings.threads == 0 ? std::max<std::size_t>(1, std::thread::hardware_concurrency()) : settings.threads;
    const std::size_t granted = count_threads(wanted);
    if (granted < settings.threads) {
        throw std::runtime_error(format(
            "the system grants this program only %zu of %zu threads: ask for fewer with --threads, or allow it more "
            "(`ulimit -u`) and more memory (`ulimit -v`)",
            granted, settings.threads));
    }
    return granted < wanted ? granted : settings.threads;
}

/// Returns the exit status.
int run(const Options& options) {
    Screen screen;
    if (!options.help.empty()) {
        screen.print(screen.wrapped(options.help));
        return 0;
    }
    for (const std::string* file : {&options.files.save, &options.files.checkpoint, &options.files.report}) {
        require_writable(*file);
    }
    std::future<Digits> test_to_come = load_test_images(options);
    const bool trains = options.settings.epochs > 0;
    const Digits train = trains ? ctcnn::load_mnist(options.folder, ctcnn::Split::train) : Digits();
    const Digits test = test_to_come.get();
    Settings settings = options.settings;
    settings.threads = choose_threads(settings);
    warn_if_slow();
    if (!options.quiet) {
        screen.print(heading(screen, options, train, test));
        // Behind the table there is a sentence.
        const std::string_view summary = options.network->summary;
        const std::size_t end = summary.rfind('\n', summary.size() - 2) + 1;
        screen.print(screen.narrowed(summary.substr(0, end)) + screen.wrapped(summary.substr(end)) + "\n");
    }

    catch_interrupt();
    Progress progress(screen, options.settings, train.size());
    Listener listener{[](const StepNews&) {}, {}, interrupted};
    if (!options.quiet) {
        listener.on_step = [&](const StepNews& news) { progress.step(news); };
        listener.on_epoch = [&](const EpochNews& news) { progress.epoch(news); };
    }
    const Outcome outcome = options.network->train(settings, options.files, train, test, listener);
    if (outcome.report) {
        outcome.report->network = options.network->name;
        outcome.report->description = options.network->description;
        outcome.report->train_images = train.size();
        outcome.report->settings = report_settings(options.network->name, settings, options.files);
        write_report(options.files.report, *outcome.report);
    }

    if (!options.quiet) {
        if (outcome.stopped) {
            progress.stopped();
            if (!options.files.checkpoint.empty()) {
                screen.print(screen.wrapped("the training is saved; continue it with --resume " +
                                            ctcnn::detail_::printable(options.files.checkpoint) + "\n"));
            }
        }
        screen.print("\n" + confusion_matrix(screen, outcome.predictions, test));
        screen.print("\n" + misclassified_digits(screen, outcome.predictions, test) + "\n");
    }
    // Scripts read this line.
    const std::string accuracy = final_accuracy(outcome.predictions, test);
    screen.print(screen.terminal() ? screen.wrapped(accuracy) : accuracy);
    return interrupted() ? 130 : 0;
}

int fail(const char* what, int status) {
    std::fprintf(stderr, "mnist: %s\n", what);
    return status;
}

/// Runs the program and says what has failed. The texts of the command line and of files are escaped, so that the
/// terminal does not obey them.
int run_and_report(int argument_count, char** arguments) {
    try {
        return run(read_options(argument_count, arguments));
    } catch (const UsageError& error) {
        const std::string text = ctcnn::detail_::printable(error.what());
        return fail((text + "\nmnist --help shows all options.").c_str(), 2);
    } catch (const ctcnn::DataError& error) {
        // The way to fix it stands on a line of its own.
        std::string text = error.what();
        if (text.ends_with(error.remedy()) && text.size() > error.remedy().size()) {
            text[text.size() - error.remedy().size() - 1] = '\n';
        }
        return fail(text.c_str(), 1);
    } catch (const std::bad_alloc&) {
        throw;
    } catch (const std::exception& error) {
        return fail(error.what(), 1);
    }
}

}  // namespace

int main(int argument_count, char** arguments) {
#if defined(__GLIBC__)
    mallopt(M_ARENA_MAX, 1);  // no heap for each thread: the memory that a thread needs is known before it begins
#endif
    try {
        return run_and_report(argument_count, arguments);
    } catch (const std::bad_alloc&) {  // also where an error was to be reported
        return fail("there is too little memory: close other programs, or allow this one more (`ulimit -v`)", 1);
    }
}
