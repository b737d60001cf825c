#include "http/directory_page.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <weft/http/percent_encoding.hpp>

namespace weft::http::detail {

namespace {

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string shown_time(std::int64_t seconds) {
  const std::time_t time{seconds};
  std::tm parts{};
  std::array<char, 32> text{};
  ::gmtime_r(&time, &parts);
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M", &parts);
  return {text.data(), size};
}

std::string shown_size(std::uint64_t bytes) {
  constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB"};
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < units.size(); ++unit) size /= 1024;
  std::array<char, 32> text{};
  const int length = std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", size, units[unit]);
  return {text.data(), static_cast<std::size_t>(length)};
}

}  // namespace

std::string directory_page(std::string_view path, std::vector<directory_entry> all) {
  std::ranges::sort(all, [](const directory_entry& a, const directory_entry& b) {
    return a.is_directory != b.is_directory ? a.is_directory : a.name < b.name;
  });
  const std::string title = escaped(path);
  std::string page = "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + title +
                     "</title>\n<meta name=\"viewport\" content=\"width=device-width\">\n"
                     "<style>body{font:16px system-ui,sans-serif;margin:2em}td{padding:.1em 1em .1em "
                     "0}td+td{color:#666;text-align:right}"
                     "a{text-decoration:none}a:hover{text-decoration:underline}</style></head>\n<body><h1>" +
                     title + "</h1>\n<table>\n";
  if (path != "/") page += "<tr><td><a href=\"../\">../</a></td><td></td><td></td></tr>\n";
  for (const directory_entry& one : all) {
    const std::string_view slash = one.is_directory ? "/" : "";
    page.append("<tr><td><a href=\"./").append(percent_encode(one.name)).append(slash).append("\">");
    page.append(escaped(one.name)).append(slash).append("</a></td><td>");
    page.append(one.is_directory ? "" : shown_size(one.size)).append("</td><td>");
    page.append(shown_time(one.changed)).append("</td></tr>\n");
  }
  return page + "</table></body></html>\n";
}

}  // namespace weft::http::detail
