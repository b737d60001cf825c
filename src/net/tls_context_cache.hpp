#pragma once

#include <memory>
#include <weft/net/tls_options.hpp>

namespace weft::detail {

class tls_context_state;

/// The context that options stand for: their own, or one that this process has made for the same files before and that
/// still has their sessions. Files that have changed since are read again. Throws std::invalid_argument for options
/// that contradict each other.
std::shared_ptr<tls_context_state> context_for(const tls_options& options);

}  // namespace weft::detail
