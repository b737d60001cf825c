#pragma once

// Servers of a client under test that are on no network: with them it runs on the simulated clock.

#include <gtest/gtest.h>

#include <support/at_end.hpp>
#include <system_error>
#include <utility>
#include <weft/http.hpp>
#include <weft/testing.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

/// Runs `body(client)`, a task, with a client whose connections `serve(peer, url)`, a task, has at their other ends.
/// The client must hold no connection when `body` ends, however it does.
template <class S, class F>
task<> beside_fake_servers(S& serve, F& body, http::client_options options = {}) {
  const auto speak = [&serve](fake_peer peer, http::url to) -> task<> {
    try {
      co_await serve(peer, to);
    } catch (const std::system_error&) {  // NOLINT(bugprone-empty-catch): the client has gone
    }
  };
  co_await with(task_group{}, [&](task_group& servers) -> task<> {
    http::client c{options};
    const at_end check{[&] { EXPECT_EQ(c.active_connections(), 0U); }};
    c.connect_with([&](const http::url& to) -> task<byte_stream> {
      stream_pair pair;
      servers.create_task(speak(std::move(pair.peer), to));
      co_return std::move(pair.stream);
    });
    co_await body(c);
  });
}

}  // namespace weft::testing
