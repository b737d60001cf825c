#include <weft/describe/detail/json_object.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "describe/json_reader_access.hpp"
#include "describe/json_writer_access.hpp"

namespace weft::detail {
namespace {

// Documents tend to have their members in the order of the description, so looking goes on where it last ended.
std::size_t find(std::span<const json_member> members, std::string_view key, std::size_t from) noexcept {
  for (std::size_t i = from; i < members.size(); ++i)
    if (members[i].name == key) return i;
  for (std::size_t i = 0; i < from; ++i)
    if (members[i].name == key) return i;
  return members.size();
}

bool refuses_extra(const json_object_type& type, const json_read_options& options) noexcept {
  if (type.extra == type_description::extra_fields::as_asked) return options.refuse_extra_fields;
  return type.extra == type_description::extra_fields::refused;
}

}  // namespace

bool read_json_object(json_reader& reader, void* object, const json_object_type& type, std::string_view tag) {
  const std::span<const json_member> all = type.members;
  const std::size_t issues = reader.log().size();
  json_reader::object members{reader};
  if (!members.entered()) return false;

  std::array<std::uint64_t, most_members / 64> seen;  // only as much of it as there are members
  for (std::size_t i = 0; i * 64 < all.size(); ++i) seen[i] = 0;
  const auto seen_bit = [](std::size_t i) { return std::uint64_t{1} << i % 64; };

  std::size_t likely = 0;
  bool tag_seen = false;
  for (;;) {
    bool guessed = false;
    const bool guess = likely < all.size();
    if (!(guess ? json_reader_access::next_member(members, all[likely].quoted, all[likely].name, guessed)
                : members.next()))
      break;
    const std::size_t i = guessed ? likely : find(all, members.key(), likely);
    if (i == all.size()) {
      const bool is_tag = !tag.empty() && members.key() == tag;
      if (is_tag && tag_seen) {
        reader.refuse("each member once");
      } else if (is_tag) {
        tag_seen = true;
        reader.skip();
      } else if (refuses_extra(type, reader.options())) {
        reader.refuse("no such member");
      } else {
        reader.skip();
      }
      continue;
    }
    if ((seen[i / 64] & seen_bit(i)) != 0) {
      reader.refuse("each member once");
      continue;
    }
    seen[i / 64] |= seen_bit(i);
    all[i].read(reader, object);
    likely = i + 1;
  }

  for (std::size_t i = 0; i < all.size() && !reader.ended(); ++i) {
    if (!all[i].required || (seen[i / 64] & seen_bit(i)) != 0) continue;
    json_reader_access::at_member(members, all[i].name);
    reader.refuse(all[i].expects, "nothing");
  }
  return !reader.ended() && reader.log().size() == issues;
}

void write_json_members(json_writer& writer, const void* object, const json_object_type& type, std::string_view tag) {
  path_scope path{writer.log()};
  for (const json_member& member : type.members) {
    if (!tag.empty() && member.name == tag) continue;
    if (writer.options().omit_null && member.is_null != nullptr && member.is_null(object)) continue;
    path.at(member.name);
    json_writer_access::padded_key(writer, member.quoted);
    member.write(writer, object);
  }
}

}  // namespace weft::detail
