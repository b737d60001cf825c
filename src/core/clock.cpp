#include <cmath>
#include <weft/core/clock.hpp>

namespace weft::detail {

std::int64_t nearest(double number) noexcept { return std::llround(number); }

}  // namespace weft::detail
