#include "controller/dns_resolver.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace controller {

using Clock = std::chrono::steady_clock;

struct DnsResolver::State {
  struct Name {
    std::vector<std::string> addresses;
    Clock::time_point due{};
    bool is_asked = false, was_tried = false;
  };

  std::function<void()> on_change;
  mutable std::mutex mutex;
  std::condition_variable tried;
  std::map<std::string, Name> names;
  std::atomic<bool> stopping{false};
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  ares_channel channel{};
  std::thread thread;

  void run();
  void ask_due();
  void take_answer(const std::string& name, int status, ares_addrinfo* result);
  void poll_once(std::chrono::milliseconds limit);
};

namespace {

struct Question {
  DnsResolver::Answers::key_type name;
  void* state;
};

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  else if (address->sa_family == AF_INET6) ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  return text;
}

}  // namespace

DnsResolver::DnsResolver(std::function<void()> on_change) : state_(std::make_unique<State>()) {
  state_->on_change = std::move(on_change);
  ares_library_init(ARES_LIB_INIT_ALL);
  ares_options options{};
  options.timeout = static_cast<int>(std::chrono::milliseconds{query_timeout}.count() / 2);
  options.tries = 2;
  ares_init_options(&state_->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES);
  state_->thread = std::thread{[this] { state_->run(); }};
}

DnsResolver::~DnsResolver() {
  state_->stopping = true;
  const std::uint64_t one = 1;
  (void)!::write(state_->wake, &one, sizeof one);
  state_->thread.join();
  ares_destroy(state_->channel);
  ares_library_cleanup();
  ::close(state_->wake);
}

void DnsResolver::want(const std::set<std::string>& names) {
  {
    const std::lock_guard lock{state_->mutex};
    std::erase_if(state_->names, [&names](const auto& entry) { return !names.contains(entry.first); });
    for (const auto& name : names) state_->names.try_emplace(name);
  }
  const std::uint64_t one = 1;
  (void)!::write(state_->wake, &one, sizeof one);
}

DnsResolver::Answers DnsResolver::answers() const {
  const std::lock_guard lock{state_->mutex};
  Answers result;
  for (const auto& [name, entry] : state_->names) result.emplace(name, entry.addresses);
  return result;
}

void DnsResolver::wait_for_first(std::chrono::milliseconds limit) {
  std::unique_lock lock{state_->mutex};
  state_->tried.wait_for(lock, limit, [this] {
    return std::all_of(state_->names.begin(), state_->names.end(), [](const auto& entry) { return entry.second.was_tried; });
  });
}

void DnsResolver::State::ask_due() {
  std::vector<std::string> due;
  {
    const std::lock_guard lock{mutex};
    for (auto& [name, entry] : names) {
      if (entry.is_asked || entry.due > Clock::now()) continue;
      entry.is_asked = true;
      due.push_back(name);
    }
  }
  for (const std::string& name : due) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    auto* question = new Question{name, this};
    ares_getaddrinfo(channel, name.c_str(), nullptr, &hints,
                     [](void* argument, int status, int, ares_addrinfo* result) {
                       const std::unique_ptr<Question> asked{static_cast<Question*>(argument)};
                       static_cast<State*>(asked->state)->take_answer(asked->name, status, result);
                     },
                     question);
  }
}

void DnsResolver::State::take_answer(const std::string& name, int status, ares_addrinfo* result) {
  std::vector<std::string> addresses;
  std::chrono::seconds ttl = max_ttl;
  if (status == ARES_SUCCESS && result) {
    for (const ares_addrinfo_node* node = result->nodes; node && addresses.size() < max_addresses; node = node->ai_next) {
      if (std::string text = text_of(node->ai_addr); !text.empty()) addresses.push_back(std::move(text));
      ttl = std::min(ttl, std::chrono::seconds{node->ai_ttl});
    }
  }
  if (result) ares_freeaddrinfo(result);
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());

  bool changed = false;
  {
    const std::lock_guard lock{mutex};
    const auto found = names.find(name);
    if (found == names.end()) return;
    found->second.is_asked = false;
    found->second.was_tried = true;
    // A failure says nothing new: what was known stays in use and is asked for again soon.
    found->second.due = Clock::now() + (addresses.empty() ? min_ttl : std::max(ttl, std::chrono::seconds{min_ttl}));
    if (!addresses.empty() && addresses != found->second.addresses) {
      found->second.addresses = std::move(addresses);
      changed = true;
    }
  }
  tried.notify_all();
  if (changed && !stopping) on_change();
}

void DnsResolver::State::poll_once(std::chrono::milliseconds limit) {
  ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
  const int mask = ares_getsock(channel, sockets, ARES_GETSOCK_MAXNUM);
  pollfd polled[ARES_GETSOCK_MAXNUM + 1];
  nfds_t count = 0;
  polled[count++] = {wake, POLLIN, 0};
  for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
    short events = 0;
    if (ARES_GETSOCK_READABLE(mask, i)) events |= POLLIN;
    if (ARES_GETSOCK_WRITABLE(mask, i)) events |= POLLOUT;
    if (events) polled[count++] = {sockets[i], events, 0};
  }
  timeval longest{limit.count() / 1000, static_cast<suseconds_t>(limit.count() % 1000 * 1000)}, until{};
  const timeval* next = ares_timeout(channel, &longest, &until);
  ::poll(polled, count, static_cast<int>(next->tv_sec * 1000 + next->tv_usec / 1000 + 1));
  std::uint64_t ignored;
  (void)!::read(wake, &ignored, sizeof ignored);
  for (nfds_t i = 1; i < count; ++i)
    ares_process_fd(channel, polled[i].revents & (POLLIN | POLLERR | POLLHUP) ? polled[i].fd : ARES_SOCKET_BAD,
                    polled[i].revents & POLLOUT ? polled[i].fd : ARES_SOCKET_BAD);
  if (count == 1) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
}

void DnsResolver::State::run() {
  while (!stopping) {
    ask_due();
    auto wait = std::chrono::milliseconds{60'000};
    {
      const std::lock_guard lock{mutex};
      for (const auto& [name, entry] : names)
        if (!entry.is_asked) wait = std::min(wait, std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(entry.due - Clock::now())));
    }
    poll_once(wait);
  }
  ares_cancel(channel);
}

}  // namespace controller
