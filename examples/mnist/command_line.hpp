// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace mnist {

/// The command line cannot be understood; what() is a sentence that says what to write.
class UsageError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// CommandLine: the options of a command. Only the file of its functions includes CLI11, which takes long to compile.
class CommandLine {
public:
    /// The usage is the command and its words, as in "mnist predict FILE".
    CommandLine(const std::string& description, const std::string& usage);
    ~CommandLine();
    CommandLine(const CommandLine&) = delete;
    CommandLine& operator=(const CommandLine&) = delete;

    /// An option with a value; of several, the last one counts.
    void add(const std::string& name, const std::string& type, const std::string& description,
             const std::function<void(const std::string&)>& read);
    void add_flag(const std::string& name, const std::string& description, bool& flag);

    /// Reads what stands behind the command. Returns the text of --help if it is asked for, else nothing.
    /// Throws   UsageError, with a guess at what was meant
    std::string parse(int argument_count, char** arguments, std::size_t most_words = 0);
    /// What is no option.
    const std::vector<std::string>& words() const { return words_; }

private:
    struct Parser;
    std::unique_ptr<Parser> parser_;
    std::vector<std::string> words_;
};

}  // namespace mnist
