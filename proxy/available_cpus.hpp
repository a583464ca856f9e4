// How many workers are worth starting: the processors that this process may use.
#pragma once

#include <filesystem>
#include <optional>

namespace proxy {

// The CPU quota of the cgroup of this process (version 2: cpu.max, the tightest on the way to the root; version 1: CFS quota by period), in
// processors; nothing when there is none. The directories are parameters so that a test can lay out its own.
[[nodiscard]] std::optional<double> cgroup_cpu_quota(const std::filesystem::path& proc = "/proc",
                                                     const std::filesystem::path& cgroup_root = "/sys/fs/cgroup");

// The quota rounded up, no more than the affinity mask allows, at least 1.
[[nodiscard]] unsigned available_cpus();

}  // namespace proxy
