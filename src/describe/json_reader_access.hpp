#pragma once

// What the parts of the reader share that must be fast.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <weft/describe/json_reader.hpp>

namespace weft {

inline char json_reader::next() noexcept {
  while (at_ != end_) {
    const char c = *at_;
    if (c != ' ' && c != '\n' && c != '\r' && c != '\t') return c;
    ++at_;
  }
  return 0;
}

// To the next element or key; false behind the last one.
inline bool json_reader::next_item(bool& first, char closing, std::string_view or_closing) {
  const char c = next();
  if (c == closing) {
    if (ended_) return false;
    ++at_;
    --depth_;
    return false;
  }
  if (first) {
    first = false;
    return !ended_;
  }
  if (c != ',') return fail(or_closing);
  ++at_;
  return true;
}

// Stands at the key. @param quoted at least four bytes long
inline bool json_reader::take_key(std::string_view quoted) noexcept {
  next();
  const std::size_t size = quoted.size();
  if (static_cast<std::size_t>(end_ - at_) < size) return false;
  // Keys are too short for a call of memcmp.
  const auto differ = [&]<class Word>(Word, std::size_t at) {
    Word a = 0;
    Word b = 0;
    std::memcpy(&a, at_ + at, sizeof a);
    std::memcpy(&b, quoted.data() + at, sizeof b);
    return a != b;
  };
  if (size < 8) {
    if (differ(std::uint32_t{}, 0) || differ(std::uint32_t{}, size - 4)) return false;
  } else {
    for (std::size_t at = 0; at < size - 8; at += 8)
      if (differ(std::uint64_t{}, at)) return false;
    if (differ(std::uint64_t{}, size - 8)) return false;
  }
  at_ += size;
  return true;
}

/// What reading a described type does with a reader beyond what others do.
struct json_reader_access {
  /// As members.next(), but tries first whether the key is the one that most likely comes: `quoted_guess` is that with
  /// quotes and colon.
  [[gnu::always_inline]] static bool next_member(json_reader::object& members, std::string_view quoted_guess,
                                                 std::string_view guess, bool& guessed) {
    json_reader& reader = members.reader_;
    if (!members.entered_ || !reader.next_item(members.first_, '}', "a comma or a closing brace")) return false;
    guessed = reader.take_key(quoted_guess);
    if (guessed) {
      members.key_ = guess;
    } else if (!members.next_key()) {
      return false;
    }
    members.path_.at(members.key_);
    return true;
  }

  /// The path is that of the member `key`.
  static void at_member(json_reader::object& members, std::string_view key) noexcept { members.path_.at(key); }
};

}  // namespace weft
