// One function per kind, in decode_<kind>.cpp; decode() chooses.
#pragma once

#include "controller/kube/fields.hpp"
#include "controller/kube/objects.hpp"

#include <boost/json/object.hpp>

namespace controller::kube {

// status.loadBalancer.ingress, sorted. Others write it, so that what is no address is passed over in silence.
[[nodiscard]] StatusAddresses decode_status(const boost::json::object& root);
[[nodiscard]] Ingress decode_ingress(const boost::json::object& root, Reader& reader);
[[nodiscard]] IngressClass decode_ingress_class(const boost::json::object& root, Reader& reader);
[[nodiscard]] Service decode_service(const boost::json::object& root, Reader& reader);
[[nodiscard]] EndpointSlice decode_endpoint_slice(const boost::json::object& root, Reader& reader);
[[nodiscard]] Secret decode_secret(const boost::json::object& root, Reader& reader);
[[nodiscard]] ConfigMap decode_config_map(const boost::json::object& root, Reader& reader);
[[nodiscard]] Namespace decode_namespace(const boost::json::object& root, Reader& reader);

}  // namespace controller::kube
