#include "controller/background_thread.hpp"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

namespace controller {

void begin_background_thread(const char* name) noexcept {
  ::pthread_setname_np(::pthread_self(), name);
  // Of this thread alone, as Linux has it; where it fails everything works, only less evenly.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), ::getpriority(PRIO_PROCESS, static_cast<id_t>(::getpid())) + background_niceness);
}

}  // namespace controller
