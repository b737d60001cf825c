// The floor on io_uring: a TCP echo server as one writes it by hand in C with liburing. One issuer, deferred task work,
// multishot accept, multishot receive into provided buffers; what a round has to send goes out with the system call
// that waits for the next.

#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { buffer_size = 2048, buffer_count = 4096, group = 0, none = -1 };
enum { receiving = 0, sending = 1, op_mask = 1 };  // in the lowest bit of user_data; the rest is the connection

struct connection {
  int fd;
  int first, last;  // buffers to send, in order; the first one is on its way
  int armed;        // a receive is in the kernel
  int over;         // ended or lost: goes when nothing is in the kernel
};

static struct io_uring ring;
static struct io_uring_buf_ring* buffers;
static char* memory;
static int next_of[buffer_count];
static unsigned length_of[buffer_count];

static void fail(const char* what, int error) {
  fprintf(stderr, "%s: %s\n", what, strerror(error));
  exit(1);
}

static struct io_uring_sqe* next_sqe(void) {
  struct io_uring_sqe* sqe = io_uring_get_sqe(&ring);
  if (sqe == NULL) {
    io_uring_submit(&ring);
    sqe = io_uring_get_sqe(&ring);
  }
  return sqe;
}

static void give_back(int buffer) {
  io_uring_buf_ring_add(buffers, memory + (size_t)buffer * buffer_size, buffer_size, (unsigned short)buffer,
                        io_uring_buf_ring_mask(buffer_count), 0);
  io_uring_buf_ring_advance(buffers, 1);
}

static void receive(struct connection* c) {
  struct io_uring_sqe* sqe = next_sqe();
  io_uring_prep_recv_multishot(sqe, c->fd, NULL, 0, 0);
  sqe->flags |= IOSQE_BUFFER_SELECT;
  sqe->buf_group = group;
  io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | receiving);
  c->armed = 1;
}

static void send_first(struct connection* c) {
  struct io_uring_sqe* sqe = next_sqe();
  io_uring_prep_send(sqe, c->fd, memory + (size_t)c->first * buffer_size, length_of[c->first],
                     MSG_NOSIGNAL | MSG_WAITALL);
  io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)c | sending);
}

static void accept_many(int listener) {
  struct io_uring_sqe* sqe = next_sqe();
  io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
  io_uring_sqe_set_data64(sqe, 0);
}

static void drop_if_over(struct connection* c) {
  if (!c->over || c->armed || c->first != none) return;
  close(c->fd);
  free(c);
}

static void received(struct connection* c, const struct io_uring_cqe* cqe) {
  if ((cqe->flags & IORING_CQE_F_MORE) == 0) c->armed = 0;
  if (cqe->res > 0) {
    int buffer = (int)(cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    length_of[buffer] = (unsigned)cqe->res;
    next_of[buffer] = none;
    if (c->first == none) {
      c->first = c->last = buffer;
      send_first(c);
    } else {
      next_of[c->last] = buffer;
      c->last = buffer;
    }
  } else if (cqe->res != -ENOBUFS) {
    c->over = 1;
  }
  if (!c->armed && !c->over) receive(c);
  drop_if_over(c);
}

static void sent(struct connection* c, const struct io_uring_cqe* cqe) {
  int buffer = c->first;
  if (cqe->res < (int)length_of[buffer] && !c->over) {
    c->over = 1;
    shutdown(c->fd, SHUT_RDWR);  // ends the receive that is in the kernel
  }
  c->first = next_of[buffer];
  give_back(buffer);
  if (c->first != none) send_first(c);
  drop_if_over(c);
}

static void accepted(int listener, const struct io_uring_cqe* cqe) {
  if (cqe->res >= 0) {
    struct connection* c = malloc(sizeof *c);
    if (c == NULL) fail("malloc", ENOMEM);
    *c = (struct connection){.fd = cqe->res, .first = none, .last = none};
    receive(c);
  } else if (cqe->res != -ECONNABORTED && cqe->res != -EINTR) {
    fail("accept", -cqe->res);
  }
  if ((cqe->flags & IORING_CQE_F_MORE) == 0) accept_many(listener);
}

static void provide_buffers(void) {
  size_t size = buffer_count * sizeof(struct io_uring_buf);
  if (posix_memalign((void**)&buffers, 4096, size) != 0) fail("posix_memalign", ENOMEM);
  memory = malloc((size_t)buffer_count * buffer_size);
  if (memory == NULL) fail("malloc", ENOMEM);
  struct io_uring_buf_reg registration = {
      .ring_addr = (uint64_t)(uintptr_t)buffers, .ring_entries = buffer_count, .bgid = group};
  int error = io_uring_register_buf_ring(&ring, &registration, 0);
  if (error != 0) fail("io_uring_register_buf_ring", -error);
  io_uring_buf_ring_init(buffers);
  for (int i = 0; i < buffer_count; ++i) give_back(i);
}

int main(void) {
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // accepted sockets inherit it
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr*)&address, length) != 0) fail("bind", errno);
  if (listen(listener, 4096) != 0) fail("listen", errno);
  getsockname(listener, (struct sockaddr*)&address, &length);

  struct io_uring_params how = {.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_CQSIZE,
                                .cq_entries = 8192};
  int error = io_uring_queue_init_params(2048, &ring, &how);
  if (error != 0) fail("io_uring_queue_init", -error);
  io_uring_register_ring_fd(&ring);
  provide_buffers();
  accept_many(listener);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);

  for (;;) {
    error = io_uring_submit_and_wait(&ring, 1);
    if (error < 0 && error != -EINTR) fail("io_uring_submit_and_wait", -error);
    unsigned head;
    unsigned count = 0;
    struct io_uring_cqe* cqe;
    io_uring_for_each_cqe(&ring, head, cqe) {
      ++count;
      uint64_t data = io_uring_cqe_get_data64(cqe);
      struct connection* c = (struct connection*)(uintptr_t)(data & ~(uint64_t)op_mask);
      if (c == NULL) {
        accepted(listener, cqe);
      } else if ((data & op_mask) == sending) {
        sent(c, cqe);
      } else {
        received(c, cqe);
      }
    }
    io_uring_cq_advance(&ring, count);
  }
}
