#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::web::detail {

/// Finds things by a text, in a time that does not depend on how many there are. It only grows.
template <class T>
class text_table {
 public:
  /// Null if there is none.
  [[nodiscard]] T* find(std::string_view text) const noexcept {
    if (entries_.size() <= 1)
      return entries_.empty() || entries_.front()->text != text ? nullptr : &entries_.front()->value;
    const std::uint64_t hash = hash_of(text);
    for (std::size_t at = hash & mask();; at = (at + 1) & mask()) {
      const slot& each = slots_[at];
      if (each.of == nullptr) return nullptr;
      if (each.hash == hash && each.of->text == text) return &each.of->value;
    }
  }

  /// What was found, or is made.
  T& operator[](std::string_view text) {
    if (T* const there = find(text)) return *there;
    if (2 * (entries_.size() + 1) > slots_.size()) grow();
    entries_.push_back(std::make_unique<entry>(std::string{text}));
    place(*entries_.back());
    return entries_.back()->value;
  }

 private:
  struct entry {
    explicit entry(std::string by) : text{std::move(by)} {}
    std::string text;
    T value;
  };
  struct slot {
    std::uint64_t hash = 0;
    entry* of = nullptr;
  };

  /// The texts come from the app; what clients ask for cannot make the table any worse.
  static std::uint64_t hash_of(std::string_view text) noexcept {
    constexpr std::uint64_t factor = 0x9e3779b97f4a7c15;
    std::uint64_t hash = text.size() * factor;
    const auto mix = [&](std::uint64_t word) {
      hash = (hash ^ word) * factor;
      hash ^= hash >> 32;
    };
    for (; text.size() >= 8; text.remove_prefix(8)) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data(), 8);
      mix(word);
    }
    std::uint64_t rest = 0;
    for (const char c : text) rest = rest << 8 | static_cast<unsigned char>(c);
    mix(rest);
    return hash;
  }

  [[nodiscard]] std::size_t mask() const noexcept { return slots_.size() - 1; }
  void place(entry& one) noexcept {
    const std::uint64_t hash = hash_of(one.text);
    std::size_t at = hash & mask();
    while (slots_[at].of != nullptr) at = (at + 1) & mask();
    slots_[at] = {.hash = hash, .of = &one};
  }
  void grow() {
    slots_.assign(slots_.empty() ? 4 : 2 * slots_.size(), slot{});
    for (const auto& each : entries_) place(*each);
  }

  std::vector<slot> slots_;  ///< a power of two of them, half of them free
  std::vector<std::unique_ptr<entry>> entries_;
};

}  // namespace weft::web::detail
