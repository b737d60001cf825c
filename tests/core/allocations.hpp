#pragma once

#include <cstddef>

/// How often this thread has called operator new. Counted in the whole program (see allocations.cpp);
/// always 0 under ThreadSanitizer.
std::size_t allocations() noexcept;
