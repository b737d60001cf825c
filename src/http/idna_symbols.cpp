#include "idna_symbols.hpp"

#include <idn2.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "characters.hpp"

namespace weft::http::detail {

namespace {

constexpr std::string_view encoded_prefix = "xn--";
constexpr std::size_t longest_label = 63;

struct idn2_freer {
  void operator()(void* memory) const noexcept { idn2_free(memory); }
};

std::u32string code_points(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i++]);
    const int more = first < 0xc0 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
    char32_t point = more == 0 ? first : first & (0x3fU >> more);
    for (int left = more; left > 0 && i < text.size(); --left)
      point = point << 6 | (static_cast<unsigned char>(text[i++]) & 0x3fU);
    out += point;
  }
  return out;
}

std::string utf8(char32_t point) {
  const auto byte = [](char32_t bits) { return static_cast<char>(bits); };
  if (point < 0x80) return {byte(point)};
  if (point < 0x800) return {byte(0xc0 | point >> 6), byte(0x80 | (point & 0x3f))};
  if (point < 0x10000) return {byte(0xe0 | point >> 12), byte(0x80 | (point >> 6 & 0x3f)), byte(0x80 | (point & 0x3f))};
  return {byte(0xf0 | point >> 18), byte(0x80 | (point >> 12 & 0x3f)), byte(0x80 | (point >> 6 & 0x3f)),
          byte(0x80 | (point & 0x3f))};
}

bool is_right_to_left_or_joiner(char32_t point) noexcept {
  struct range {
    char32_t first;
    char32_t last;
  };
  constexpr std::array ranges = {range{0x0590, 0x08ff},  range{0x200c, 0x200f}, range{0x202a, 0x202e},
                                 range{0xfb1d, 0xfdff},  range{0xfe70, 0xfefe}, range{0x10800, 0x10fff},
                                 range{0x1e800, 0x1efff}};
  return std::ranges::any_of(ranges, [=](range r) { return point >= r.first && point <= r.last; });
}

std::optional<std::string> lookup(const std::string& name, int flags) {
  std::uint8_t* result = nullptr;
  const int status = idn2_lookup_u8(reinterpret_cast<const std::uint8_t*>(name.c_str()), &result,
                                    flags | IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<std::uint8_t, idn2_freer> owner{result};
  if (status != IDN2_OK) return std::nullopt;
  return reinterpret_cast<const char*>(result);
}

std::u32string decoded(const std::string& name) {
  char* result = nullptr;
  const int status = idn2_to_unicode_8z8z(name.c_str(), &result, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
  const std::unique_ptr<char, idn2_freer> owner{result};
  return status == IDN2_OK ? code_points(result) : std::u32string{};
}

/// What UTS #46 makes of one code point, as far as libidn2 tells; otherwise itself.
std::u32string mapped(char32_t point) {
  if (point < 0x80) return {static_cast<char32_t>(lower(static_cast<char>(point)))};
  if (point == 0x3002 || point == 0xff0e || point == 0xff61) return U".";
  if (point == 0xfe0f) return U"";  // asks for a picture's colours
  const std::optional<std::string> alone = lookup(utf8(point), 0);
  return alone ? decoded(*alone) : std::u32string{point};
}

/// RFC 3492.
std::string punycode(std::u32string_view label) {
  constexpr unsigned base = 36;
  constexpr unsigned least = 1;
  constexpr unsigned most = 26;
  constexpr std::string_view digits = "abcdefghijklmnopqrstuvwxyz0123456789";

  std::string out;
  for (const char32_t point : label)
    if (point < 0x80) out += static_cast<char>(point);
  const std::size_t basic = out.size();
  if (basic > 0) out += '-';

  std::uint64_t delta = 0;
  unsigned bias = 72;
  char32_t next = 0x80;
  for (std::size_t done = basic; done < label.size(); ++next) {
    char32_t smallest = 0x110000;
    for (const char32_t point : label)
      if (point >= next) smallest = std::min(smallest, point);
    delta += (smallest - next) * static_cast<std::uint64_t>(done + 1);
    next = smallest;
    for (const char32_t point : label) {
      if (point < next) ++delta;
      if (point != next) continue;
      std::uint64_t left = delta;
      for (unsigned k = base;; k += base) {
        const unsigned threshold = k <= bias ? least : std::min(k - bias, most);
        if (left < threshold) break;
        out += digits[threshold + (left - threshold) % (base - threshold)];
        left = (left - threshold) / (base - threshold);
      }
      out += digits[left];

      delta = done == basic ? delta / 700 : delta / 2;
      delta += delta / (done + 1);
      unsigned k = 0;
      for (; delta > (base - least) * most / 2; k += base) delta /= base - least;
      bias = k + static_cast<unsigned>((base - least + 1) * delta / (delta + 38));
      delta = 0;
      ++done;
    }
    ++delta;
  }
  return out;
}

/// True if UTS #46 allows each code point of the label as it is. libidn2 applies no more than that to a label that is
/// encoded already, but for its rules about hyphens, which do not apply here.
bool is_valid(std::u32string label) {
  std::ranges::replace(label, U'-', U'a');
  const std::string probe = std::string{encoded_prefix} + punycode(label);
  return probe.size() <= longest_label && lookup(probe, IDN2_NO_ALABEL_ROUNDTRIP).has_value();
}

std::optional<std::string> encoded(std::u32string label) {
  const auto is_ascii = [](const std::u32string& text) {
    return std::ranges::all_of(text, [](char32_t point) { return point < 0x80; });
  };
  std::string given;
  if (is_ascii(label)) {
    given.assign(label.begin(), label.end());
    if (!given.starts_with(encoded_prefix)) return given;
    label = decoded(given);
  }
  if (is_ascii(label) || std::ranges::any_of(label, is_right_to_left_or_joiner) || !is_valid(label))
    return std::nullopt;
  std::string out = std::string{encoded_prefix} + punycode(label);
  if (out.size() > longest_label || (!given.empty() && given != out)) return std::nullopt;
  return out;
}

}  // namespace

std::optional<std::string> symbolic_domain_to_ascii(std::string_view name) {
  std::u32string text;
  for (const char32_t point : code_points(name)) text += mapped(point);

  std::string out;
  for (std::u32string_view rest = text;;) {
    const std::size_t dot = rest.find(U'.');
    const std::optional<std::string> label = encoded(std::u32string{rest.substr(0, dot)});
    if (!label) return std::nullopt;
    out += *label;
    if (dot == std::u32string_view::npos) return out;
    out += '.';
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace weft::http::detail
