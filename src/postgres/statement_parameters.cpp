#include "postgres/statement_parameters.hpp"

#include <algorithm>

namespace weft::postgres::detail {

// NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): as said above
statement_parameters::statement_parameters(const parameters& given) : count_{static_cast<int>(given.list().size())} {
  const auto& list = given.list();
  const std::size_t count = list.size();
  if (count > usual) {
    many_.types.resize(count);
    many_.values.resize(count);
    many_.lengths.resize(count);
    many_.formats.resize(count);
    types_ = many_.types.data();
    values_ = many_.values.data();
    lengths_ = many_.lengths.data();
    formats_ = many_.formats.data();
  }
  for (std::size_t i = 0; i < count; ++i) {
    types_[i] = list[i].type;
    values_[i] = list[i].length < 0 ? nullptr : given.bytes().data() + list[i].at;
    lengths_[i] = std::max(list[i].length, 0);
    formats_[i] = list[i].as_text ? 0 : 1;
  }
}

}  // namespace weft::postgres::detail
