#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <weft/describe/json_codec.hpp>

namespace weft {

/// A universally unique identifier. RFC 9562. uuid.UUID.
struct uuid {
  /// In the order of the text.
  std::array<std::uint8_t, 16> bytes{};

  /// Of version 4: 122 random bits from the system.
  /// @throws std::system_error if that has none.
  [[nodiscard]] static uuid random();

  /// `f81d4fae-7dec-11d0-a765-00a0c91e6bf6`, in capitals or small letters; nullopt for anything else.
  [[nodiscard]] static std::optional<uuid> parse(std::string_view text) noexcept;

  /// In small letters.
  [[nodiscard]] std::string str() const;

  friend constexpr bool operator==(const uuid&, const uuid&) = default;
  friend constexpr std::strong_ordering operator<=>(const uuid&, const uuid&) = default;
};

/// A string.
template <>
struct json_codec<uuid> {
  static constexpr std::string_view expects = "a UUID";
  static constexpr auto kind = json_reader::kind::string;
  static bool read(json_reader& reader, uuid& value);
  static void write(json_writer& writer, const uuid& value);
};

}  // namespace weft

template <>
struct std::hash<weft::uuid> {
  std::size_t operator()(const weft::uuid& value) const noexcept;
};
