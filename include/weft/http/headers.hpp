#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::http {

namespace detail {
class message_reader;
}

/// The header fields of a message (or its trailers), in the order in which they came. RFC 9110, section 5.
///
/// Names compare without regard to case and keep the case they were given in; a name may occur more than once. What is
/// in here can always be sent: names are tokens, values hold no line breaks and no control bytes but tabs. Views that
/// come out of it are valid until it is changed or destroyed.
class headers {
 public:
  /// One field. The views live as long as the headers they came from stay unchanged.
  struct field {
    std::string_view name;
    std::string_view value;

    friend bool operator==(const field&, const field&) = default;
  };

  class iterator;
  using const_iterator = iterator;
  using value_type = field;

  headers() noexcept = default;

  /// Adds a field at the end, beside others of that name. Spaces and tabs around the value are not part of it (RFC
  /// 9110, section 5.5) and are dropped. The arguments may be views into these headers.
  /// @throws std::invalid_argument naming the field, if the name is not a token or the value holds a CR, LF, NUL or
  /// another control byte but the tab.
  void add(std::string_view name, std::string_view value);

  /// Makes this the only field of that name: replaces the first one where it stands and drops the others, or adds it.
  /// @throws std::invalid_argument as add() does; nothing has changed then.
  void set(std::string_view name, std::string_view value);

  /// Drops every field of that name. @return how many there were.
  std::size_t remove(std::string_view name);

  /// Drops everything, keeps the memory.
  void clear() noexcept;

  /// The value of the first field of that name.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const noexcept;

  /// The values of all fields of that name, in order.
  [[nodiscard]] std::vector<std::string_view> get_all(std::string_view name) const;

  [[nodiscard]] bool contains(std::string_view name) const noexcept { return get(name).has_value(); }

  /// How many fields there are, each repetition counted.
  [[nodiscard]] std::size_t size() const noexcept { return fields_.size(); }
  [[nodiscard]] bool empty() const noexcept { return fields_.empty(); }

  /// The field at a place in the order; `index` must be less than size().
  [[nodiscard]] field operator[](std::size_t index) const noexcept;

  [[nodiscard]] iterator begin() const noexcept;
  [[nodiscard]] iterator end() const noexcept;

  /// All fields as HTTP/1.1 sends them, `name: value CR LF` each, without the empty line that ends them.
  [[nodiscard]] std::string_view wire() const noexcept { return bytes_; }

  /// The same fields with names in the same case, in the same order. How the value was padded does not count.
  friend bool operator==(const headers& a, const headers& b) noexcept;

 private:
  friend class detail::message_reader;  // adopts parsed lines in bulk: it has checked them

  /// Where a field stands in bytes_. Its line begins with its name and ends where the next field's begins.
  struct place {
    std::uint32_t name;
    std::uint32_t name_size;
    std::uint32_t value;
    std::uint32_t value_size;
  };

  void erase(std::size_t index) noexcept;
  std::size_t line_end(std::size_t index) const noexcept;

  std::string bytes_;  // the field lines as they go over the wire, so that sending them is one copy
  std::vector<place> fields_;
};

/// Goes over the fields in order. `for (auto [name, value] : headers)`.
class headers::iterator {
 public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = field;
  using difference_type = std::ptrdiff_t;
  using reference = field;
  using pointer = void;

  iterator() noexcept = default;

  field operator*() const noexcept { return (*of_)[index_]; }
  iterator& operator++() noexcept {
    ++index_;
    return *this;
  }
  iterator operator++(int) noexcept {
    iterator before = *this;
    ++index_;
    return before;
  }
  friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

 private:
  friend class headers;
  iterator(const headers& of, std::size_t index) noexcept : of_{&of}, index_{index} {}

  const headers* of_ = nullptr;
  std::size_t index_ = 0;
};

// ---- implementation ------------------------------------------------------------------------------------------------

inline headers::field headers::operator[](std::size_t index) const noexcept {
  const place& at = fields_[index];
  return {{bytes_.data() + at.name, at.name_size}, {bytes_.data() + at.value, at.value_size}};
}

inline headers::iterator headers::begin() const noexcept { return {*this, 0}; }
inline headers::iterator headers::end() const noexcept { return {*this, fields_.size()}; }

}  // namespace weft::http
