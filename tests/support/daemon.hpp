#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <support/child_program.hpp>
#include <support/loopback_port.hpp>
#include <support/scratch.hpp>
#include <utility>
#include <vector>

namespace weft::testing {

/// A server program that reads from a file on which ports of the loopback it shall listen. Killed with the test.
class daemon_program {
 public:
  /// @param configuration its text; "@0", "@1", ... stand for ports, as many as there are, and "@dir" for a directory.
  /// @param command gives, for the path of the configuration, what is run.
  daemon_program(const std::string& configuration,
                 const std::function<std::vector<std::string>(const std::string&)>& command) {
    for (int i = 0; i < 5; ++i) {  // another program may take a port before this one does
      program_.reset();
      program_.emplace(command(place_.write("configuration", fill_in(configuration))));
      if (answers()) return;
    }
    throw std::runtime_error{"a server did not start: " + program_->output()};
  }

  /// Of "@n".
  std::uint16_t port(std::size_t n = 0) const { return ports_.at(n); }
  std::string output() const { return program_->output(); }

 private:
  std::string fill_in(std::string text) {
    ports_.clear();
    const auto replace = [&text](const std::string& mark, const std::string& by) {
      bool found = false;
      for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + by.size())) {
        text.replace(at, mark.size(), by);
        found = true;
      }
      return found;
    };
    replace("@dir", place_.file(""));
    for (;;) {
      const std::uint16_t port = unused_port();
      if (!replace("@" + std::to_string(ports_.size()), std::to_string(port))) return text;
      ports_.push_back(port);
    }
  }

  bool answers() {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    while (program_->runs() && std::chrono::steady_clock::now() < limit) {
      if (listens(ports_.back())) return true;
      program_->wait_for_change(std::chrono::milliseconds{5});  // nothing tells when a program begins to listen
    }
    return false;
  }

  scratch place_;
  std::vector<std::uint16_t> ports_;
  std::optional<child_program> program_;
};

}  // namespace weft::testing
