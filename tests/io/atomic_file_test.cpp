// SPDX-License-Identifier: MIT
//
// Whatever goes wrong while a file is written, its name stands for the old file or for the new one.
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

#include <ctcnn/inference.hpp>
#include <ctcnn/io/onnx.hpp>
#include <ctcnn/io/safetensors.hpp>

#include "catch.hpp"
#include "files.hpp"

using namespace ctcnn;
using Catch::Matchers::ContainsSubstring;

namespace {

using Net = Sequential<Input<40>, Linear<40, 30>>;

/// A system in which one call fails, writing is slow, and signals interrupt.
struct Troubled {
    static inline int call = 0;
    static inline int failing_call = 0;  // counted from 1
    static inline int error = 0;
    static inline bool interrupting = false;
    static inline std::size_t most_bytes = 1000;
    static inline std::string failed;

    static bool fails(const char* name) {
        if (++call == failing_call) {
            failed = name;
            errno = error;
            return true;
        }
        if (interrupting && call % 2 == 1 && failed.empty()) {
            errno = EINTR;
            return true;
        }
        return false;
    }
    static void begin(int number, int with) {
        call = 0;
        failing_call = number;
        error = with;
        interrupting = false;
        failed.clear();
    }

    using Posix = detail_::io::PosixCalls;
    static int open(const char* path, int flags, mode_t mode) {
        return fails("open") ? -1 : Posix::open(path, flags, mode);
    }
    // Whatever it says, the file is closed.
    static int close(int file) {
        const int result = Posix::close(file);
        return fails("close") ? -1 : result;
    }
    static int fstat(int file, struct stat& status) {
        return fails("fstat") && errno != EINTR ? -1 : Posix::fstat(file, status);
    }
    static int fchmod(int file, mode_t mode) {
        return fails("fchmod") && errno != EINTR ? -1 : Posix::fchmod(file, mode);
    }
    static int fsync(int file) { return fails("fsync") ? -1 : Posix::fsync(file); }
    static int rename(const char* from, const char* to) {
        return fails("rename") && errno != EINTR ? -1 : Posix::rename(from, to);
    }
    static int unlink(const char* path) { return Posix::unlink(path); }
    static ssize_t write(int file, const void* bytes, std::size_t count) {
        return fails("write") ? -1 : Posix::write(file, bytes, std::min(count, most_bytes));
    }
    static ssize_t pread(int file, void* bytes, std::size_t count, off_t offset) {
        return fails("pread") ? -1 : Posix::pread(file, bytes, std::min(count, most_bytes), offset);
    }
};

void save_troubled(const Net& net, const std::filesystem::path& path) {
    detail_::io::save_state<Troubled>(
        path,
        detail_::io::ConstState{Net::names(), Dtype::float32,
                                reinterpret_cast<const std::byte*>(net.parameters().data())},
        {}, Dtype::float32);
}
void export_troubled(const Net& net, const std::filesystem::path& path) {
    detail_::io::write_onnx<Troubled>(path, detail_::io::onnx_network(net));
}

/// No file may become longer.
class FileSizeLimit {
public:
    explicit FileSizeLimit(rlim_t bytes) {
        getrlimit(RLIMIT_FSIZE, &before_);
        rlimit limit = before_;
        limit.rlim_cur = bytes;
        setrlimit(RLIMIT_FSIZE, &limit);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
    }
    FileSizeLimit(const FileSizeLimit&) = delete;
    FileSizeLimit& operator=(const FileSizeLimit&) = delete;
    ~FileSizeLimit() {
        setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

/// The calls that can fail, each of which leaves the old file or the new one, and a sentence.
template <typename Save, typename Troubling>
std::vector<std::string> calls_that_fail(Save save, Troubling save_with_trouble) {
    const Net old_net = filled<Net>(1);
    const Net new_net = filled<Net>(2);
    const ScratchFolder folder;
    const auto path = folder.path() / "net.safetensors";
    save(new_net, path);
    const Bytes new_file = read_bytes(path);
    save(old_net, path);
    const Bytes old_file = read_bytes(path);

    std::vector<std::string> failed;
    for (int call = 1;; ++call) {
        save(old_net, path);
        Troubled::begin(call, EIO);
        try {
            save_with_trouble(new_net, path);
        } catch (const FileUnwritable& error) {
            check_sentence(error);
            CHECK_THAT(error.what(), ContainsSubstring("Input/output error"));
            // Only the folder's fsync, the last but one of all calls, fails with the new file in place.
            const bool in_place = error.expected() == "a folder that reaches the disk";
            CHECK(read_bytes(path) == (in_place ? new_file : old_file));
            CHECK_THAT(error.what(), ContainsSubstring(in_place ? "in its place" : "unchanged"));
        }
        CHECK(names_in(folder.path()).size() == 1);
        if (Troubled::failed.empty()) {
            break;
        }
        failed.push_back(Troubled::failed);
    }
    CHECK(read_bytes(path) == new_file);
    return failed;
}

/// All calls for a file that is written in so many pieces of at most 1000 bytes.
std::vector<std::string> all_calls(std::size_t pieces) {
    std::vector<std::string> all{"open", "fchmod"};
    all.insert(all.end(), pieces, "write");
    for (const char* name : {"fsync", "close", "rename", "open", "fsync", "close"}) {
        all.emplace_back(name);
    }
    return all;
}

}  // namespace

TEST_CASE("each call fails once: the old file or the new one, and a sentence", "[atomic_file]") {
    const auto save = [](const Net& net, const auto& path) { save_safetensors(net, path); };
    CHECK(calls_that_fail(save, save_troubled) == all_calls(7));  // 8 bytes, the header, 4920 bytes
}

TEST_CASE("each call of an export fails once", "[atomic_file]") {
    const auto save = [](const Net& net, const auto& path) { export_onnx(net, path); };
    CHECK(calls_that_fail(save, export_troubled) == all_calls(12));  // 4800 bytes, and seven pieces more
}

TEST_CASE("signals interrupt nothing", "[atomic_file]") {
    const Net net = filled<Net>();
    const ScratchFolder folder;
    Troubled::begin(0, 0);
    Troubled::interrupting = true;
    save_troubled(net, folder.path() / "a");
    save_safetensors(net, folder.path() / "b");
    CHECK(read_bytes(folder.path() / "a") == read_bytes(folder.path() / "b"));

    Net other{};
    detail_::io::load_state<Troubled>(folder.path() / "a", detail_::io::state_of(other), {});
    CHECK(bits_of(other) == bits_of(net));
}

TEST_CASE("each call fails once while a file is loaded: the network stays as it was", "[atomic_file]") {
    const ScratchFolder folder;
    save_safetensors(filled<Net>(1), folder.path() / "a");
    Net net = filled<Net>(2);
    const Bytes before = bits_of(net);
    int failures = 0;
    for (int call = 1;; ++call, ++failures) {
        Troubled::begin(call, EIO);
        try {
            detail_::io::load_state<Troubled>(folder.path() / "a", detail_::io::state_of(net), {});
        } catch (const FileUnreadable& error) {
            check_sentence(error);
            CHECK_THAT(error.what(), ContainsSubstring("Input/output error"));
            CHECK(bits_of(net) == before);
            continue;
        }
        break;
    }
    CHECK(failures ==
          10);  // open, fstat; the size, the header, two tensors of 120 and 4800 bytes in one and five parts
    CHECK(bits_of(net) != before);
}

TEST_CASE("where a file cannot be", "[atomic_file]") {
    const ScratchFolder folder;
    const Net net = filled<Net>();
    const auto save = [&net](const std::filesystem::path& path) {
        return [&net, path] { save_safetensors(net, path); };
    };
    const auto missing = error_of<FileUnwritable>(save(folder.path() / "none" / "net"));
    check_sentence(missing);
    CHECK_THAT(missing.remedy(), ContainsSubstring("mkdir -p"));
    const auto file = folder.write("file", {1, 2, 3});
    const auto below_file = error_of<FileUnwritable>(save(file / "net"));
    check_sentence(below_file);
    CHECK_THAT(below_file.remedy(), ContainsSubstring("file' is a file"));
    CHECK_THAT(error_of<FileUnwritable>(save(file / "a" / "b" / "net")).remedy(), ContainsSubstring("file' is a file"));
    CHECK_THAT(error_of<FileUnwritable>(save("nowhere/net")).remedy(), ContainsSubstring("mkdir -p 'nowhere'"));
    if (std::filesystem::exists("/proc/self")) {
        CHECK_THAT(error_of<FileUnwritable>(save("/proc/net.safetensors")).remedy(),
                   ContainsSubstring("no file can be made in this one"));
    }
    CHECK(read_bytes(file) == Bytes{1, 2, 3});
    check_sentence(error_of<FileUnwritable>(save(folder.path())));
    check_sentence(error_of<FileUnwritable>(save("")));
    check_sentence(error_of<FileUnwritable>(save(folder.path() / "")));
    check_sentence(error_of<FileUnwritable>(save("/dev/full")));
    CHECK(std::filesystem::is_character_file("/dev/full"));
    std::filesystem::create_symlink("nowhere", folder.path() / "link");
    check_sentence(error_of<FileUnwritable>(save(folder.path() / "link")));
    check_sentence(error_of<FileUnwritable>(save(folder.path() / std::string(300, 'a'))));
    std::filesystem::remove(folder.path() / "link");
    CHECK(names_in(folder.path()) == std::vector<std::string>{"file"});
}

TEST_CASE("a folder without permission", "[atomic_file]") {
    const Net net = filled<Net>();
    const ScratchFolder folder;
    const auto closed = folder.path() / "closed";
    std::filesystem::create_directory(closed);
    save_safetensors(net, closed / "old");
    const Bytes before = read_bytes(closed / "old");
    using std::filesystem::perms;
    // Nobody but its owner may write, and root, who is somebody else for a while.
    std::filesystem::permissions(folder.path(), perms::all);
    for (const perms rights :
         {perms::owner_read | perms::owner_exec | perms::others_read | perms::others_exec, perms::none}) {
        std::filesystem::permissions(closed, rights);
        const bool is_root = ::geteuid() == 0;
        REQUIRE((!is_root || ::seteuid(65534) == 0));
        const auto error = error_of<FileUnwritable>([&] { save_safetensors(net, closed / "new"); });
        const auto replacing = error_of<FileUnwritable>([&] { save_safetensors(net, closed / "old"); });
        Net other = net;
        const bool can_read = rights != perms::none;
        if (!can_read) {
            const auto unreadable = error_of<FileUnreadable>([&] { load_safetensors(other, closed / "old"); });
            check_sentence(unreadable);
            CHECK_THAT(unreadable.remedy(), ContainsSubstring("chmod u+x"));
        }
        REQUIRE((!is_root || ::seteuid(0) == 0));
        check_sentence(error);
        check_sentence(replacing);
        CHECK_THAT(error.remedy(), ContainsSubstring("chmod u+wx"));
        CHECK_THAT(replacing.remedy(), ContainsSubstring("chmod u+wx"));
        std::filesystem::permissions(closed, perms::owner_all);
        CHECK(read_bytes(closed / "old") == before);
        CHECK(names_in(closed) == std::vector<std::string>{"old"});
    }
}

TEST_CASE("a full disk leaves the old file", "[atomic_file]") {
    const ScratchFolder folder;
    const auto path = folder.path() / "net";
    save_safetensors(filled<Net>(1), path);
    const Bytes before = read_bytes(path);
    {
        const FileSizeLimit limit(1000);
        const auto error = error_of<FileUnwritable>([&] { save_safetensors(filled<Net>(2), path); });
        check_sentence(error);
        CHECK_THAT(error.remedy(), ContainsSubstring("ulimit -f"));
        CHECK(error.offset() == 1000);
    }
    CHECK(read_bytes(path) == before);
    CHECK(names_in(folder.path()).size() == 1);
    Troubled::begin(4, ENOSPC);
    CHECK_THAT(error_of<FileUnwritable>([&] { save_troubled(filled<Net>(2), path); }).remedy(),
               ContainsSubstring("Make room"));
    CHECK(read_bytes(path) == before);
}

TEST_CASE("links are followed, and permissions stay", "[atomic_file]") {
    namespace fs = std::filesystem;
    const ScratchFolder folder;
    fs::create_directory(folder.path() / "models");
    const auto target = folder.write("models/net", {1});
    fs::permissions(target, fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read);
    fs::create_symlink("models/net", folder.path() / "link");
    save_safetensors(filled<Net>(), folder.path() / "link");
    CHECK(fs::is_symlink(folder.path() / "link"));
    CHECK(read_bytes(target).size() > 4000);
    CHECK(fs::status(target).permissions() == (fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read));
    CHECK(names_in(folder.path() / "models").size() == 1);
    fs::permissions(target, fs::perms::none);
    save_safetensors(filled<Net>(), target);
    CHECK(fs::status(target).permissions() == fs::perms::none);
}

TEST_CASE("a file beside the name of another process's temporary file", "[atomic_file]") {
    const ScratchFolder folder;
    const auto old_folder = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    for (int n = 0; n < 2000; ++n) {
        std::ofstream("net." + std::to_string(::getpid()) + "-" + std::to_string(n) + ".tmp");
    }
    save_safetensors(filled<Net>(), "net");  // a name without a folder
    std::filesystem::current_path(old_folder);
    CHECK(read_bytes(folder.path() / "net").size() > 4000);
    CHECK(names_in(folder.path()).size() == 2001);
}
