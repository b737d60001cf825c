#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::detail {

/// What command collects.
struct command_spec {
  /// Where a standard stream of the process leads.
  enum class way : unsigned char { unsaid, pipe, inherited, nothing, file, text, with_output };
  struct standard_stream {
    way leads = way::unsaid;
    std::filesystem::path file;
    bool is(way which) const noexcept { return leads == which; }
    void set_if_unsaid(way which) noexcept {
      if (leads == way::unsaid) leads = which;
    }
  };

  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::optional<std::string>>> environment;  // in order; nullopt unsets
  bool empty_environment = false;
  std::filesystem::path directory;
  standard_stream input;
  standard_stream output;
  standard_stream errors;
  std::string input_text;
  std::vector<int> passed;  // descriptors
  bool own_group = false;
  std::size_t limit = std::size_t{64} << 20;
  std::chrono::nanoseconds grace = std::chrono::seconds{3};
};

}  // namespace weft::detail
