#include "proxy/worker_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <unordered_map>

namespace proxy {

namespace {

std::string hsts_line_of(const routing::Hsts& hsts) {
  if (!hsts.enabled) return {};
  return fmt::format("Strict-Transport-Security: max-age={}{}{}\r\n", hsts.max_age_seconds,
                     hsts.include_subdomains ? "; includeSubDomains" : "", hsts.preload ? "; preload" : "");
}

}  // namespace

http1::HeadLimits head_limits(const routing::DownstreamSettings& settings) {
  return {std::max(settings.header_buffer_bytes, settings.large_header_buffer_bytes),
          std::max<std::size_t>(settings.header_buffer_bytes, std::size_t{settings.large_header_buffers} * settings.large_header_buffer_bytes)};
}

WorkerConfig::WorkerConfig(std::shared_ptr<const routing::Snapshot> snapshot, upstream::Pool& pool, telemetry::RequestMetrics& metrics,
                           const WorkerConfig* previous, std::uint32_t random)
    : log_format(telemetry::LogFormat::compile(snapshot->settings->access_log.format, snapshot->settings->access_log.escape)),
      server_line(snapshot->settings->server_tokens == routing::ServerTokens::weir ? "Server: weir\r\n" : ""),
      hsts_line(hsts_line_of(snapshot->settings->hsts)),
      snapshot_(std::move(snapshot)),
      pool_(pool),
      metrics_(metrics),
      series_(snapshot_->routes->route_count),
      groups_(snapshot_->upstreams->groups.size()),
      random_(random) {
  request_limits = head_limits(settings().downstream);
  metrics_.on_routes(snapshot_->routes);
  if (previous) take_over(*previous);
}

// Only groups in use have state. They stay at their place but where a route was gone for a while.
void WorkerConfig::take_over(const WorkerConfig& previous) {
  std::unordered_map<std::string_view, const upstream::Group*> moved;
  for (std::uint32_t i = 0; i < previous.groups_.size(); ++i) {
    const auto& group = previous.groups_[i];
    if (!group) continue;
    if (i < groups_.size() && snapshot_->upstreams->groups[i] && spec(i).name == previous.spec(i).name) groups_[i] = pool_.make_group(spec(i), group->cursor);
    else moved.emplace(previous.spec(i).name, group.get());
  }
  if (moved.empty()) return;
  for (std::uint32_t i = 0; i < groups_.size(); ++i) {
    if (groups_[i] || !snapshot_->upstreams->groups[i]) continue;
    if (const auto found = moved.find(spec(i).name); found != moved.end()) groups_[i] = pool_.make_group(spec(i), found->second->cursor);
  }
}

WorkerConfig::~WorkerConfig() {
  for (auto& group : groups_)
    if (group) pool_.release(*group);
}

upstream::Group& WorkerConfig::group(std::uint32_t upstream) {
  auto& slot = groups_[upstream];
  if (!slot) {
    const std::size_t count = spec(upstream).endpoints.size();
    slot = pool_.make_group(spec(upstream), count ? static_cast<std::uint32_t>((random_ + upstream * 2654435761u) % count) : 0);
  }
  return *slot;
}

}  // namespace proxy
