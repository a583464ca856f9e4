#include "tests/support/echo_server.hpp"

#include <httplib.h>

#include <boost/json.hpp>

#include <algorithm>
#include <atomic>
#include <cctype>
#include <charconv>
#include <thread>

namespace support {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

// cpp-httplib adds these to what it received, from 0.12 on.
bool is_of_the_library(const std::string& name) {
  return name == "REMOTE_ADDR" || name == "REMOTE_PORT" || name == "LOCAL_ADDR" || name == "LOCAL_PORT";
}

boost::json::object headers_of(const httplib::Request& request) {
  boost::json::object headers;
  for (const auto& [name, value] : request.headers) {
    if (is_of_the_library(name)) continue;
    auto& slot = headers[lower(name)];
    slot = slot.is_string() ? std::string(slot.as_string()) + ", " + value : value;
  }
  return headers;
}

int status_wanted(const httplib::Request& request) {
  const auto text = request.get_header_value("X-Echo-Status");
  int status = 200;
  std::from_chars(text.data(), text.data() + text.size(), status);
  return status >= 200 && status <= 599 ? status : 200;
}

void answer(const std::string& name, const httplib::Request& request, std::size_t body_bytes, httplib::Response& response) {
  const boost::json::object echo{{"server", name},
                                 {"method", request.method},
                                 {"target", request.target},
                                 {"headers", headers_of(request)},
                                 {"body_bytes", body_bytes}};
  response.status = status_wanted(request);
  response.set_content(boost::json::serialize(echo) + "\n", "application/json");
}

// Bodies are counted as they arrive, not kept.
std::size_t count_body(const httplib::Request& request, const httplib::ContentReader& read) {
  std::size_t bytes = 0;
  const auto count = [&bytes](const char*, std::size_t length) {
    bytes += length;
    return true;
  };
  if (request.is_multipart_form_data()) {
    read([](const auto&) { return true; }, count);
  } else {
    read(count);
  }
  return bytes;
}

void add_routes(httplib::Server& server, const std::string& name) {
  const auto without_body = [name](const httplib::Request& request, httplib::Response& response) {
    answer(name, request, 0, response);
  };
  const auto with_body = [name](const httplib::Request& request, httplib::Response& response,
                                const httplib::ContentReader& read) {
    answer(name, request, count_body(request, read), response);
  };
  static constexpr auto anything = ".*";
  server.Get(anything, without_body);  // and HEAD
  server.Options(anything, without_body);
  server.Post(anything, with_body);
  server.Put(anything, with_body);
  server.Patch(anything, with_body);
  server.Delete(anything, with_body);
}

}  // namespace

struct EchoServer::State {
  httplib::Server server;
  std::thread thread;
  std::atomic<bool> has_ended = false;
};

EchoServer::EchoServer(std::string name, std::uint16_t port, const std::string& address) : state_(std::make_unique<State>()) {
  auto& server = state_->server;
  server.new_task_queue = [] { return new httplib::ThreadPool(max_connections); };
  server.set_payload_max_length(max_body_bytes);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(100000);  // a proxy's pooled connection is not closed for having been used
  add_routes(server, name);
  const int bound = port == 0 ? server.bind_to_any_port(address) : server.bind_to_port(address, port) ? port : -1;
  if (bound <= 0) return;
  port_ = static_cast<std::uint16_t>(bound);  // listens from here on: who connects now waits in the kernel's queue
  state_->thread = std::thread([state = state_.get()] {
    state->server.listen_after_bind();
    state->has_ended = true;
  });
}

EchoServer::~EchoServer() {
  if (!state_->thread.joinable()) return;
  // stop() does nothing to a server whose thread has not got to its loop yet.
  while (!state_->server.is_running() && !state_->has_ended) std::this_thread::yield();
  state_->server.stop();
  state_->thread.join();
}

}  // namespace support
