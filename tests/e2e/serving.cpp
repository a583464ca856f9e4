#include "tests/e2e/serving.hpp"

#include <httplib.h>

#include <boost/json.hpp>

#include <iostream>

namespace e2e {
namespace {

bool is_digit_at(const std::string& text, std::size_t at) { return at < text.size() && text[at] >= '0' && text[at] <= '9'; }

// Whole numbers only: a free port may happen to hold the digits of another.
void replace_number(std::string& text, const std::string& from, const std::string& to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos;) {
    const bool is_whole = !is_digit_at(text, at - 1) && !is_digit_at(text, at + from.size());
    if (is_whole) text.replace(at, from.size(), to);
    at += is_whole ? to.size() : 1;
  }
}

void read_echo(const std::string& body, Answer& answer) {
  boost::system::error_code error;
  const auto value = boost::json::parse(body, error);
  if (error || !value.is_object() || !value.as_object().contains("server")) return;
  const auto& echo = value.as_object();
  answer.server = echo.at("server").as_string();
  answer.target = echo.at("target").as_string();
  for (const auto& [name, text] : echo.at("headers").as_object()) answer.headers[name] = text.as_string();
}

Answer answer_of(const httplib::Result& result) {
  Answer answer;
  if (!result) {
    answer.error = httplib::to_string(result.error());
    return answer;
  }
  answer.status = result->status;
  answer.location = result->get_header_value("Location");
  read_echo(result->body, answer);
  return answer;
}

}  // namespace

Serving::Serving(const std::string& manifests, const std::vector<std::string>& flags) {
  write("manifests.yaml", manifests);
  weir_ = std::make_unique<support::WeirProcess>(manifests_.path(), flags);
}

bool Serving::is_ready() {
  if (weir_->wait_until_ready()) return true;
  std::cerr << weir_->output();
  return false;
}

void Serving::write(const std::string& file, const std::string& manifests) { manifests_.write(file, with_ports(manifests)); }

std::string Serving::with_ports(std::string manifests) const {
  replace_number(manifests, "9001", std::to_string(shop_.port()));
  replace_number(manifests, "9002", std::to_string(blog_.port()));
  return manifests;
}

Answer Serving::get(const std::string& host, const std::string& target) const {
  httplib::Client client("127.0.0.1", weir_->http_port());
  return answer_of(client.Get(target, httplib::Headers{{"Host", host}}));
}

Answer Serving::get_tls(const std::string& host, const std::string& target, const std::string& trusted_pem) const {
  trust_.write("ca.crt", trusted_pem);
  httplib::SSLClient client(host, weir_->https_port());
  client.set_hostname_addr_map({{host, "127.0.0.1"}});
  client.set_ca_cert_path((trust_.path() / "ca.crt").string());
  client.enable_server_certificate_verification(true);
  return answer_of(client.Get(target, httplib::Headers{{"Host", host}}));
}

}  // namespace e2e
