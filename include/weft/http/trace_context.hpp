#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <weft/core/context.hpp>

namespace weft::http {

/// Which of the requests that belong together this is: a piece of work, known by its span, in a trace that it shares
/// with the work that has caused it. W3C Trace Context. A value.
struct trace_context {
  std::string trace_id;  ///< 32 hexadecimal digits
  std::string span_id;   ///< 16 hexadecimal digits: OpenTelemetry's; "parent-id" in what is sent
  bool sampled = false;  ///< whoever has begun the trace records it
  std::string state;     ///< what others have added, as it came (tracestate)

  /// Of what came with a request. nullopt for what is none: then a new trace begins.
  [[nodiscard]] static std::optional<trace_context> parse(std::string_view traceparent,
                                                          std::string_view tracestate = {});
  /// A new trace.
  [[nodiscard]] static trace_context begin(bool sampled = false);
  /// Another span of the same trace.
  [[nodiscard]] trace_context child() const;
  /// As it goes with a request: "00-TRACE-SPAN-01".
  [[nodiscard]] std::string traceparent() const;

  friend bool operator==(const trace_context&, const trace_context&) = default;
};

/// What the running task works for; nullopt if nobody has said.
[[nodiscard]] std::optional<trace_context> current_trace();

/// Says what the running task, and the tasks that it creates, work for, until the end of a block. Requests that an
/// http::client sends meanwhile carry it (traceparent, tracestate), each with a span of its own.
class scoped_trace {
 public:
  explicit scoped_trace(trace_context now);
  scoped_trace(const scoped_trace&) = delete;
  scoped_trace& operator=(const scoped_trace&) = delete;
  ~scoped_trace();

 private:
  context_var<std::optional<trace_context>>::scoped_value set_;
};

}  // namespace weft::http
