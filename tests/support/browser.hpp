#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <support/child_program.hpp>
#include <support/scratch.hpp>
#include <utility>
#include <vector>
#include <weft/describe.hpp>
#include <weft/http.hpp>
#include <weft/weft.hpp>

namespace weft::testing {

namespace detail {

// What Chromium says, as far as it matters here. The names are the protocol's.
// NOLINTBEGIN(readability-identifier-naming)
struct browser_value {
  std::optional<raw_json> value;
  std::optional<std::string> description;
};
WEFT_DESCRIBE(browser_value, value, description)

struct browser_exception {
  std::optional<std::string> text;
  std::optional<browser_value> exception;
};
WEFT_DESCRIBE(browser_exception, text, exception)

struct browser_result {
  std::optional<std::string> targetId;
  std::optional<std::string> sessionId;
  std::optional<std::string> errorText;
  std::optional<browser_value> result;
  std::optional<browser_exception> exceptionDetails;
};
WEFT_DESCRIBE(browser_result, targetId, sessionId, errorText, result, exceptionDetails)

struct browser_request {
  std::optional<std::string> url;
};
WEFT_DESCRIBE(browser_request, url)

struct browser_log_entry {
  std::string text;
  std::optional<std::string> url;
};
WEFT_DESCRIBE(browser_log_entry, text, url)

struct browser_parameters {
  std::optional<browser_request> request;
  std::optional<std::string> url;
  std::optional<browser_log_entry> entry;
  std::optional<browser_exception> exceptionDetails;
};
WEFT_DESCRIBE(browser_parameters, request, url, entry, exceptionDetails)

struct browser_error {
  std::string message;
};
WEFT_DESCRIBE(browser_error, message)

struct browser_message {
  std::optional<int> id;
  std::optional<std::string> method;
  std::optional<std::string> sessionId;
  std::optional<browser_parameters> params;
  std::optional<browser_result> result;
  std::optional<browser_error> error;
};
WEFT_DESCRIBE(browser_message, id, method, sessionId, params, result, error)
// NOLINTEND(readability-identifier-naming)

/// What has happened on a page.
struct browser_page_events {
  bool loaded = false;
  std::vector<std::string> requests;
  std::string complaints;
};

}  // namespace detail

/// Chromium, without a window, whose pages do what a test tells them; see with_browser. One task talks to it at a time.
/// Chrome DevTools Protocol.
class browser {
 public:
  class page;

  /// How long each thing may take that a test waits for: far more than it does.
  static constexpr std::chrono::seconds patience{120};

  browser(http::websocket& to, const child_program& chromium) noexcept : to_{&to}, chromium_{&chromium} {}

  /// Opens a page, and waits until it has loaded.
  task<page> open(std::string url);

 private:
  using result = detail::browser_result;

  task<result> call(std::string session, std::string method, std::string parameters) {
    const int id = ++last_;
    std::string text = R"({"id":)" + std::to_string(id) + R"(,"method":)" + to_json(method);
    if (!session.empty()) text += R"(,"sessionId":)" + to_json(session);
    text += R"(,"params":)" + parameters + "}";
    co_await to_->send(text);
    for (;;) {
      detail::browser_message came = co_await next("answer " + text);
      if (came.id != id) continue;
      if (came.error) throw std::runtime_error{method + ": " + came.error->message};
      if (!came.result) throw std::runtime_error{method + ": no result"};
      co_return std::move(*came.result);
    }
  }

  /// Takes what the browser says next, and keeps what it says of pages.
  task<detail::browser_message> next(std::string awaited) {
    std::optional<std::optional<http::message>> came = co_await move_on_after(patience, to_->receive());
    if (!came || !*came) {
      throw std::runtime_error{std::string{came ? "Chromium has gone" : "Chromium is silent"} + "; it was to " +
                               awaited + "\n" + chromium_->output()};
    }
    detail::browser_message said = from_json<detail::browser_message>((*came)->text());
    if (said.method && said.sessionId && said.params) note(pages_[*said.sessionId], *said.method, *said.params);
    co_return said;
  }

  static void note(detail::browser_page_events& page, const std::string& event,
                   const detail::browser_parameters& details) {
    if (event == "Page.loadEventFired") page.loaded = true;
    if (event == "Network.requestWillBeSent" && details.request) {
      page.requests.push_back(details.request->url.value());
    }
    if (event == "Network.webSocketCreated" && details.url) page.requests.push_back(*details.url);
    if (event == "Log.entryAdded" && details.entry) {
      const std::string of = details.entry->url.value_or("");
      if (!of.ends_with("/favicon.ico")) page.complaints += details.entry->text + " " + of + "\n";
    }
    if (event == "Runtime.exceptionThrown" && details.exceptionDetails) {
      page.complaints += told(*details.exceptionDetails) + "\n";
    }
  }

  static std::string told(const detail::browser_exception& thrown) {
    std::string text = thrown.text.value_or("");
    if (thrown.exception) text += " " + thrown.exception->description.value_or("");
    return text;
  }

