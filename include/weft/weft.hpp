#pragma once

/// Everything of the core: tasks, cancellation, groups, timeouts, synchronization.

#include <weft/core/background_group.hpp>
#include <weft/core/channel.hpp>
#include <weft/core/clock.hpp>
#include <weft/core/context.hpp>
#include <weft/core/create_task.hpp>
#include <weft/core/debug.hpp>
#include <weft/core/errors.hpp>
#include <weft/core/finally.hpp>
#include <weft/core/future.hpp>
#include <weft/core/gather.hpp>
#include <weft/core/generator.hpp>
#include <weft/core/iterate.hpp>
#include <weft/core/loop_handle.hpp>
#include <weft/core/manager.hpp>
#include <weft/core/race.hpp>
#include <weft/core/result.hpp>
#include <weft/core/run.hpp>
#include <weft/core/run_workers.hpp>
#include <weft/core/shield.hpp>
#include <weft/core/sleep.hpp>
#include <weft/core/task.hpp>
#include <weft/core/task_group.hpp>
#include <weft/core/task_handle.hpp>
#include <weft/core/thread_pool.hpp>
#include <weft/core/timeout.hpp>
#include <weft/core/wait.hpp>
#include <weft/core/with.hpp>
#include <weft/sync/barrier.hpp>
#include <weft/sync/condition.hpp>
#include <weft/sync/event.hpp>
#include <weft/sync/lock.hpp>
#include <weft/sync/queue.hpp>
#include <weft/sync/semaphore.hpp>
