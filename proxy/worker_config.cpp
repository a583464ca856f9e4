#include "proxy/worker_config.hpp"

#include <fmt/format.h>

#include <algorithm>

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
      routes_(snapshot_->routes->routes.data()),
      series_(snapshot_->routes->routes.size()),
      groups_(snapshot_->upstreams->groups.size()),
      random_(random) {
  request_limits = head_limits(settings().downstream);
  metrics_.on_routes(snapshot_->routes);
  if (!previous) return;
  // Only groups in use have state; the same index with the same name is the same group (UpstreamTable).
  for (std::uint32_t i = 0; i < groups_.size() && i < previous->groups_.size(); ++i)
    if (previous->groups_[i] && spec(i).name == previous->spec(i).name)
      groups_[i] = pool_.make_group(spec(i), previous->groups_[i]->cursor);
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
