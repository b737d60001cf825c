#pragma once

#include <cstddef>
#include <string>
#include <system_error>
#include <weft/core/errors.hpp>

namespace weft {

/// The stream ended before all that was asked for had come. asyncio.IncompleteReadError.
class incomplete_read_error : public error {
 public:
  /// @param expected how many bytes were asked for; 0 if that is not known.
  /// @param from who has ended it, for the text.
  incomplete_read_error(std::string partial, std::size_t expected, const std::string& from = {});
  /// What had come; the stream does not give it again.
  const std::string& partial() const noexcept { return partial_; }
  /// How many bytes were asked for; 0 for reading up to a mark.
  std::size_t expected() const noexcept { return expected_; }

 private:
  std::string partial_;
  std::size_t expected_;
};

/// What a peer sends goes beyond a limit. Nothing of it is lost: it can still be read with another limit.
/// asyncio.LimitOverrunError.
class limit_error : public error {
 public:
  /// @param what what is too long, and where it came from.
  limit_error(const std::string& what, std::size_t limit);
  /// The limit, in bytes.
  std::size_t limit() const noexcept { return limit_; }

 private:
  std::size_t limit_;
};

/// The category of errors of name resolution; values are getaddrinfo's (EAI_NONAME, ...). Those that pass by
/// themselves compare equal to std::errc::resource_unavailable_try_again.
const std::error_category& resolve_category() noexcept;

}  // namespace weft
