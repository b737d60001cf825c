#include <algorithm>
#include <stdexcept>
#include <utility>
#include <weft/http/multipart_parser.hpp>

#include "characters.hpp"
#include "multipart_boundary.hpp"
#include "parameters.hpp"

namespace weft::http {

namespace {

[[noreturn, gnu::cold]] void refuse(const std::string& why, int status = 400) {
  throw protocol_error{"multipart form: " + why, status};
}

/// What stands before the first semicolon.
std::string_view without_parameters(std::string_view value) noexcept {
  return detail::trimmed(value.substr(0, value.find(';')));
}

std::string_view parameters_of(std::string_view value) noexcept {
  return value.substr(std::min(value.find(';'), value.size()));
}

}  // namespace

multipart_parser::multipart_parser(std::string_view boundary, const multipart_limits& limits)
    : delimiter_{"\r\n--" + std::string{boundary}}, limits_{limits} {
  if (!detail::is_multipart_boundary(boundary))
    throw std::invalid_argument{"not a boundary of a form: " + detail::quoted(boundary)};
}

std::optional<multipart_event> multipart_parser::next(std::string_view& input) {
  for (;;) {
    switch (state_) {
      case state::boundary:
        if (!match_boundary(input)) return std::nullopt;
        state_ = state::boundary_end;
        [[fallthrough]];
      case state::boundary_end: {
        const std::optional<multipart_event> event = end_boundary(input);
        if (event || state_ == state::boundary_end) return event;
        break;
      }
      case state::fields:
        if (!read_fields(input)) return std::nullopt;
        begin_part();
        return multipart_event{multipart_event_kind::part};
      case state::data:
        return read_data(input);
      case state::epilogue:
        read_epilogue(input);
        return std::nullopt;
    }
  }
}

/// The first boundary. True once all of it has come.
bool multipart_parser::match_boundary(std::string_view& input) {
  while (matched_ < delimiter_.size()) {
    if (input.empty()) return false;
    if (input.front() != delimiter_[matched_]) refuse("it does not begin with its boundary");
    input.remove_prefix(1);
    ++matched_;
  }
  matched_ = 0;
  return true;
}

/// What follows a boundary: a line break, or the two dashes of the last one.
std::optional<multipart_event> multipart_parser::end_boundary(std::string_view& input) {
  while (line_.size() < 2) {
    if (input.empty()) return std::nullopt;
    line_ += input.front();
    input.remove_prefix(1);
  }
  if (line_ == "--") {
    line_.clear();
    state_ = state::epilogue;
    return multipart_event{multipart_event_kind::end};
  }
  if (line_ != "\r\n") refuse("something else than a line break behind a boundary: " + detail::quoted(line_));
  line_.clear();
  if (++parts_ > limits_.parts) refuse("more than " + std::to_string(limits_.parts) + " parts", 413);
  headers_.clear();
  header_bytes_ = 0;
  state_ = state::fields;
  return std::nullopt;
}

/// True once the empty line behind the fields has come.
bool multipart_parser::read_fields(std::string_view& input) {
  while (!input.empty()) {
    const std::size_t end = std::min(input.find('\n'), input.size() - 1) + 1;
    header_bytes_ += end;
    if (header_bytes_ > limits_.header_bytes)
      refuse("more than " + std::to_string(limits_.header_bytes) + " bytes of header fields in a part", 431);
    line_ += input.substr(0, end);
    input.remove_prefix(end);
    if (!line_.ends_with('\n')) return false;
    if (!line_.ends_with("\r\n")) refuse("bare LF in a header line: " + detail::quoted(line_));
    if (line_.size() == 2) {
      line_.clear();
      return true;
    }
    read_field(std::string_view{line_}.substr(0, line_.size() - 2));
    line_.clear();
  }
  return false;
}

void multipart_parser::read_field(std::string_view line) {
  if (detail::is_blank(line.front())) refuse("folded header line: " + detail::quoted(line));
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) refuse("header line without a colon: " + detail::quoted(line));
  if (headers_.size() >= limits_.header_count)
    refuse("more than " + std::to_string(limits_.header_count) + " header fields in a part", 431);
  try {
    headers_.add(line.substr(0, colon), line.substr(colon + 1));
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }
}

