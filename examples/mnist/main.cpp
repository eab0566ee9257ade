// SPDX-License-Identifier: MIT
//
// Trains a small network on MNIST and shows what it has learnt: mnist --help. The other commands are in files of their
// own.
// Exit status: 0 if all went well, 1 if something failed, 2 for a command line that says nothing clear, 130 after
// Ctrl-C.
#include <unistd.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <future>
#include <new>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <ctcnn/data/error.hpp>
#include <ctcnn/io/atomic_file.hpp>

#include "command.hpp"
#include "data_source.hpp"
#include "html_report.hpp"
#include "interrupt.hpp"
#include "options.hpp"
#include "progress.hpp"
#include "report.hpp"
#include "screen.hpp"
#include "threads.hpp"
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
    text += format("learning rate %g, batches of %zu, %g epoch%s", static_cast<double>(settings.lr),
                   settings.batch_size, settings.epochs, settings.epochs == 1 ? "" : "s");
    text += options.files.resume.empty() ? format(", seed %llu\n", static_cast<unsigned long long>(settings.seed))
                                         : std::string(", its own seed\n");
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
    if (access(folder.c_str(), W_OK | X_OK) != 0) {
        error.assign(errno, std::generic_category());
        throw std::runtime_error(
            "no file can be saved in the folder '" + name + "' (" + error.message() + "): " +
            (error == std::errc::permission_denied ? "make it writable with `chmod u+wx`" : "choose another one"));
    }
    const auto refuse = [&file](const std::string& what) {
        throw std::runtime_error("'" + ctcnn::detail_::printable(file) + what);
    };
    const std::filesystem::file_status status = std::filesystem::status(path, error);
    if (!std::filesystem::status_known(status)) {
        refuse("' cannot be the name of a file (" + error.message() + "): give another one");
    }
    if (std::filesystem::is_directory(status)) {
        refuse("' is a folder: give the name of a file inside it");
    } else if (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        refuse("' is a pipe or a device: give the name of a file");
    } else if (!std::filesystem::exists(status) && std::filesystem::is_symlink(path, error)) {
        refuse("' is a link that leads nowhere: remove it, or create what it leads to");
    }
    const ctcnn::detail_::io::AtomicFile<> tried{path};  // where a link leads, the folder may be another one
}

/// The test images: loaded on a thread of their own, or later where the system grants none.
std::future<Digits> load_test_images(const Options& options) {
    const auto load = [&options] { return load_images(options.data, ctcnn::Split::test); };
    try {
        return std::async(std::launch::async, load);
    } catch (const std::system_error&) {
        return std::async(std::launch::deferred, load);
    }
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
    const Digits train = trains ? load_images(options.data, ctcnn::Split::train) : Digits();
    const Digits test = test_to_come.get();
    Settings settings = options.settings;
    settings.threads = choose_threads(settings.threads);
    warn_if_slow();
    if (!options.quiet) {
        screen.print(heading(screen, options, train, test));
        screen.print(summary_table(screen, *options.network) + "\n");
    }

    catch_interrupt();
    Progress progress(screen, options.settings, train.size());
    Listener listener{[](const StepNews&) {}, {}, interrupted};
    if (!options.quiet) {
        listener.on_step = [&](const StepNews& news) { progress.step(news); };
        listener.on_epoch = [&](const EpochNews& news) { progress.epoch(news); };
    }
    const Outcome outcome = options.network->train(settings, options.files, train, test, listener);
    if (!options.quiet) {
        const Classes& classes = *options.data.classes;
        if (outcome.stopped) {
            progress.stopped();
            if (!options.files.checkpoint.empty()) {
                screen.print(screen.wrapped("the training is saved; continue it with --resume " +
                                            ctcnn::detail_::printable(options.files.checkpoint) + "\n"));
            }
        }
        screen.print("\n" + confusion_matrix(screen, outcome.predictions, test, classes));
        screen.print("\n" + misclassified_images(screen, outcome.predictions, test, classes) + "\n");
    }
    // Scripts read this line.
    const std::string accuracy = final_accuracy(outcome.predictions, test);
    screen.print(screen.terminal() ? screen.wrapped(accuracy) : accuracy);
    if (outcome.report) {
        outcome.report->network = options.network->name;
        outcome.report->description = options.network->description;
        outcome.report->classes.assign(options.data.classes->names.begin(), options.data.classes->names.end());
        outcome.report->train_images = train.size();
        outcome.report->no_command =
            why_no_command(options.network->name, settings, outcome.report->history, options.data.folder);
        outcome.report->settings = report_settings(options.network->name, settings, options.files,
                                                   outcome.report->history, options.data.folder);
        outcome.report->settings.emplace_back(
            "Images", std::string(options.data.classes->data) + ", " + ctcnn::detail_::printable(options.data.folder));
        write_report(options.files.report, *outcome.report);
    }
    return interrupted() ? 130 : 0;
}

int fail(const char* what, int status) {
    std::fprintf(stderr, "mnist: %s\n", what);
    return status;
}

/// Runs the program and says what has failed. The texts of the command line and of files are escaped, so that the
/// terminal does not obey them.
int run_and_report(int argument_count, char** arguments) {
    std::string name = "mnist";
    try {
        if (const Command* command = find_command(argument_count, arguments)) {
            name.append(" ").append(command->name);
            return command->run(argument_count - 1, arguments + 1);
        }
        const bool is_named = argument_count > 1 && std::string_view(arguments[1]) == "train";
        return run(read_options(argument_count - (is_named ? 1 : 0), arguments + (is_named ? 1 : 0)));
    } catch (const UsageError& error) {
        const std::string text = ctcnn::detail_::printable(error.what());
        return fail((text + "\n" + name + " --help shows all options.").c_str(), 2);
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
#if defined(SIGXFSZ)
    std::signal(SIGXFSZ, SIG_IGN);  // so that a file above the limit of `ulimit -f` is an error with a sentence
#endif
    try {
        return run_and_report(argument_count, arguments);
    } catch (const std::bad_alloc&) {  // also where an error was to be reported
        return fail("there is too little memory: close other programs, or allow this one more (`ulimit -v`)", 1);
    }
}
