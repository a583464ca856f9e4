#include "tls/ticket_keys.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>

namespace tls {
namespace {

// nginx's layouts: 16 name, 16 cipher, 16 mac; or 16 name, 32 mac, 32 cipher. The order does differ.
constexpr std::size_t short_bytes = 48;
constexpr std::size_t long_bytes = 80;

TicketKey read_short(std::string_view bytes) {
  TicketKey key{.key_bytes = 16};
  std::memcpy(key.name.data(), bytes.data(), 16);
  std::memcpy(key.cipher.data(), bytes.data() + 16, 16);
  std::memcpy(key.mac.data(), bytes.data() + 32, 16);
  return key;
}

TicketKey read_long(std::string_view bytes) {
  TicketKey key{.key_bytes = 32};
  std::memcpy(key.name.data(), bytes.data(), 16);
  std::memcpy(key.mac.data(), bytes.data() + 16, 32);
  std::memcpy(key.cipher.data(), bytes.data() + 48, 32);
  return key;
}

template <typename Array>
bool fill_random(Array& bytes) {
  return RAND_priv_bytes(bytes.data(), static_cast<int>(bytes.size())) == 1;
}

}  // namespace

TicketKeys::~TicketKeys() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(TicketKey)); }

std::shared_ptr<const TicketKeys> TicketKeys::rotated(const TicketKeys* previous) {
  std::shared_ptr<TicketKeys> made{new TicketKeys};
  made->keys_.reserve(1 + max_previous_keys);  // grows no more: a vector that moves would leave keys behind in freed memory
  TicketKey& fresh = made->keys_.emplace_back();
  if (!fill_random(fresh.name) || !fill_random(fresh.cipher) || !fill_random(fresh.mac)) return nullptr;
  if (previous != nullptr) {
    const auto kept = std::min(previous->keys_.size(), max_previous_keys);
    made->keys_.insert(made->keys_.end(), previous->keys_.begin(), previous->keys_.begin() + static_cast<std::ptrdiff_t>(kept));
  }
  return made;
}

Result<std::shared_ptr<const TicketKeys>> TicketKeys::from_bytes(std::string_view bytes) {
  if (bytes.size() != short_bytes && bytes.size() != long_bytes) return make_error_code(errc::bad_ticket_key);
  std::shared_ptr<TicketKeys> made{new TicketKeys};
  made->keys_.push_back(bytes.size() == short_bytes ? read_short(bytes) : read_long(bytes));
  return std::shared_ptr<const TicketKeys>{std::move(made)};
}

}  // namespace tls
