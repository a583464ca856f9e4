#include "proxy/available_cpus.hpp"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>
#include <string>

namespace proxy {
namespace {

namespace fs = std::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  return line;
}

std::optional<double> as_number(const std::string& text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> quota_by_period(const std::string& quota, const std::string& period) {
  const auto q = as_number(quota), p = as_number(period);
  if (!q || !p || *q <= 0 || *p <= 0) return std::nullopt;  // "max", -1: no limit
  return *q / *p;
}

void keep_smaller(std::optional<double>& kept, std::optional<double> candidate) {
  if (candidate && (!kept || *candidate < *kept)) kept = candidate;
}

// Version 2: a limit of any ancestor holds as well.
std::optional<double> quota_v2(const fs::path& root, fs::path group) {
  std::optional<double> tightest;
  for (;;) {
    std::istringstream words{first_line(root / group.relative_path() / "cpu.max")};
    std::string quota, period;
    words >> quota >> period;
    keep_smaller(tightest, quota_by_period(quota, period));
    if (!group.has_relative_path()) return tightest;
    group = group.parent_path();
  }
}

std::optional<double> quota_v1(const fs::path& root, const std::string& controllers, const fs::path& group) {
  std::optional<double> tightest;
  // Inside a container the path names the host's hierarchy while the mount already begins at the container's group.
  for (const fs::path& folder : {root / controllers / group.relative_path(), root / controllers, root / "cpu"}) {
    keep_smaller(tightest, quota_by_period(first_line(folder / "cpu.cfs_quota_us"), first_line(folder / "cpu.cfs_period_us")));
  }
  return tightest;
}

bool names_cpu(const std::string& controllers) {
  std::istringstream list{controllers};
  for (std::string name; std::getline(list, name, ',');) {
    if (name == "cpu") return true;
  }
  return false;
}

unsigned cpus_of_affinity_mask() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (sched_getaffinity(0, sizeof mask, &mask) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&mask)));
}

}  // namespace

std::optional<double> cgroup_cpu_quota(const fs::path& proc, const fs::path& cgroup_root) {
  std::optional<double> tightest;
  std::ifstream groups{proc / "self/cgroup"};
  for (std::string line; std::getline(groups, line);) {  // "<id>:<controllers>:<path>"
    const auto first = line.find(':'), second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) keep_smaller(tightest, quota_v2(cgroup_root, group));
    if (names_cpu(controllers)) keep_smaller(tightest, quota_v1(cgroup_root, controllers, group));
  }
  return tightest;
}

unsigned available_cpus() {
  const unsigned by_mask = cpus_of_affinity_mask();
  const auto quota = cgroup_cpu_quota();
  if (!quota) return by_mask;
  const double rounded_up = std::max(1.0, std::ceil(*quota));
  return rounded_up >= by_mask ? by_mask : static_cast<unsigned>(rounded_up);
}

}  // namespace proxy
