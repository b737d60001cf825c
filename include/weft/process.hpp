#pragma once

/// Subprocesses and signals.

#include <weft/process/command.hpp>
#include <weft/process/process.hpp>
#include <weft/process/signal_set.hpp>
