// What every thread of the controller begins with.
#pragma once

namespace controller {

// Less of a busy core than a worker gets, so that a request waits for no translation; still a quarter of one, so that changes come.
inline constexpr int background_niceness = 5;

// Names the calling thread, as `top -H` shows it (15 bytes at most), and lets the workers go before it.
void begin_background_thread(const char* name) noexcept;

}  // namespace controller
