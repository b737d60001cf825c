#pragma once

#include <cstddef>

/// How often this thread has called operator new. Counted in the whole program (see allocations.cpp).
std::size_t allocations() noexcept;
