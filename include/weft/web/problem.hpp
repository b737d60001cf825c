#pragma once

#include <string>
#include <vector>
#include <weft/describe/json.hpp>
#include <weft/describe/macro.hpp>

namespace weft::web {

/// One thing that is wrong with a request; a refusal with 422 tells all of them: `{"detail": [problem, ...]}`.
struct problem {
  std::string in;        ///< path, query, header, cookie, form or body
  std::string path;      ///< the name of the parameter; in a body, where: `$.items[3].name`
  std::string expected;  ///< what would have been right: `at least 1 character`
  std::string got;       ///< what came: `""`, `1000`, `nothing`; long values are cut short

  friend bool operator==(const problem&, const problem&) = default;
};
WEFT_DESCRIBE(problem, (in, doc("path, query, header, cookie, form or body")),
              (path, doc("the parameter's name; in a body, the JSON path")),
              (expected, doc("what would have been right")), (got, doc("what came")))

/// The body of a refusal with 422 (what was asked for is missing or wrong), and with 400 for a body that is not JSON.
struct refusal {
  std::vector<problem> detail;
};
WEFT_DESCRIBE(refusal, detail)

/// The body of any other error: what http_error says.
struct failure {
  std::string detail;
};
WEFT_DESCRIBE(failure, detail)

}  // namespace weft::web
