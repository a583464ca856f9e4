#include "controller/dns_resolver.hpp"

#include "controller/special_address.hpp"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
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
    Answer answer;
    Clock::time_point due{};
    bool is_asked = false, was_tried = false;
  };

  std::function<void()> on_change;
  std::string servers;
  mutable std::mutex mutex;
  std::condition_variable tried;
  std::map<std::string, Name> names;
  std::atomic<bool> stopping{false};
  int wake = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // Of the resolver's thread: one for each source, since an answer does not say where it comes from. Null: not open.
  ares_channel hosts_file{}, dns{};
  std::thread thread;

  void run();
  int open();
  void close();
  std::vector<std::string> take_due();
  void ask(const std::string& name, Source source);
  void take_result(const std::string& name, Source source, int status, ares_addrinfo* result);
  void take_answer(const std::string& name, Answer answer, std::chrono::seconds ttl);
  void poll_once(std::chrono::milliseconds limit);
  std::chrono::milliseconds until_next() const;
};

namespace {

struct Question {
  DnsResolver::Answers::key_type name;
  DnsResolver::Source source;
  void* state;
};

std::string text_of(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET) ::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(address)->sin_addr, text, sizeof text);
  else if (address->sa_family == AF_INET6) ::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr, text, sizeof text);
  return text;
}

int open_channel(ares_channel& channel, const char* lookups) {
  ares_options options{};
  options.timeout = static_cast<int>(std::chrono::milliseconds{DnsResolver::query_timeout}.count() / 2);
  options.tries = 2;
  std::string copy = lookups;  // c-ares takes a char* that it does not write to
  options.lookups = copy.data();
  return ares_init_options(&channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS);
}

void close_channel(ares_channel& channel) {
  if (channel) ares_destroy(channel);
  channel = nullptr;
}

