"""The proxies of a comparison, each with the same routes: Weir by manifests, nginx with the settings that ingress-nginx
writes by default (without its Lua and its log), HAProxy with the same headers added."""
import base64
import json
import os
import re
import shutil
import socket
import subprocess

from harness import HOST, MAX_FILES

# No limit may end the measurement before its time, no redirect may replace it, and no proxy logs.
WEIR_SETTINGS = {"ssl-redirect": "false", "proxy-body-size": "0", "disable-access-log": "true", "hsts": "false",
                 "keep-alive-requests": "1000000", "upstream-keepalive-requests": "1000000",
                 "ssl-session-tickets": "true"}


class Proxy:
    """A running proxy: its name, process and two ports."""

    def __init__(self, name, process, port, tls_port):
        self.name, self.process, self.port, self.tls_port = name, process, port, tls_port

    @property
    def pid(self):
        return self.process.pid


def write_json(path, items):
    """A List of objects, replaced in one step as a ConfigMap mount would."""
    with open(path + ".new", "w", encoding="utf-8") as file:
        json.dump({"apiVersion": "v1", "kind": "List", "items": items}, file)
    os.replace(path + ".new", path)


def service(name, port):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"ports": [{"name": "http", "port": 80, "targetPort": port}]}}


def endpoints(name, port, addresses=("127.0.0.1",)):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
            "metadata": {"name": f"{name}-1", "labels": {"kubernetes.io/service-name": name}},
            "ports": [{"name": "http", "port": port}],
            "endpoints": [{"addresses": [address], "conditions": {"ready": True}} for address in addresses]}


def ingress(name, host, service_name, tls_secret=None):
    backend = {"service": {"name": service_name, "port": {"number": 80}}}
    spec = {"ingressClassName": "nginx",
            "rules": [{"host": host, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]}
    if tls_secret:
        spec["tls"] = [{"hosts": [host], "secretName": tls_secret}]
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name}, "spec": spec}


def settings():
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": WEIR_SETTINGS}


def secret(name, certificate_path, key_path):
    def encoded(path):
        with open(path, "rb") as file:
            return base64.b64encode(file.read()).decode()
    return {"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls", "metadata": {"name": name},
            "data": {"tls.crt": encoded(certificate_path), "tls.key": encoded(key_path)}}


def one_host_manifests(shop, backend_port):
    """A directory with one host, one Service and a certificate. `shop` is the Workshop."""
    directory = shop.make_directory("weir-manifests")
    write_json(os.path.join(directory, "all.json"),
               [service("backend", backend_port), endpoints("backend", backend_port), settings(),
                secret("certificate", shop.path("tls.crt"), shop.path("tls.key")),
                ingress("bench", HOST, "backend", "certificate")])
    return directory


def weir_command(program, manifests, port, tls_port, admin_port, workers):
    return [program, f"--manifests={manifests}", "--bind-address=127.0.0.1", f"--http-port={port}",
            f"--https-port={tls_port}", "--healthz-host=127.0.0.1", f"--healthz-port={admin_port}",
            "--configmap=default/settings", f"--workers={workers}", "--log-level=error",
            # None is generated then: making an RSA key takes a random time, which would drown what a request costs.
            "--default-ssl-certificate=default/certificate"]


def start_weir(shop, program, backend_port, workers, cores):
    port, tls_port, admin_port = shop.port(), shop.port(), shop.port()
    command = weir_command(program, one_host_manifests(shop, backend_port), port, tls_port, admin_port, workers)
    return Proxy("Weir", shop.start("weir", command, cores, port), port, tls_port)


NGINX_HEADERS = """
      proxy_set_header Host $http_host;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_set_header X-Request-ID $request_id;
      proxy_set_header X-Real-IP $remote_addr;
      proxy_set_header X-Forwarded-For $remote_addr;
      proxy_set_header X-Forwarded-Host $http_host;
      proxy_set_header X-Forwarded-Port $server_port;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Forwarded-Scheme $scheme;
      proxy_set_header X-Scheme $scheme;
      proxy_set_header X-Original-Forwarded-For $http_x_forwarded_for;
      proxy_set_header Proxy "";
      proxy_pass http://backend;"""


