#pragma once

// What the loads of servers share: plain sockets that wait, and the length of an answer.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

[[noreturn]] inline void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

[[noreturn]] inline void refuse(const char* why) {
  std::fprintf(stderr, "load: %s\n", why);
  std::exit(1);
}

inline int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  server.sin_port = htons(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server) != 0) fail("connect");
  return fd;
}

inline std::string request_for(const std::string& path) {
  return "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n";
}

/// The length of the answer to one request, which every other has too.
inline std::size_t length_of_answer(std::uint16_t port, const std::string& request) {
  const int fd = connect_to(port);
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) fail("send");
  std::string answer;
  for (;;) {
    char piece[4096];
    const ssize_t n = ::recv(fd, piece, sizeof piece, 0);
    if (n <= 0) refuse("no answer");
    answer.append(piece, static_cast<std::size_t>(n));
    const std::size_t head = answer.find("\r\n\r\n");
    if (head == answer.npos) continue;
    if (!answer.starts_with("HTTP/1.1 200")) refuse("the answer is not 200");
    std::size_t at = answer.find("ontent-");
    while (at != answer.npos && (answer[at + 7] | 0x20) != 'l') at = answer.find("ontent-", at + 1);
    if (at == answer.npos) refuse("the answer has no length");
    const std::size_t length = head + 4 + std::stoul(answer.substr(at + 15));
    if (answer.size() < length) continue;
    ::close(fd);
    return length;
  }
}
