#include "proxy/io/transport.hpp"

#include "proxy/io/system_calls.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

namespace proxy::io {

namespace {

// The ciphertext of the read in progress on this thread. One at a time: Transport::read_tls sets it and empties it.
thread_local std::string_view cipher_source;

constexpr std::size_t max_pieces = 8;  // of one write

// What nginx says to a client that speaks HTTP where TLS is expected: one that sees a closed connection looks for the fault elsewhere.
constexpr std::string_view plain_http_page =
    "<html>\r\n<head><title>400 The plain HTTP request was sent to HTTPS port</title></head>\r\n<body>\r\n"
    "<center><h1>400 Bad Request</h1></center>\r\n<center>The plain HTTP request was sent to HTTPS port</center>\r\n"
    "</body>\r\n</html>\r\n";

}  // namespace

// The BIO's functions. Reading takes from cipher_source, writing appends to the scratch of the transport.
struct BioFunctions {
  static int read(BIO* bio, char* out, int wanted) {
    BIO_clear_retry_flags(bio);
    if (cipher_source.empty()) {
      BIO_set_retry_read(bio);
      return -1;
    }
    const std::size_t n = std::min(static_cast<std::size_t>(wanted), cipher_source.size());
    std::memcpy(out, cipher_source.data(), n);
    cipher_source.remove_prefix(n);
    return static_cast<int>(n);
  }
  static int write(BIO* bio, const char* bytes, int count) {
    static_cast<Transport*>(BIO_get_data(bio))->scratch_->cipher_out.append(bytes, static_cast<std::size_t>(count));
    return count;
  }
  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0; }

  static BIO_METHOD* method() {
    static BIO_METHOD* const made = [] {
      BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "weir transport");
      BIO_meth_set_read(m, read);
      BIO_meth_set_write(m, write);
      BIO_meth_set_ctrl(m, control);
      return m;
    }();
    return made;
  }
};

void Transport::open(int fd, tls::Connection ssl, Scratch& scratch) {
  fd_ = fd;
  scratch_ = &scratch;
  readable_ = false;
  peer_ended_ = peer_failed_ = write_shut_ = false;
  ssl_ = std::move(ssl);
  handshake_done_ = ssl_ == nullptr;
  if (ssl_) {
    BIO* bio = BIO_new(BioFunctions::method());
    BIO_set_data(bio, this);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
  }
}

void Transport::close() noexcept {
  if (fd_ < 0) return;
  ssl_.reset();
  unsent_.clear();
  ::close(fd_);
  fd_ = -1;
}

void Transport::reset() noexcept {
  if (fd_ < 0) return;
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close();
}

void Transport::shut_down_write() noexcept {
  if (fd_ < 0 || write_shut_) return;
  write_shut_ = true;
  if (ssl_ && handshake_done_) {
    scratch_->cipher_out.clear();
    SSL_shutdown(ssl_.get());
    ERR_clear_error();
    (void)send_cipher_out();
  }
  if (unsent_.empty()) ::shutdown(fd_, SHUT_WR);
}

void Transport::note_events(std::uint32_t epoll_events) noexcept {
  if (epoll_events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (epoll_events & (EPOLLRDHUP | EPOLLHUP)) peer_ended_ = true;
  if (epoll_events & EPOLLERR) peer_failed_ = true;
}

ReadResult Transport::read() { return ssl_ ? read_tls() : read_plain(); }

ReadResult Transport::read_plain() {
  if (!readable_) return {};
  const ssize_t n = receive(fd_, scratch_->plain.get(), Scratch::plain_bytes);
  if (n > 0) {
    // A short read has drained the socket, unless its end is already known to be behind the data.
    if (static_cast<std::size_t>(n) < Scratch::plain_bytes && !peer_ended_ && !peer_failed_) readable_ = false;
    return {ReadStatus::data, {scratch_->plain.get(), static_cast<std::size_t>(n)}};
  }
  if (n == 0) {
    readable_ = false;
    peer_ended_ = true;
    return {ReadStatus::ended, {}};
  }
  if (errno == EAGAIN) {
    readable_ = false;
    return {};
  }
  readable_ = false;
  peer_failed_ = true;
  return {ReadStatus::failed, {}};
}

ReadResult Transport::read_tls() {
  if (!readable_) return {};
  const ssize_t n = receive(fd_, scratch_->cipher_in.get(), Scratch::cipher_bytes);
  if (n < 0) {
    readable_ = false;
    if (errno == EAGAIN) return {peer_ended_ ? ReadStatus::ended : ReadStatus::blocked, {}};
    peer_failed_ = true;
    return {ReadStatus::failed, {}};
  }
  if (n == 0) {  // FIN without close_notify: common among clients; framing tells the rest
    readable_ = false;
    peer_ended_ = true;
    return {ReadStatus::ended, {}};
  }
  if (static_cast<std::size_t>(n) < Scratch::cipher_bytes && !peer_ended_ && !peer_failed_) readable_ = false;

  cipher_source = {scratch_->cipher_in.get(), static_cast<std::size_t>(n)};
  scratch_->cipher_out.clear();
  ERR_clear_error();
  ReadResult result;
  if (!handshake_done_) {
    const int done = SSL_do_handshake(ssl_.get());
    if (done == 1) {
      handshake_done_ = true;
    } else if (SSL_get_error(ssl_.get(), done) != SSL_ERROR_WANT_READ) {
      result.status = ReadStatus::failed;
      if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_HTTP_REQUEST) answer_plain_http();
    }
  }
  std::size_t filled = 0;
  while (handshake_done_ && result.status != ReadStatus::failed) {
    std::size_t got = 0;
    const int ok = SSL_read_ex(ssl_.get(), scratch_->plain.get() + filled, Scratch::plain_bytes - filled, &got);
    if (ok == 1) {
      filled += got;
      // Asking OpenSSL once more only to hear that there is nothing costs as much as a small record.
      if (cipher_source.empty() && !SSL_has_pending(ssl_.get())) break;
      continue;
    }
    const int error = SSL_get_error(ssl_.get(), ok);
    if (error == SSL_ERROR_ZERO_RETURN) {
      peer_ended_ = true;
      readable_ = false;
      result.status = ReadStatus::ended;
    } else if (error != SSL_ERROR_WANT_READ) {
      result.status = ReadStatus::failed;
    }
    break;
  }
  cipher_source = {};
  if (!send_protocol_records() && result.status == ReadStatus::blocked) result.status = ReadStatus::failed;
  if (result.status == ReadStatus::failed) {
    ERR_clear_error();
    readable_ = false;
    peer_failed_ = true;
    return result;
  }
  if (filled > 0) {
    if (peer_ended_) readable_ = true;  // so that the next read reports the end
    return {ReadStatus::data, {scratch_->plain.get(), filled}};
  }
  return result;
}

