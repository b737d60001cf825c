#include "postgres/server.hpp"

namespace {

[[maybe_unused]] const ::testing::Environment* const the_server =
    ::testing::AddGlobalTestEnvironment(std::make_unique<weft::testing::postgres_server>().release());

}  // namespace
