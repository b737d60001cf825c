#pragma once

#include <string_view>
#include <type_traits>

namespace weft {

class context;

/// How create_task starts a task.
struct task_options {
  /// Shown by debugging aids; copied. Empty: "Task-N".
  std::string_view name = {};
  /// A context to share, which must live until create_task returns; null: it starts on a copy of the creator's.
  /// asyncio.create_task(context=...).
  const weft::context* context = nullptr;
  /// Run it up to its first suspension at once, before create_task returns. asyncio.create_task(eager_start=True).
  bool eager = false;
};
static_assert(std::is_trivially_destructible_v<task_options>);

}  // namespace weft