void Transport::answer_plain_http() {
  scratch_->cipher_out = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: ";
  scratch_->cipher_out.append(std::to_string(plain_http_page.size())).append("\r\nConnection: close\r\n\r\n").append(plain_http_page);
}

bool Transport::write(std::span<const std::string_view> pieces) {
  if (fd_ < 0) return false;
  if (ssl_) {
    scratch_->cipher_out.clear();
    std::size_t total = 0;
    for (const auto& piece : pieces) total += piece.size();
    std::string_view whole;
    if (pieces.size() > 1 && total <= Scratch::record_bytes) {  // one record instead of one a piece
      scratch_->gather.clear();
      for (const auto& piece : pieces) scratch_->gather.append(piece);
      whole = scratch_->gather;
      pieces = std::span{&whole, 1};
    }
    ERR_clear_error();
    for (std::string_view piece : pieces) {
      while (!piece.empty()) {
        std::size_t taken = 0;
        if (SSL_write_ex(ssl_.get(), piece.data(), piece.size(), &taken) != 1) {
          ERR_clear_error();
          return false;
        }
        piece.remove_prefix(taken);
      }
    }
    return send_cipher_out();
  }
  if (!unsent_.empty()) {
    for (const auto& piece : pieces) unsent_.append(piece);
    return true;
  }
  if (pieces.size() == 1) return send_or_keep(pieces[0]);

  std::array<iovec, max_pieces> vectors{};
  std::size_t total = 0, count = 0;
  for (const auto& piece : pieces) {
    if (piece.empty()) continue;
    vectors[count++] = {const_cast<char*>(piece.data()), piece.size()};
    total += piece.size();
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do {
    if (total) sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    if (errno != EAGAIN) return false;
    sent = 0;
  }
  std::size_t skip = static_cast<std::size_t>(sent);
  if (skip == total) return true;
  for (const auto& piece : pieces) {
    if (skip >= piece.size()) {
      skip -= piece.size();
      continue;
    }
    unsent_.append(piece.substr(skip));
    skip = 0;
  }
  return true;
}

// A client that makes us answer and does not read would otherwise fill our memory, however little it sends.
bool Transport::send_protocol_records() {
  if (scratch_->cipher_out.empty()) return true;
  const std::size_t before = unsent_.size();
  if (!send_cipher_out()) return false;
  unsent_protocol_bytes_ = unsent_.empty() ? 0 : unsent_protocol_bytes_ + static_cast<std::uint32_t>(unsent_.size() - before);
  return unsent_protocol_bytes_ <= max_unsent_protocol_bytes;
}

bool Transport::send_cipher_out() {
  std::string& out = scratch_->cipher_out;
  if (out.empty()) return true;
  const bool alive = send_or_keep(out);
  out.clear();
  return alive;
}

bool Transport::send_or_keep(std::string_view bytes) {
  if (bytes.empty()) return true;
  if (!unsent_.empty()) {
    unsent_.append(bytes);
    return true;
  }
  const ssize_t sent = io::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(bytes.size())) return true;
  if (sent < 0 && errno != EAGAIN) return false;
  unsent_.append(bytes.substr(sent > 0 ? static_cast<std::size_t>(sent) : 0));
  return true;
}

bool Transport::flush() {
  while (!unsent_.empty()) {
    const ssize_t sent = io::send(fd_, unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN;
    const bool all = static_cast<std::size_t>(sent) == unsent_.size();
    unsent_.consume(static_cast<std::size_t>(sent));
    if (!all) return true;
  }
  unsent_protocol_bytes_ = 0;
  if (write_shut_) ::shutdown(fd_, SHUT_WR);
  return true;
}

}  // namespace proxy::io
