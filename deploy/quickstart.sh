#!/usr/bin/env bash
# Weir in one command: installs what is missing, builds it, starts two sample backends and Weir with the manifests of
# deploy/examples/quickstart, sends it a handful of requests, and stays up until Ctrl-C. Everything listens on 127.0.0.1.
#
#   deploy/quickstart.sh [--check] [--http-port=N] [--https-port=N] [--healthz-port=N] [--shop-port=N] [--blog-port=N]
#
#   --check     stop after the requests: exit code 0 when every answer was the expected one, else 1
#   --…-port    where Weir listens (8080, 8443, 10254) and where the sample backends do (18081, 18082);
#               the environment variables HTTP_PORT, HTTPS_PORT, HEALTHZ_PORT, SHOP_PORT, BLOG_PORT do the same
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)

check=no
http_port=${HTTP_PORT:-8080} https_port=${HTTPS_PORT:-8443} healthz_port=${HEALTHZ_PORT:-10254}
shop_port=${SHOP_PORT:-18081} blog_port=${BLOG_PORT:-18082}
children=()
work=

usage() { sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; }
say() { printf '\n== %s\n' "$*"; }
fail() { printf '\nquickstart: %s\n' "$*" >&2; exit 1; }

parse_arguments() {
  local argument
  for argument in "$@"; do
    case $argument in
      --check) check=yes ;;
      --http-port=*) http_port=${argument#*=} ;;
      --https-port=*) https_port=${argument#*=} ;;
      --healthz-port=*) healthz_port=${argument#*=} ;;
      --shop-port=*) shop_port=${argument#*=} ;;
      --blog-port=*) blog_port=${argument#*=} ;;
      -h | --help) usage; exit 0 ;;
      *) printf '%s: unknown argument\n' "$argument" >&2; usage >&2; exit 2 ;;
    esac
  done
}

stop_children() {
  local pid
  for pid in "${children[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${children[@]}"; do wait "$pid" 2>/dev/null || true; done
  [[ -z $work ]] || rm -rf "$work"
}

require_free_port() {  # require_free_port NAME NUMBER
  [[ $2 =~ ^[0-9]+$ ]] && (($2 >= 1 && $2 <= 65535)) || fail "--$1=$2 is not a port"
  ! (exec 3<>"/dev/tcp/127.0.0.1/$2") 2>/dev/null ||
    fail "port $2 is taken by another program; choose another with --$1=N"
}

require_free_ports() {
  require_free_port http-port "$http_port"
  require_free_port https-port "$https_port"
  require_free_port healthz-port "$healthz_port"
  require_free_port shop-port "$shop_port"
  require_free_port blog-port "$blog_port"
}

# A CA of this run and a certificate signed by it, so that curl can check it as a browser would.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj '/CN=Weir quickstart CA' \
    -keyout "$work/ca.key" -out "$work/ca.crt" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj '/CN=secure.example.com' \
    -keyout "$work/tls.key" -out "$work/tls.csr" 2>/dev/null
  printf 'subjectAltName=DNS:secure.example.com\nextendedKeyUsage=serverAuth\n' >"$work/tls.ext"
  openssl x509 -req -in "$work/tls.csr" -CA "$work/ca.crt" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
    -extfile "$work/tls.ext" -out "$work/tls.crt" 2>/dev/null
}

# The manifests as they are in the repository, with the ports of this run, and the Secret that one of them names.
prepare_manifests() {
  mkdir "$work/manifests"
  local file
  for file in "$root"/deploy/examples/quickstart/*.yaml; do
    sed "s/\b18081\b/$shop_port/; s/\b18082\b/$blog_port/" "$file" >"$work/manifests/${file##*/}"
  done
  make_certificate
  (umask 077; printf 'apiVersion: v1\nkind: Secret\ntype: kubernetes.io/tls\nmetadata: {name: secure-example-com}\ndata:\n  tls.crt: %s\n  tls.key: %s\n' \
    "$(base64 -w0 "$work/tls.crt")" "$(base64 -w0 "$work/tls.key")" >"$work/manifests/secret.yaml")
}