void multipart_parser::begin_part() {
  const std::vector<std::string_view> found = headers_.get_all("content-disposition");
  if (found.size() != 1)
    refuse(found.empty() ? "a part without Content-Disposition" : "a part with two Content-Disposition");
  const std::string_view value = found.front();
  if (!detail::equal_ignoring_case(without_parameters(value), "form-data"))
    refuse("a part that is no form-data: " + detail::quoted(value));

  std::optional<std::string> name;
  file_name_.reset();
  detail::parameter_reader parameters{parameters_of(value)};
  while (std::optional<detail::parameter> each = parameters.next()) {
    // filename* has no place in forms: RFC 7578, section 4.2.
    std::optional<std::string>* const where = each->name == "name"       ? &name
                                              : each->name == "filename" ? &file_name_
                                                                         : nullptr;
    if (where == nullptr) continue;
    if (*where) refuse("a part with two names: " + detail::quoted(value));
    *where = std::move(each->value);
  }
  if (parameters.failed()) refuse("bad Content-Disposition: " + detail::quoted(value));
  if (!name) refuse("a part without a name: " + detail::quoted(value));
  name_ = *std::move(name);
  part_bytes_ = 0;
  state_ = state::data;
}

std::optional<multipart_event> multipart_parser::read_data(std::string_view& input) {
  const std::string_view delimiter = delimiter_;
  if (matched_ > 0) {
    while (matched_ < delimiter.size() && !input.empty() && input.front() == delimiter[matched_]) {
      ++matched_;
      input.remove_prefix(1);
    }
    if (matched_ < delimiter.size()) {
      if (input.empty()) return std::nullopt;
      // It was content. A boundary can begin anew only at a CR, and there is none but at its begin.
      return data(delimiter.substr(0, std::exchange(matched_, 0)));
    }
  } else {
    if (input.empty()) return std::nullopt;
    const std::size_t found = input.find(delimiter);
    std::size_t end = found;
    if (found == std::string_view::npos) {
      const std::size_t cr = input.rfind('\r');
      const bool may_begin = cr != std::string_view::npos && delimiter.starts_with(input.substr(cr));
      end = may_begin ? cr : input.size();
    }
    if (end > 0) {
      const std::string_view bytes = input.substr(0, end);
      input.remove_prefix(end);
      return data(bytes);
    }
    if (found == std::string_view::npos) {
      matched_ = input.size();
      input.remove_prefix(input.size());
      return std::nullopt;
    }
    input.remove_prefix(delimiter.size());
  }
  matched_ = 0;
  state_ = state::boundary_end;
  return multipart_event{multipart_event_kind::end_of_part};
}

multipart_event multipart_parser::data(std::string_view bytes) {
  part_bytes_ += bytes.size();
  if (limits_.part_bytes != 0 && part_bytes_ > limits_.part_bytes)
    refuse("more than " + std::to_string(limits_.part_bytes) + " bytes in " + detail::quoted(name_), 413);
  return {multipart_event_kind::data, bytes};
}

/// The last boundary may end with a line break.
void multipart_parser::read_epilogue(std::string_view& input) {
  constexpr std::string_view line_break = "\r\n";
  while (!input.empty()) {
    if (matched_ >= line_break.size() || input.front() != line_break[matched_]) refuse("bytes behind its end");
    ++matched_;
    input.remove_prefix(1);
  }
}

void multipart_parser::finish() const {
  if (!done()) refuse("it ends too early");
}

std::string multipart_boundary(std::string_view content_type) {
  if (!detail::equal_ignoring_case(without_parameters(content_type), "multipart/form-data"))
    throw protocol_error{"not a multipart form: " + detail::quoted(content_type), 415};
  std::optional<std::string> boundary;
  detail::parameter_reader parameters{parameters_of(content_type)};
  while (std::optional<detail::parameter> each = parameters.next()) {
    if (each->name != "boundary") continue;
    if (boundary) refuse("two boundaries: " + detail::quoted(content_type));
    boundary = std::move(each->value);
  }
  if (parameters.failed() || !boundary || !detail::is_multipart_boundary(*boundary))
    refuse("no boundary, or a bad one: " + detail::quoted(content_type));
  return *std::move(boundary);
}

}  // namespace weft::http
