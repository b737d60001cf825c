#include <stdexcept>
#include <weft/core/timeout.hpp>
#include <weft/patterns/bulkhead.hpp>
#include <weft/patterns/detail/text.hpp>

namespace weft {

namespace {

std::size_t checked_places(std::ptrdiff_t places) {
  if (places < 1) throw std::invalid_argument{"bulkhead: max_running must be at least 1"};
  return static_cast<std::size_t>(places);
}

/// Counts one up as long as it lives.
class counted {
 public:
  explicit counted(std::size_t& count) noexcept : count_{&count} { ++count; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() { --*count_; }

 private:
  std::size_t* count_;
};

}  // namespace

bulkhead::bulkhead(const bulkhead_options& options)
    : options_{options}, name_{options.name}, places_{checked_places(options.max_running)} {
  if (options.max_waiting < 0) throw std::invalid_argument{"bulkhead: max_waiting is negative"};
  if (options.max_wait && options.max_wait->count() < 0) throw std::invalid_argument{"bulkhead: max_wait is negative"};
  options_.name = name_;
}

task<bulkhead::permit> bulkhead::enter(bulkhead& self) {
  std::optional<semaphore::permit> place = self.places_.try_acquire();
  if (!place) {
    if (self.waiting_ >= static_cast<std::size_t>(self.options_.max_waiting)) {
      self.refuse(std::to_string(self.options_.max_running) + " calls run and " + std::to_string(self.waiting_) +
                  " wait");
    }
    const counted waiting{self.waiting_};
    if (self.options_.max_wait) {
      place = co_await move_on_after(*self.options_.max_wait, self.places_.acquire());
      if (!place) self.refuse("no place was free for " + detail::in_words(*self.options_.max_wait));
    } else {
      place = co_await self.places_.acquire();
    }
  }
  ++self.admitted_;
  co_return permit{self, *std::move(place)};
}

void bulkhead::refuse(const std::string& reason) {
  ++refused_;
  throw bulkhead_full_error{"the bulkhead " + (name_.empty() ? "" : "\"" + name_ + "\" ") + "is full: " + reason};
}

bulkhead_statistics bulkhead::statistics() const noexcept {
  return {.admitted = admitted_, .refused = refused_, .running = running_, .waiting = waiting_};
}

}  // namespace weft
