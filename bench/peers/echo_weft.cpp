// TCP echo with weft.

#include "weft_echo.hpp"
#include "weft_server.hpp"

int main() {
  return run_server([] { return weft::tcp_server{"127.0.0.1", 0, echo}; });
}