start_backends() {
  "$root/build/release/weir-echo" shop "$shop_port" & children+=($!)
  "$root/build/release/weir-echo" blog "$blog_port" & children+=($!)
}

start_weir() {
  "$root/build/release/weir" --manifests="$work/manifests" --bind-address=127.0.0.1 --http-port="$http_port" \
    --https-port="$https_port" --healthz-host=127.0.0.1 --healthz-port="$healthz_port" \
    >"$work/access.log" 2>"$work/weir.log" &
  weir_pid=$!
  children+=("$weir_pid")
  local attempt
  for attempt in $(seq 1 150); do
    ! curl -fsS -o /dev/null "http://127.0.0.1:$healthz_port/readyz" 2>/dev/null || return 0
    kill -0 "$weir_pid" 2>/dev/null || { cat "$work/weir.log" >&2; fail "Weir has ended (its log is above)"; }
    sleep 0.2
  done
  cat "$work/weir.log" >&2
  fail "Weir does not become ready (its log is above)"
}

failures=0
# request TEXT EXPECTED_STATUS EXPECTED_PART CURL_ARGUMENT...: shows the request and its answer; the part must be in it.
request() {
  local text=$1 status=$2 part=$3 answer; shift 3
  printf '\n-- %s\n$ curl %s\n' "$text" "$*"
  answer=$(curl -sS --max-time 20 --noproxy '*' -w '\n[status %{http_code}]' "${resolve[@]}" "$@" 2>&1) || true
  printf '%s\n' "$answer"
  if [[ $answer == *"[status $status]" && $answer == *"$part"* ]]; then return; fi
  printf '** not as expected: status %s with %s\n' "$status" "$part"
  failures=$((failures + 1))
}

send_requests() {
  local host resolve=()
  for host in www apps secure unknown; do
    resolve+=(--resolve "$host.example.com:$http_port:127.0.0.1" --resolve "$host.example.com:$https_port:127.0.0.1")
  done
  request "by host: www.example.com goes to shop" 200 '"server":"shop"' "http://www.example.com:$http_port/hello"
  request "by path, rewritten: /blog/posts arrives at blog as /posts" 200 '"target":"/posts?page=2"' \
    "http://apps.example.com:$http_port/blog/posts?page=2"
  request "https, the certificate checked against the CA of this run" 200 '"x-forwarded-proto":"https"' \
    --cacert "$work/ca.crt" "https://secure.example.com:$https_port/account"
  request "http to a host that has TLS is sent to https" 308 'https://secure.example.com/account' \
    -D - -o /dev/null "http://secure.example.com:$http_port/account"
  request "a host that no rule names goes to the default backend" 200 '"server":"blog"' \
    "http://unknown.example.com:$http_port/"
}

stay_up() {
  say "Weir is up. http://127.0.0.1:$http_port  https://127.0.0.1:$https_port  admin http://127.0.0.1:$healthz_port/"
  printf 'Try: curl --resolve www.example.com:%s:127.0.0.1 http://www.example.com:%s/\n' "$http_port" "$http_port"
  printf 'Edit the manifests in %s and ask again: changes are followed within a second.\nCtrl-C stops everything.\n' "$work/manifests"
  trap 'exit 0' INT TERM
  wait -n "${children[@]}" || true
  cat "$work/weir.log" >&2
  fail "one of the programs has ended by itself (Weir's log is above)"
}

parse_arguments "$@"
trap stop_children EXIT
trap 'exit 130' INT TERM
require_free_ports
say "packages"
"$root/tests/packages.sh" build try
say "building Weir and the sample backends (the first time this takes some minutes)"
"$root/cmake/build.sh" release weir weir-echo
work=$(mktemp -d)
prepare_manifests
say "starting two sample backends and Weir"
start_backends
start_weir
say "requests (each with --resolve HOST:PORT:127.0.0.1, because no DNS knows these names)"
send_requests
((failures == 0)) || { cat "$work/weir.log" >&2; fail "$failures answers were not as expected (Weir's log is above)"; }
say "all answers were as expected"
[[ $check == yes ]] || stay_up
