#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft::http {

/// What a file in a multipart_form is called. Copied where it is given.
struct multipart_file_options {
  std::string_view content_type = "application/octet-stream";
  std::string_view file_name = {};  ///< the last part of its path otherwise
};
static_assert(std::is_trivially_destructible_v<multipart_file_options>);

/// A form with files, multipart/form-data, as browsers send it. RFC 7578; WHATWG HTML, section 4.10.21.8.
///
///     multipart_form form;
///     form.field("title", "Holidays").file("photo", "beach.jpg", {.content_type = "image/jpeg"});
///
/// Files are only named here and read when the form is sent. Over the wire go, for each part, its head, its content and
/// a line break, and behind all of them the end(). Quotes and line breaks in names are percent-encoded; values are sent
/// as they are (browsers make all of their line breaks CR LF). Text is UTF-8. A value.
class multipart_form {
 public:
  /// One field or file. The content is either bytes or a file's.
  struct part {
    std::string head{};            ///< boundary and header fields, with the empty line behind them
    std::string bytes{};           ///< the content, if there is no file
    std::filesystem::path file{};  ///< the file with the content; empty if there is none
  };

  /// The boundary is random, so that nobody can put it into the content.
  multipart_form();

  /// With a boundary that is known not to be in any content.
  /// @throws std::invalid_argument if it is not of 1 to 70 letters, digits and `'()+_,-./:=?`. RFC 2046, section 5.1.1.
  explicit multipart_form(std::string boundary);

  /// Adds a field. @param content_type left out if empty, which means text in UTF-8.
  /// @throws std::invalid_argument if the content type holds control bytes.
  multipart_form& field(std::string_view name, std::string value, std::string_view content_type = {});

  /// Adds a file whose content is at hand. @throws as field() does.
  multipart_form& bytes(std::string_view name, std::string_view file_name, std::string content,
                        std::string_view content_type = "application/octet-stream");

  /// Adds a file that is read when the form is sent. @throws as field() does.
  multipart_form& file(std::string_view name, std::filesystem::path file, const multipart_file_options& options = {});

  /// The value of Content-Type for this form.
  [[nodiscard]] std::string content_type() const { return "multipart/form-data; boundary=" + boundary_; }

  [[nodiscard]] const std::string& boundary() const noexcept { return boundary_; }
  [[nodiscard]] const std::vector<part>& parts() const noexcept { return parts_; }

  /// What goes behind all parts.
  [[nodiscard]] std::string end() const { return "--" + boundary_ + "--\r\n"; }

  /// The whole body. @throws std::logic_error if there is a file to be read.
  [[nodiscard]] std::string text() const;

 private:
  void add(std::string_view name, const std::string_view* file_name, std::string_view content_type, part with_content);

  std::string boundary_;
  std::vector<part> parts_;
};

}  // namespace weft::http
