"""Kubernetes objects in a line each."""


def namespace(name):
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def deployment(ns, name, replicas=1, version="1", grace=20, pre_stop=0):
    container = {"name": "echo", "image": f"echo:{version}", "args": ["$(POD_NAME)", "3000", "0.0.0.0"],
                 "ports": [{"name": "http", "containerPort": 3000}],
                 "env": [{"name": "POD_NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}],
                 "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 1}}
    if pre_stop:
        container["lifecycle"] = {"preStop": {"sleep": {"seconds": pre_stop}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": ns},
            "spec": {"replicas": replicas, "selector": {"matchLabels": {"app": name}},
                     "template": {"metadata": {"labels": {"app": name}},
                                  "spec": {"terminationGracePeriodSeconds": grace, "containers": [container]}}}}


def service(ns, name):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": ns},
            "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 8080, "targetPort": "http"}]}}


def backend(name):
    return {"service": {"name": name, "port": {"number": 8080}}}


def path(text, kind, name):
    return {"path": text, "pathType": kind, "backend": backend(name)}


def rule(host, *paths):
    return {**({"host": host} if host else {}), "http": {"paths": list(paths)}}


def ingress(ns, name, *rules, ingress_class="nginx", **spec):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": {"name": name, "namespace": ns},
            "spec": {"ingressClassName": ingress_class, **({"rules": list(rules)} if rules else {}), **spec}}


def ingress_class(name, controller="k8s.io/ingress-nginx"):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": name}, "spec": {"controller": controller}}


def shop(ns, replicas=1):
    """What most scenarios begin with: Pods behind a Service, and our class."""
    return [namespace(ns), ingress_class("nginx"), deployment(ns, "shop", replicas=replicas), service(ns, "shop")]
