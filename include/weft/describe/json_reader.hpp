#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <weft/describe/issue.hpp>

namespace weft {

/// How strictly a JSON document is read.
struct json_read_options {
  /// Members that a described type does not know are errors. Otherwise they are checked to be JSON and dropped. A type
  /// whose description says refuse_extra_fields or allow_extra_fields decides for itself.
  bool refuse_extra_fields = false;
  /// How deep arrays and objects may be nested. What is nested deeper is refused before it can use up the stack.
  std::size_t max_depth = 64;
  /// How large the text may be, in bytes.
  std::size_t max_size = SIZE_MAX;
  /// After so many errors reading ends.
  std::size_t max_issues = 100;
};
static_assert(std::is_trivially_destructible_v<json_read_options>);

/// Reads a JSON text, value by value, in the order of the text. What json_codec is written with; from_json() is for
/// everybody else.
///
/// Strict RFC 8259: valid UTF-8 only, no comments, no trailing commas, no NaN. Every read function returns false where
/// it has not got what it is for. If the value is of the wrong kind, that is noted as an issue at the current path, the
/// value is skipped, and reading goes on, so that one look at a document finds everything that is wrong with it. If the
/// text is not JSON, that is the only issue and reading ends: every function returns false from then on.
class json_reader {
 public:
  /// What kind of value comes next. `none`: none does.
  enum class kind : std::uint8_t { none, null, boolean, number, string, array, object };

  /// The text must outlive the reader.
  explicit json_reader(std::string_view text, const json_read_options& options = {});
  json_reader(const json_reader&) = delete;
  json_reader& operator=(const json_reader&) = delete;

  /// Looks at what comes next and leaves it there.
  [[nodiscard]] kind peek() noexcept;

  /// Whether what comes next is a number without a fraction and an exponent.
  [[nodiscard]] bool peek_integer() noexcept;

  /// Takes a null if one comes; otherwise leaves what comes, and notes nothing.
  [[nodiscard]] bool read_null();
  bool read(bool& value);
  /// An integer within these bounds; 2.0 and 2e3 are integers too.
  bool read_integer(std::int64_t& value, std::int64_t least, std::int64_t most);
  bool read_integer(std::uint64_t& value, std::uint64_t least, std::uint64_t most);
  /// The nearest number that the type has. One too large for it is refused; one too small is 0.
  bool read(double& value);
  bool read(float& value);
  bool read(std::string& value);
  /// A string without a copy where possible: a view into the text, or into `buffer` if it had escapes.
  bool read(std::string_view& value, std::string& buffer);
  /// Any value, as its text, which has been checked to be JSON. The view is into the document.
  bool read_raw(std::string_view& value);
  /// Any value; drops it.
  void skip();

  /// Notes that the next value is not what was expected, and skips it. @return false
  bool refuse(std::string_view expected);
  /// Notes that what was just read is not what was expected. @return false
  bool refuse(std::string_view expected, std::string got);

  /// The elements of an array:
  ///
  ///     json_reader::array elements{reader};
  ///     while (elements.next()) reader.read(values.emplace_back());
  class array;

  /// The members of an object:
  ///
  ///     json_reader::object members{reader};
  ///     while (members.next()) reader.read(values[std::string{members.key()}]);
  class object;

  /// The value of a string member of the object that comes next, wherever in it; the object is left there.
  /// @return false if what comes is no object with such a member.
  [[nodiscard]] bool peek_member(std::string_view key, std::string& value);

  /// True once the text has turned out not to be JSON.
  [[nodiscard]] bool malformed() const noexcept { return malformed_; }
  /// Where it did.
  [[nodiscard]] text_position position() const noexcept;
  /// Nothing more will be read: the text is malformed, or there have been too many errors.
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// Checks that nothing but white space is left.
  void finish();

  [[nodiscard]] const json_read_options& options() const noexcept { return options_; }
  /// The issues so far, and the path.
  [[nodiscard]] detail::issue_log& log() noexcept { return log_; }

 private:
  friend struct json_reader_access;

  char next() noexcept;  // behind white space; 0 at the end (no valid text has a 0 there)
  bool fail(std::string_view expected);
  bool enter(char bracket, std::string_view expected);
  bool next_item(bool& first, char closing, std::string_view or_closing);
  bool next_key(std::string_view& key, std::string& buffer);
  bool take_key(std::string_view quoted) noexcept;
  bool string_token(std::string_view& value, std::string& buffer);
  bool escape(std::string& out);
  bool hex4(unsigned& value);
  bool number_token(std::string_view& token, bool& plain_integer);
  bool word(std::string_view expected);
  bool skip_value();
  template <class Integer>
  bool integer(Integer& value, Integer least, Integer most);
  template <class Integer>
  bool unusual_integer(Integer& value, Integer least, Integer most);
  const char* short_real(double& value) const noexcept;
  template <class Real>
  bool real(Real& value);

  const char* begin_;
  const char* at_;
  const char* end_;
  std::size_t depth_ = 0;
  bool malformed_ = false;
  bool ended_ = false;
  const char* malformed_at_ = nullptr;
  json_read_options options_;
  detail::issue_log log_;
};

class json_reader::array {
 public:
  /// Enters the array that comes next; notes an issue if none does.
  explicit array(json_reader& reader, std::string_view expected = "an array");
  array(const array&) = delete;
  array& operator=(const array&) = delete;

  /// Steps to the next element, which must be read or skipped before the next call. False behind the last one.
  bool next();
  /// The index of the current element, from 0; behind the last one, how many there were.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  /// True if there was an array.
  [[nodiscard]] bool entered() const noexcept { return entered_; }

 private:
  json_reader& reader_;
  bool entered_;
  bool first_ = true;
  std::size_t index_ = 0;
  detail::path_scope path_;
};

class json_reader::object {
 public:
  /// Enters the object that comes next; notes an issue if none does.
  explicit object(json_reader& reader, std::string_view expected = "an object");
  object(const object&) = delete;
  object& operator=(const object&) = delete;

  /// Steps to the next member, whose value must be read or skipped before the next call. False behind the last one.
  bool next();
  /// The key of the current member; valid until next() is called.
  [[nodiscard]] std::string_view key() const noexcept { return key_; }
  /// True if there was an object.
  [[nodiscard]] bool entered() const noexcept { return entered_; }

 private:
  friend struct json_reader_access;
  bool next_key();

  json_reader& reader_;
  bool entered_;
  bool first_ = true;
  std::string_view key_;
  std::string buffer_;
  detail::path_scope path_;
};

}  // namespace weft
