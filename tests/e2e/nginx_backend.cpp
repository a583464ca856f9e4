#include "tests/e2e/nginx_backend.hpp"

#include <httplib.h>

#include <unistd.h>

namespace e2e {

NginxBackend::NginxBackend(std::uint16_t upgrade_port)
    : nginx_({"nginx", "-p", directory_.path().string(), "-e", "stderr", "-c", write_configuration(upgrade_port)}) {}

std::string NginxBackend::write_configuration(std::uint16_t upgrade_port) const {
  const auto directory = directory_.path().string();
  directory_.write("nginx.conf",
                   "daemon off; master_process off; pid " + directory + "/pid; error_log stderr warn;\n" +
                   (geteuid() == 0 ? "user root;\n" : "") +  // its default user may not enter our directory
                   "events { worker_connections 256; }\n"
                   "http {\n"
                   "  access_log off; keepalive_timeout 75s; client_max_body_size 64m;\n"
                   "  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n"
                   "  scgi_temp_path scgi; default_type application/octet-stream;\n"
                   "  server {\n"
                   "    listen 127.0.0.1:" + std::to_string(port()) + ";\n"
                   "    location /files/ { alias " + directory + "/; dav_methods PUT DELETE; }\n"
                   "    location /packed/ { alias " + directory + "/; gzip on; gzip_proxied any; gzip_min_length 1; gzip_types *; }\n"
                   "    location /upgrade {\n"
                   "      proxy_pass http://127.0.0.1:" + std::to_string(upgrade_port) + "; proxy_http_version 1.1;\n"
                   "      proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection upgrade;\n"
                   "    }\n"
                   "    location /refuse { client_max_body_size 1k; return 403; }\n"
                   "  }\n"
                   "}\n");
  return directory + "/nginx.conf";
}

bool NginxBackend::wait_until_ready() {
  httplib::Client client("127.0.0.1", port());
  return support::eventually([&] { return nginx_.has_ended() || client.Get("/"); }) && !nginx_.has_ended();
}

}  // namespace e2e
