// Keys that seal TLS session tickets: resumption needs no server-side cache (RFC 8446, 4.6.1; RFC 5077).
#pragma once

#include "tls/error.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace tls {

// One key: name, AES-CBC key, HMAC-SHA256 key. Of the last two only the first `key_bytes` count: 16 (AES-128, the short
// form of ssl-session-ticket-key, so that tickets are exchanged with an nginx that has the same) or 32 (AES-256).
struct TicketKey {
  std::array<std::uint8_t, 16> name{};
  std::array<std::uint8_t, 32> cipher{};
  std::array<std::uint8_t, 32> mac{};
  std::uint8_t key_bytes = 32;
};

// Immutable; the first key seals, all open. Shared by all workers, so any worker resumes any session.
class TicketKeys {
 public:
  static constexpr std::size_t max_previous_keys = 2;

  ~TicketKeys();  // wipes them
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;

  // A fresh random key in front of those of `previous` (null: none), of which at most two are kept. Called at start and
  // every rotation period by the main thread. Null when OpenSSL has no randomness to give: then keep the old ones.
  [[nodiscard]] static std::shared_ptr<const TicketKeys> rotated(const TicketKeys* previous);
  // ssl-session-ticket-key of the ConfigMap, base64 already decoded: 48 (AES-128) or 80 bytes (AES-256), nginx's layout.
  [[nodiscard]] static Result<std::shared_ptr<const TicketKeys>> from_bytes(std::string_view bytes);

  [[nodiscard]] const std::vector<TicketKey>& keys() const noexcept { return keys_; }

 private:
  TicketKeys() = default;

  std::vector<TicketKey> keys_;
};

}  // namespace tls
