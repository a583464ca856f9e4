#include "proxy/admin/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

namespace proxy::admin {

namespace {

struct Memory {
  std::uint64_t total = 0, resident = 0;  // bytes
};

Memory memory_in_use() {
  std::ifstream statm{"/proc/self/statm"};
  Memory memory;
  statm >> memory.total >> memory.resident;
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return {memory.total * page, memory.resident * page};
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6; };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Storage, not sockets; 0 where the kernel does not tell.
struct Storage {
  std::uint64_t read = 0, written = 0;
};

Storage storage_traffic() {
  std::ifstream io{"/proc/self/io"};
  Storage storage;
  std::string name;
  for (std::uint64_t value; io >> name >> value;) {
    if (name == "read_bytes:") storage.read = value;
    if (name == "write_bytes:") storage.written = value;
  }
  return storage;
}

std::uint64_t open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator all{"/proc/self/fd", error};
  if (error) return 0;
  return static_cast<std::uint64_t>(std::distance(begin(all), end(all))) - 1;  // without the one that reads the directory
}

std::uint64_t max_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace

void add_process_metrics(PrometheusText& text, std::chrono::system_clock::time_point started_at, std::string_view controller_labels) {
  const Memory memory = memory_in_use();
  const Storage storage = storage_traffic();
  const double cpu = cpu_seconds(), started = std::chrono::duration<double>(started_at.time_since_epoch()).count();
  const auto nginx = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    text.one(std::string{"nginx_ingress_controller_nginx_process_"}.append(name), type, help, value, controller_labels);
  };
  nginx("num_procs", "gauge", "processes", 1);
  nginx("cpu_seconds_total", "counter", "CPU used", cpu);
  nginx("resident_memory_bytes", "gauge", "memory in use", memory.resident);
  nginx("virtual_memory_bytes", "gauge", "address space in use", memory.total);
  nginx("oldest_start_time_seconds", "gauge", "seconds since 1970 when the process began", fmt::format("{:.3f}", started));
  nginx("read_bytes_total", "counter", "bytes read from storage", storage.read);
  nginx("write_bytes_total", "counter", "bytes written to storage", storage.written);
  text.one("process_cpu_seconds_total", "counter", "CPU used", cpu);
  text.one("process_resident_memory_bytes", "gauge", "memory in use", memory.resident);
  text.one("process_virtual_memory_bytes", "gauge", "address space in use", memory.total);
  text.one("process_start_time_seconds", "gauge", "seconds since 1970 when the process began", fmt::format("{:.3f}", started));
  text.one("process_open_fds", "gauge", "open descriptors", open_descriptors());
  text.one("process_max_fds", "gauge", "descriptors that may be open", max_descriptors());
}

}  // namespace proxy::admin
