#include "proxy/telemetry/request_metrics.hpp"

#include <algorithm>
#include <unordered_set>

namespace proxy::telemetry {

namespace {

// No label holds a NUL: names and hosts are checked, and a path comes from a file of text.
void write_key(const routing::RouteOrigin& origin, std::string& out) {
  out.clear();
  for (const std::string* part : {&origin.ingress_namespace, &origin.ingress_name, &origin.host, &origin.path, &origin.service})
    out.append(*part).push_back('\0');
}

}  // namespace

void RequestCounts::settle() noexcept {
  request_time += alike_times, header_time += alike_times, response_time += alike_times;
  alike_times = {};
}

RequestCounts& RequestCounts::operator+=(const RequestCounts& other) noexcept {
  request_time += other.request_time, connect_time += other.connect_time;
  header_time += other.header_time, response_time += other.response_time;
  alike_times += other.alike_times;
  request_size += other.request_size, response_size += other.response_size;
  return *this;
}

RequestSeries::RequestSeries(RequestMetrics& owner, std::shared_ptr<const SeriesLabels> labels)
    : owner_(owner), labels_(std::move(labels)), last_(&owner.uncounted_) {}

RequestSeries::~RequestSeries() { owner_.label_sets_ -= cells_.size(); }

RequestCounts& RequestSeries::find(LabelSet set) {
  const auto found = std::find_if(cells_.begin(), cells_.end(), [set](const auto& cell) { return cell->set == set; });
  if (found != cells_.end()) {
    last_ = found->get();
    return last_->counts;
  }
  if (cells_.size() == RequestMetrics::max_label_sets_of_series || !owner_.make_room()) return owner_.uncounted_.counts;
  ++owner_.label_sets_;
  last_ = cells_.emplace_back(std::make_unique<Cell>(Cell{set, {}})).get();
  return last_->counts;
}

RequestMetrics::RequestMetrics() = default;

std::shared_ptr<RequestSeries> RequestMetrics::series_of(const routing::RouteOrigin& origin) {
  write_key(origin, key_);
  const auto found = series_.find(key_);
  if (found != series_.end()) return found->second;
  auto labels = std::make_shared<const SeriesLabels>(
      SeriesLabels{origin.ingress_namespace, origin.ingress_name, origin.host, origin.path, origin.service});
  return series_.emplace(key_, std::make_shared<RequestSeries>(*this, std::move(labels))).first->second;
}

void RequestMetrics::on_routes(std::shared_ptr<const routing::RouteTable> routes) {
  may_have_unused_ = may_have_unused_ || routes_ != routes;
  routes_ = std::move(routes);
}

bool RequestMetrics::make_room() {
  if (label_sets_ >= max_label_sets && may_have_unused_) forget_unused();
  return label_sets_ < max_label_sets;
}

// Once for each change of the routes at most: it looks at all of them.
void RequestMetrics::forget_unused() {
  may_have_unused_ = false;
  std::unordered_set<std::string> used;
  if (routes_) {
    for (const auto& host : routes_->hosts) {
      for (const routing::Route& route : host->routes) {
        write_key(route.origin, key_);
        used.insert(key_);
      }
    }
  }
  std::erase_if(series_, [&used](const auto& item) { return item.second.use_count() == 1 && !used.contains(item.first); });
}

std::vector<std::shared_ptr<const RequestSeries>> RequestMetrics::all() const {
  std::vector<std::shared_ptr<const RequestSeries>> list;
  list.reserve(series_.size());
  for (const auto& [key, series] : series_) list.push_back(series);
  return list;
}

RequestMetrics::Copy RequestMetrics::copy_of(const RequestSeries& series) {
  Copy copy{series.labels_, {}};
  copy.sets.reserve(series.cells_.size());
  for (const auto& cell : series.cells_) copy.sets.emplace_back(cell->set, cell->counts).second.settle();
  return copy;
}

}  // namespace proxy::telemetry
