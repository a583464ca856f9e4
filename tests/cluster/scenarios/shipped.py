"""What deploy/weir.yaml installs, for the scenarios that run with it."""
import pathlib

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
NAMESPACE, ACCOUNT, CONFIG = "weir-system", "weir", "weir-system/weir-controller"
LEASE = "weir-leader"
RBAC = "rbac.authorization.k8s.io/v1"


def manifests():
    return [value for value in yaml.safe_load_all((ROOT / "deploy/weir.yaml").read_text()) if value]


def install(api, wanted=lambda value: True):
    for value in manifests():
        if wanted(value):
            api.apply(value)


def install_account(api):
    """Everything but the program itself."""
    install(api, lambda value: value["kind"] not in ("Deployment", "PodDisruptionBudget"))


def addresses_of(api, ns, name):
    """Of an Ingress's status."""
    return api.get("Ingress", name, ns, "networking.k8s.io/v1").get("status", {}).get("loadBalancer", {}).get("ingress", [])
