/* What weft's HTTP client is measured against: the same work as a plain loop over libcurl's multi interface does it.
 * Reads URLs from a file, fetches them over a number of keep-alive connections, discards the bodies.
 *
 *     peer_curl_fetch FILE [CONNECTIONS]
 */

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long long answered, failed, bytes;

static size_t discard(char* data, size_t size, size_t count, void* unused) {
  (void)data;
  (void)unused;
  bytes += size * count;
  return size * count;
}

/* Sets the next URL of the list; 0 at its end. */
static int next_url(CURL* easy, FILE* list) {
  char line[4096];
  if (fgets(line, sizeof line, list) == NULL) return 0;
  line[strcspn(line, "\n")] = '\0';
  curl_easy_setopt(easy, CURLOPT_URL, line);
  return 1;
}

int main(int argc, char** argv) {
  if (argc < 2) {
    fprintf(stderr, "usage: curl_fetch FILE [CONNECTIONS]\n");
    return 2;
  }
  FILE* const list = fopen(argv[1], "r");
  if (list == NULL) {
    perror(argv[1]);
    return 2;
  }
  const int connections = argc > 2 ? atoi(argv[2]) : 64;

  curl_global_init(CURL_GLOBAL_DEFAULT);
  CURLM* const multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)connections);
  for (int i = 0; i < connections; ++i) {
    CURL* const easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, discard);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    if (next_url(easy, list)) curl_multi_add_handle(multi, easy);
  }
  int running = 1;
  while (running > 0) {
    if (curl_multi_perform(multi, &running) != CURLM_OK) return 2;
    CURLMsg* message = NULL;
    int waiting = 0;
    while ((message = curl_multi_info_read(multi, &waiting)) != NULL) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const easy = message->easy_handle;
      message->data.result == CURLE_OK ? ++answered : ++failed;
      curl_multi_remove_handle(multi, easy);
      if (next_url(easy, list)) {
        curl_multi_add_handle(multi, easy);
        running = 1;
      } else {
        curl_easy_cleanup(easy);
      }
    }
    if (running > 0 && curl_multi_poll(multi, NULL, 0, 1000, NULL) != CURLM_OK) return 2;
  }
  curl_multi_cleanup(multi);
  printf("%llu answered, %llu failed, %llu bytes\n", answered, failed, bytes);
  return failed == 0 ? 0 : 1;
}
