#pragma once

/// Files, directories and temporary ones of both.

#include <weft/files/file.hpp>
#include <weft/files/temporary.hpp>
#include <weft/files/walk.hpp>
#include <weft/files/whole_file.hpp>