  http::websocket* to_;
  const child_program* chromium_;
  int last_ = 0;
  std::map<std::string, detail::browser_page_events> pages_;
};

/// A page of the browser, which must outlive it. It believes that it is the one that the user looks at.
class browser::page {
 public:
  /// The value of a JavaScript expression, as JSON; what its promise gives, if it is one. Throws if it does.
  task<std::string> evaluate(std::string expression) {
    result done = co_await call(
        "Runtime.evaluate", R"({"awaitPromise":true,"returnByValue":true,"expression":)" + to_json(expression) + "}");
    if (done.exceptionDetails) throw std::runtime_error{"the page throws " + told(*done.exceptionDetails)};
    if (!done.result || !done.result->value) co_return "null";
    co_return to_json(*done.result->value);
  }

  /// Waits until an expression is something that JavaScript holds for true, and gives that: text as it is. Throws if it
  /// does not come to that, and says what the page shows instead.
  task<std::string> until(std::string expression) {
    const auto limit = std::chrono::steady_clock::now() + patience;
    for (;;) {
      const std::string found =
          co_await evaluate("((found) => found instanceof Node || found || null)(" + expression + ")");
      if (found.starts_with('"')) co_return from_json<std::string>(found);
      if (found != "null") co_return found;
      if (std::chrono::steady_clock::now() > limit) break;
      co_await sleep(std::chrono::milliseconds{10});
    }
    const std::string shown = from_json<std::string>(co_await evaluate("document.body.innerText"));
    throw std::runtime_error{"there is no " + expression + " on the page, but:\n" + shown + "\n" + complaints()};
  }

  /// Clicks on the first element that a selector fits, once there is one.
  task<> click(std::string selector) {
    const std::string element = co_await focus(std::move(selector));
    co_await evaluate(element + ".click()");
  }

  /// Puts a text in the place of what an input holds, as a user does who types it.
  task<> type(std::string selector, std::string text) {
    const std::string element = co_await focus(std::move(selector));
    co_await evaluate(element + ".select()");
    co_await call("Input.insertText", R"({"text":)" + to_json(text) + "}");
    co_await evaluate(element + ".blur()");
  }

  /// The addresses that the page has asked for, in order; also of WebSockets.
  const std::vector<std::string>& requests() const { return events().requests; }
  /// Those of them that are not of a server, whose URL this is.
  std::string requests_beyond(std::string_view url) const {
    const std::string host = std::string{url.substr(url.find("//"))} + "/";
    std::string beyond;
    for (const std::string& asked : requests()) {
      const bool within = asked.starts_with("http:" + host) || asked.starts_with("ws:" + host);
      if (!within && !asked.starts_with("data:")) beyond += asked + "\n";
    }
    return beyond;
  }
  /// What Chromium reports of it: errors of scripts, what its policy does not allow, what could not be loaded.
  const std::string& complaints() const { return events().complaints; }

 private:
  friend class browser;
  page(browser& of, std::string session) noexcept : of_{&of}, session_{std::move(session)} {}

  task<result> call(std::string method, std::string parameters) {
    return of_->call(session_, std::move(method), std::move(parameters));
  }
  const detail::browser_page_events& events() const { return of_->pages_.at(session_); }

  task<std::string> focus(std::string selector) {
    std::string element = "document.querySelector(" + to_json(selector) + ")";
    co_await until(element);
    co_await evaluate(element + ".focus()");  // what had the focus notices that
    co_return element;
  }

  browser* of_;
  std::string session_;
};

inline task<browser::page> browser::open(std::string url) {
  const result made = co_await call({}, "Target.createTarget", R"({"url":"about:blank"})");
  const result attached = co_await call({}, "Target.attachToTarget",
                                        R"({"flatten":true,"targetId":)" + to_json(made.targetId.value()) + "}");
  page opened{*this, attached.sessionId.value()};
  for (const char* const domain : {"Network", "Page", "Log", "Runtime"}) {
    co_await opened.call(std::string{domain} + ".enable", "{}");
  }
  co_await opened.call("Emulation.setFocusEmulationEnabled", R"({"enabled":true})");
  const result went = co_await opened.call("Page.navigate", R"({"url":)" + to_json(url) + "}");
  if (went.errorText) throw std::runtime_error{url + ": " + *went.errorText};
  while (!pages_[opened.session_].loaded) co_await next("load " + url);
  co_return opened;
}

/// Runs `body(browser&)` beside a Chromium of its own, which asks nobody beyond this machine. Throws if it is not
/// installed.
template <class F>
task<> with_browser(F body) {
  const scratch place;
  child_program chromium{{"chromium", "--headless=new", "--no-sandbox", "--no-first-run", "--disable-gpu",
                          "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update",
                          "--disable-default-apps", "--disable-extensions", "--disable-sync",
                          "--disable-background-timer-throttling", "--disable-renderer-backgrounding",
                          "--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
                          "--remote-debugging-port=0", "--user-data-dir=" + place.file("profile"), "about:blank"}};
  const std::string at = co_await chromium.says("DevTools listening on ", browser::patience);
  http::websocket_connection connection{
      at, {.max_message = std::size_t{64} << 20, .ping_interval = {}, .open_timeout = browser::patience}};
  co_await with(std::move(connection), [&](http::websocket& ws) -> task<> {
    browser shown{ws, chromium};
    co_await body(shown);
    co_await ws.send(R"({"id":0,"method":"Browser.close"})");
    co_await chromium.ended(browser::patience);
  });
}

}  // namespace weft::testing
