#include "proxy/available_cpus.hpp"

#include <gtest/gtest.h>

#include <stdlib.h>

#include <fstream>
#include <string>

namespace fs = std::filesystem;

namespace {

// A directory of its own per test, gone afterwards.
class AvailableCpus : public testing::Test {
 protected:
  AvailableCpus() {
    std::string pattern = (fs::temp_directory_path() / "weir-cpus-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
  }
  ~AvailableCpus() override { fs::remove_all(root_); }

  void write(const fs::path& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream{root_ / file} << text << '\n';
  }
  std::optional<double> quota() { return proxy::cgroup_cpu_quota(root_ / "proc", root_ / "cgroup"); }

  fs::path root_;
};

TEST_F(AvailableCpus, TakesTheTightestQuotaOfTheAncestors) {
  write("proc/self/cgroup", "0::/pods/weir");
  write("cgroup/cpu.max", "max 100000");
  write("cgroup/pods/cpu.max", "150000 100000");
  write("cgroup/pods/weir/cpu.max", "400000 100000");

  EXPECT_EQ(quota(), 1.5);
}

TEST_F(AvailableCpus, ReadsVersionOneInsideAContainer) {
  write("proc/self/cgroup", "7:memory:/x\n4:cpu,cpuacct:/kubepods/abc");
  write("cgroup/cpu,cpuacct/cpu.cfs_quota_us", "250000");
  write("cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000");

  EXPECT_EQ(quota(), 2.5);
}

TEST_F(AvailableCpus, HasNoQuotaWithoutLimits) {
  EXPECT_EQ(quota(), std::nullopt);
  write("proc/self/cgroup", "0::/\n2:cpu:/");
  write("cgroup/cpu.max", "max 100000");
  write("cgroup/cpu/cpu.cfs_quota_us", "-1");
  write("cgroup/cpu/cpu.cfs_period_us", "100000");
  EXPECT_EQ(quota(), std::nullopt);
}

TEST_F(AvailableCpus, IsAtLeastOne) { EXPECT_GE(proxy::available_cpus(), 1u); }

}  // namespace
