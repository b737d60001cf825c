// TCP echo with libuv, in the manner of its guide.

#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

typedef struct {
  uv_write_t request;
  uv_buf_t text;
} write_request;

static void closed(uv_handle_t* client) { free(client); }

static void give_memory(uv_handle_t* client, size_t suggested, uv_buf_t* memory) {
  (void)client;
  *memory = uv_buf_init(malloc(suggested), (unsigned)suggested);
}

static void written(uv_write_t* request, int status) {
  write_request* done = (write_request*)request;
  if (status < 0 && !uv_is_closing((uv_handle_t*)request->handle)) uv_close((uv_handle_t*)request->handle, closed);
  free(done->text.base);
  free(done);
}

static void came(uv_stream_t* client, ssize_t size, const uv_buf_t* memory) {
  if (size > 0) {
    write_request* answer = malloc(sizeof *answer);
    answer->text = uv_buf_init(memory->base, (unsigned)size);
    uv_write(&answer->request, client, &answer->text, 1, written);
    return;
  }
  if (size < 0 && !uv_is_closing((uv_handle_t*)client)) uv_close((uv_handle_t*)client, closed);
  free(memory->base);
}

static void connected(uv_stream_t* server, int status) {
  if (status < 0) return;
  uv_tcp_t* client = malloc(sizeof *client);
  uv_tcp_init(server->loop, client);
  if (uv_accept(server, (uv_stream_t*)client) != 0) {
    uv_close((uv_handle_t*)client, closed);
    return;
  }
  uv_tcp_nodelay(client, 1);
  uv_read_start((uv_stream_t*)client, give_memory, came);
}

int main(void) {
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t server;
  struct sockaddr_in address;
  int length = sizeof address;
  uv_tcp_init(loop, &server);
  uv_ip4_addr("127.0.0.1", 0, &address);
  uv_tcp_bind(&server, (const struct sockaddr*)&address, 0);
  int error = uv_listen((uv_stream_t*)&server, 4096, connected);
  if (error != 0) {
    fprintf(stderr, "listen: %s\n", uv_strerror(error));
    return 1;
  }
  uv_tcp_getsockname(&server, (struct sockaddr*)&address, &length);
  printf("listening %d\n", ntohs(address.sin_port));
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
