#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "http/opened_file.hpp"

namespace weft::http::detail {

/// A page that shows what is in a directory; directories first, by name.
/// @param path as it is shown to people.
std::string directory_page(std::string_view path, std::vector<directory_entry> all);

}  // namespace weft::http::detail
