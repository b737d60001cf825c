#pragma once

#include <cstdint>

/// The numbers of PostgreSQL's own types: src/include/catalog/pg_type.dat of its sources.
namespace weft::postgres::oid {

using number = std::uint32_t;

inline constexpr number unknown = 0;  ///< the server decides
inline constexpr number boolean = 16;
inline constexpr number bytea = 17;
inline constexpr number single_char = 18;
inline constexpr number name = 19;
inline constexpr number int8 = 20;
inline constexpr number int2 = 21;
inline constexpr number int4 = 23;
inline constexpr number text = 25;
inline constexpr number oid = 26;
inline constexpr number json = 114;
inline constexpr number cidr = 650;
inline constexpr number float4 = 700;
inline constexpr number float8 = 701;
inline constexpr number unknown_text = 705;
inline constexpr number inet = 869;
inline constexpr number bpchar = 1042;
inline constexpr number varchar = 1043;
inline constexpr number date = 1082;
inline constexpr number time = 1083;
inline constexpr number timestamp = 1114;
inline constexpr number timestamptz = 1184;
inline constexpr number interval = 1186;
inline constexpr number timetz = 1266;
inline constexpr number numeric = 1700;
inline constexpr number record = 2249;
inline constexpr number nothing = 2278;
inline constexpr number record_array = 2287;
inline constexpr number uuid = 2950;
inline constexpr number jsonb = 3802;

/// From here on a type may have another number in another database: extensions' and users' own.
inline constexpr number first_of_users = 10000;

}  // namespace weft::postgres::oid