def nginx_configuration(shop, directory, port, tls_port, backend_port, workers, buffering="off", hosts=()):
    user = "user root;" if os.geteuid() == 0 else ""  # its default user may not enter our directory
    servers = "\n".join(f"  server {{ listen 127.0.0.1:{port}; server_name {host};\n    location / {{{NGINX_HEADERS}\n    }} }}"
                        for host in hosts)
    return f"""
daemon off; master_process on; pid {directory}/nginx.pid; error_log {directory}/error.log warn; {user}
worker_processes {workers}; worker_rlimit_nofile {MAX_FILES}; worker_shutdown_timeout 240s;
events {{ multi_accept on; worker_connections {MAX_FILES}; use epoll; }}
http {{
  access_log off;
  sendfile on; tcp_nopush on; tcp_nodelay on; reset_timedout_connection on; server_tokens off; gzip off;
  keepalive_timeout 75s; keepalive_requests 1000000; client_header_buffer_size 1k; large_client_header_buffers 4 8k;
  client_body_buffer_size 8k; client_max_body_size 0; client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  server_names_hash_max_size 65536; server_names_hash_bucket_size 128; variables_hash_max_size 2048;
  ssl_protocols TLSv1.2 TLSv1.3; ssl_session_cache shared:SSL:10m; ssl_session_timeout 10m; ssl_session_tickets on;
  ssl_buffer_size 4k; ssl_ecdh_curve X25519:P-256; ssl_early_data off;
  ssl_certificate {shop.path("tls.crt")}; ssl_certificate_key {shop.path("tls.key")};
  map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}
  upstream backend {{ server 127.0.0.1:{backend_port}; keepalive 320; keepalive_timeout 60s; keepalive_requests 1000000; }}
  proxy_http_version 1.1; proxy_buffering {buffering}; proxy_buffer_size 4k; proxy_buffers 4 4k; proxy_request_buffering on;
  proxy_connect_timeout 5s; proxy_send_timeout 60s; proxy_read_timeout 60s;
  proxy_next_upstream error timeout; proxy_next_upstream_tries 3;
  server {{ listen 127.0.0.1:{port} default_server reuseport backlog=4096;
    listen 127.0.0.1:{tls_port} default_server reuseport ssl backlog=4096; server_name _; return 404; }}
  server {{ listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl; server_name {HOST};
    location / {{{NGINX_HEADERS}
    }} }}
{servers}
}}
"""


def start_nginx(shop, backend_port, workers, cores, buffering="off", hosts=(), name="nginx"):
    port, tls_port = shop.port(), shop.port()
    directory = shop.make_directory(name)
    file = os.path.join(directory, "nginx.conf")
    with open(file, "w", encoding="ascii") as configuration:
        configuration.write(nginx_configuration(shop, directory, port, tls_port, backend_port, workers, buffering, hosts))
    program = shutil.which("nginx") or "/usr/sbin/nginx"  # sbin is not on every user's PATH
    command = [program, "-p", directory, "-c", file, "-e", f"{directory}/error.log"]
    return Proxy(name, shop.start(name, command, cores, port), port, tls_port)


def start_haproxy(shop, backend_port, workers, cores, hosts=(), name="HAProxy"):
    port, tls_port = shop.port(), shop.port()
    directory = shop.make_directory(name)
    with open(os.path.join(directory, "hosts.map"), "w", encoding="ascii") as names:
        names.writelines(f"{host} backend\n" for host in (HOST, *hosts))
    file = os.path.join(directory, "haproxy.cfg")
    with open(file, "w", encoding="ascii") as configuration:
        configuration.write(f"""
global
  nbthread {workers}
  maxconn {MAX_FILES * 3 // 4}
  no strict-limits
  ssl-default-bind-options ssl-min-ver TLSv1.2
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384
  ssl-default-bind-curves X25519:P-256
  tune.ssl.cachesize 100000
defaults
  mode http
  no log
  timeout connect 5s
  timeout client 75s
  timeout server 60s
  timeout http-request 10s
  timeout tunnel 1h
  option http-keep-alive
  http-reuse always
frontend front
  bind 127.0.0.1:{port} backlog 4096
  bind 127.0.0.1:{tls_port} backlog 4096 ssl crt {shop.path("tls.pem")} alpn http/1.1
  unique-id-format %{{+X}}o%ci%cp%Ts%rt
  http-request set-header X-Request-ID %[unique-id]
  http-request set-header X-Real-IP %[src]
  http-request set-header X-Forwarded-For %[src]
  http-request set-header X-Forwarded-Host %[req.hdr(Host)]
  http-request set-header X-Forwarded-Port %[dst_port]
  http-request set-header X-Forwarded-Proto %[ssl_fc,iif(https,http)]
  http-request set-header X-Forwarded-Scheme %[ssl_fc,iif(https,http)]
  http-request set-header X-Scheme %[ssl_fc,iif(https,http)]
  use_backend %[req.hdr(host),lower,map({directory}/hosts.map,none)]
  default_backend none
backend none
  http-request deny deny_status 404
backend backend
  server one 127.0.0.1:{backend_port} pool-max-conn 320
""")
    program = shutil.which("haproxy") or "/usr/sbin/haproxy"
    return Proxy(name, shop.start(name, [program, "-db", "-f", file], cores, port), port, tls_port)


def versions():
    """What the peers say of themselves, for the report."""
    nginx = subprocess.run([shutil.which("nginx") or "/usr/sbin/nginx", "-v"], capture_output=True, text=True, check=True).stderr
    haproxy = subprocess.run([shutil.which("haproxy") or "/usr/sbin/haproxy", "-v"], capture_output=True, text=True, check=True).stdout
    return f"{nginx.strip().split(': ')[-1]}, HAProxy {haproxy.split()[2]}"


def ask_admin(admin_port, path):
    """The answer of a Weir's admin port, head included; b"" when none comes. Cheaper than a client library: is asked often."""
    try:
        with socket.create_connection(("127.0.0.1", admin_port), 0.5) as connection:
            connection.settimeout(5)
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))
    except OSError:
        return b""


def is_ready(admin_port):
    return ask_admin(admin_port, "/readyz").split(b" ")[1:2] == [b"200"]


def published_configurations(admin_port):
    found = re.search(rb"^nginx_ingress_controller_success(?:{\S*})? (\d+)", ask_admin(admin_port, "/metrics"), re.M)
    return int(found.group(1)) if found else 0