// c-ares answers a numeric name by itself, as if the hosts file had it.
bool is_host_name(const std::string& name) {
  return name.find(':') == std::string::npos && std::any_of(name.begin(), name.end(), [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
}

}  // namespace

DnsResolver::DnsResolver(std::function<void()> on_change, std::string servers) : state_(std::make_unique<State>()) {
  state_->on_change = std::move(on_change);
  state_->servers = std::move(servers);
  ares_library_init(ARES_LIB_INIT_ALL);
  state_->thread = std::thread{[this] {
    ::pthread_setname_np(::pthread_self(), "dns");
    state_->run();
  }};
}

DnsResolver::~DnsResolver() {
  state_->stopping = true;
  const std::uint64_t one = 1;
  (void)!::write(state_->wake, &one, sizeof one);
  state_->thread.join();
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
  for (const auto& [name, entry] : state_->names) result.emplace(name, entry.answer);
  return result;
}

void DnsResolver::wait_for_first(std::chrono::milliseconds limit) {
  std::unique_lock lock{state_->mutex};
  state_->tried.wait_for(lock, limit, [this] {
    return std::all_of(state_->names.begin(), state_->names.end(), [](const auto& entry) { return entry.second.was_tried; });
  });
}

DnsResolver::Answer DnsResolver::judge(const std::string& name, std::vector<std::string> addresses, Source source) {
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  Answer answer;
  for (std::string& address : addresses) {
    const std::string_view range = special_range(address);
    const bool is_own_word = source == Source::hosts_file && range == "loopback" && is_host_name(name);
    if (range.empty() || is_own_word) answer.addresses.push_back(std::move(address));
    else answer.refused.push_back(address + " (" + std::string{range} + ")");
  }
  if (answer.addresses.size() > max_addresses) answer.addresses.resize(max_addresses);
  if (answer.refused.size() > max_addresses) answer.refused.resize(max_addresses);
  return answer;
}

int DnsResolver::State::open() {
  if (const int status = open_channel(hosts_file, "f"); status != ARES_SUCCESS) return status;
  if (const int status = open_channel(dns, "b"); status != ARES_SUCCESS) return status;
  return servers.empty() ? ARES_SUCCESS : ares_set_servers_ports_csv(dns, servers.c_str());
}

void DnsResolver::State::close() {
  close_channel(dns);
  close_channel(hosts_file);
}

std::vector<std::string> DnsResolver::State::take_due() {
  std::vector<std::string> due;
  const std::lock_guard lock{mutex};
  for (auto& [name, entry] : names) {
    if (entry.is_asked || entry.due > Clock::now()) continue;
    entry.is_asked = true;
    due.push_back(name);
  }
  return due;
}

void DnsResolver::State::ask(const std::string& name, Source source) {
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  auto* question = new Question{name, source, this};
  ares_getaddrinfo(source == Source::dns ? dns : hosts_file, name.c_str(), nullptr, &hints,
                   [](void* argument, int status, int, ares_addrinfo* result) {
                     const std::unique_ptr<Question> asked{static_cast<Question*>(argument)};
                     static_cast<State*>(asked->state)->take_result(asked->name, asked->source, status, result);
                   },
                   question);
}

void DnsResolver::State::take_result(const std::string& name, Source source, int status, ares_addrinfo* result) {
  std::vector<std::string> addresses;
  std::chrono::seconds ttl = source == Source::dns ? max_ttl : hosts_file_ttl;
  if (status == ARES_SUCCESS && result) {
    for (const ares_addrinfo_node* node = result->nodes; node; node = node->ai_next) {
      if (std::string text = text_of(node->ai_addr); !text.empty()) addresses.push_back(std::move(text));
      if (source == Source::dns) ttl = std::min(ttl, std::chrono::seconds{node->ai_ttl});
    }
  }
  if (result) ares_freeaddrinfo(result);
  if (stopping) return;
  if (addresses.empty() && source == Source::hosts_file) return ask(name, Source::dns);
  Answer answer = judge(name, std::move(addresses), source);
  if (answer.addresses.empty() && answer.refused.empty()) answer.failure = "does not resolve";
  take_answer(name, std::move(answer), ttl);
}

void DnsResolver::State::take_answer(const std::string& name, Answer answer, std::chrono::seconds ttl) {
  bool changed = false;
  {
    const std::lock_guard lock{mutex};
    const auto found = names.find(name);
    if (found == names.end()) return;
    Name& entry = found->second;
    entry.is_asked = false;
    entry.was_tried = true;
    entry.due = Clock::now() + (answer.failure.empty() ? std::max(ttl, std::chrono::seconds{min_ttl}) : min_ttl);
    // A failure says nothing new: what was known stays in use and is asked for again soon. An answer that is refused does.
    const bool keeps_old = !answer.failure.empty() && !entry.answer.addresses.empty();
    if (!keeps_old && answer != entry.answer) {
      entry.answer = std::move(answer);
      changed = true;
    }
  }
  tried.notify_all();
  if (changed && !stopping) on_change();
}

void DnsResolver::State::poll_once(std::chrono::milliseconds limit) {
  ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
  const int mask = dns ? ares_getsock(dns, sockets, ARES_GETSOCK_MAXNUM) : 0;
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
  const timeval* next = dns ? ares_timeout(dns, &longest, &until) : &longest;
  ::poll(polled, count, static_cast<int>(next->tv_sec * 1000 + next->tv_usec / 1000 + 1));
  std::uint64_t ignored;
  (void)!::read(wake, &ignored, sizeof ignored);
  if (!dns) return;
  for (nfds_t i = 1; i < count; ++i)
    ares_process_fd(dns, polled[i].revents & (POLLIN | POLLERR | POLLHUP) ? polled[i].fd : ARES_SOCKET_BAD,
                    polled[i].revents & POLLOUT ? polled[i].fd : ARES_SOCKET_BAD);
  if (count == 1) ares_process_fd(dns, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // time-outs
}

std::chrono::milliseconds DnsResolver::State::until_next() const {
  auto wait = std::chrono::milliseconds{60'000};
  const std::lock_guard lock{mutex};
  for (const auto& [name, entry] : names)
    if (!entry.is_asked) wait = std::min(wait, std::max(std::chrono::milliseconds{1}, std::chrono::duration_cast<std::chrono::milliseconds>(entry.due - Clock::now())));
  return wait;
}

void DnsResolver::State::run() {
  while (!stopping) {
    const std::vector<std::string> due = take_due();
    int status = ARES_SUCCESS;
    if (!due.empty() && !dns && (status = open()) != ARES_SUCCESS) close();
    for (const std::string& name : due) {
      if (dns) ask(name, Source::hosts_file);
      else take_answer(name, {{}, {}, std::string{"cannot be asked for: "} + ares_strerror(status)}, min_ttl);
    }
    poll_once(until_next());
  }
  close();
}

}  // namespace controller
