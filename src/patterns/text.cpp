#include <cstdio>
#include <weft/patterns/detail/text.hpp>

namespace weft::detail {

std::string in_words(clock::duration d) {
  const double ns = static_cast<double>(d.count());
  char text[32];
  if (ns < 1e3) {
    std::snprintf(text, sizeof text, "%.0f ns", ns);
  } else if (ns < 1e6) {
    std::snprintf(text, sizeof text, "%.3g us", ns / 1e3);
  } else if (ns < 1e9) {
    std::snprintf(text, sizeof text, "%.3g ms", ns / 1e6);
  } else if (ns < 1e12) {
    std::snprintf(text, sizeof text, "%.3g s", ns / 1e9);
  } else {
    std::snprintf(text, sizeof text, "%.0f s", ns / 1e9);
  }
  return text;
}

}  // namespace weft::detail
