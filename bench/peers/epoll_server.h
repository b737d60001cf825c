// What the floors on epoll have in common: one listening socket on the loopback, edge-triggered, each socket registered
// once. The functions are static so that the compiler sees through them.

#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct epoll_server {
  uint32_t events;                                   // for which connections are registered
  void* (*accepted)(int fd);                         // makes the connection
  void (*serve)(void* connection, uint32_t events);  // something has come
  void (*begin_round)(void);
};

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void add_to_epoll(int epoll, int fd, uint32_t events, void* data) {
  struct epoll_event event = {.events = events | EPOLLET, .data.ptr = data};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

static inline void accept_all(const struct epoll_server* server, int epoll, int listener) {
  for (;;) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      if (errno == EAGAIN) return;
      fail("accept4");
    }
    void* connection = server->accepted(fd);
    if (connection == NULL) fail("malloc");
    add_to_epoll(epoll, fd, server->events, connection);
  }
}

// Says "listening PORT" and serves until it is killed.
static inline void run_epoll_server(const struct epoll_server* server) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr*)&address, length) != 0) fail("bind");
  if (listen(listener, 4096) != 0) fail("listen");
  getsockname(listener, (struct sockaddr*)&address, &length);

  int epoll = epoll_create1(EPOLL_CLOEXEC);
  add_to_epoll(epoll, listener, EPOLLIN, NULL);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);

  for (;;) {
    struct epoll_event events[256];
    int count = epoll_wait(epoll, events, 256, -1);
    if (count < 0 && errno != EINTR) fail("epoll_wait");
    if (server->begin_round != NULL) server->begin_round();
    for (int i = 0; i < count; ++i) {
      if (events[i].data.ptr == NULL) {
        accept_all(server, epoll, listener);
      } else {
        server->serve(events[i].data.ptr, events[i].events);
      }
    }
  }
}
