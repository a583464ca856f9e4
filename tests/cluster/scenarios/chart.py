"""The chart: every flavour, and values as users of ingress-nginx write them, pass helm lint and a dry run at the API server, which
validates every field; what has no meaning here is named in the notes."""
import os
import pathlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import yaml

from api import ApiError
from objects import namespace
from scenarios import shipped

ROOT = shipped.ROOT
CHART = ROOT / "deploy/chart/weir"
FLAVOURS = sorted((ROOT / "deploy/chart/values").glob("*.yaml"))
OURS = sorted((pathlib.Path(__file__).parent.parent / "values").glob("*.yaml"))
# Further files of this kind, where somebody has them: real users' values.
FURTHER = sorted(pathlib.Path(os.environ.get("WEIR_TESTS_VALUES", ROOT.parent / "shared/manifests")).glob("values-*.yaml"))
NAMESPACE = "chart"
# What the operator of Prometheus brings; any content is taken.
FOREIGN_KINDS = {"ServiceMonitor": "servicemonitors", "PrometheusRule": "prometheusrules"}


def define_foreign_kinds(api):
    schema = {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}}
    for kind, plural in FOREIGN_KINDS.items():
        api.apply({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                   "metadata": {"name": f"{plural}.monitoring.coreos.com"},
                   "spec": {"group": "monitoring.coreos.com", "scope": "Namespaced", "names": {"kind": kind, "plural": plural},
                            "versions": [{"name": "v1", "served": True, "storage": True, "schema": schema}]}})


def install(cluster, files):
    """(objects, notes) of helm: what it would send."""
    answer = cluster.helm("install", "weir", CHART, "--dry-run=server", f"--namespace={NAMESPACE}", *[f"--values={file}" for file in files])
    assert answer.returncode == 0, f"{files}: {answer.stderr}"
    manifest, _, notes = answer.stdout.partition("\nMANIFEST:\n")[2].partition("\nNOTES:\n")
    return [value for value in yaml.safe_load_all(manifest) if value], notes


def dry_run(api, objects):
    """The faults that the server finds."""
    for value in objects:
        metadata = value["metadata"]
        if "namespace" in metadata and metadata["namespace"] != NAMESPACE:
            api.apply(namespace(metadata["namespace"]))
        try:
            api.apply(value, "&dryRun=All&fieldValidation=Strict")
        except ApiError as error:
            yield f"{value['kind']} {metadata['name']}: {error}"


def leaves(value, path=""):
    """Paths of what is asked for: not what is off, empty, or belongs to something disabled."""
    if isinstance(value, dict):
        if value.get("enabled", True) in (False, "false"):
            return
        for name, below in value.items():
            yield from leaves(below, f"{path}.{name}" if path else str(name))
    elif value:
        yield path


def is_known(path, known):
    parts = path.split(".")
    return path in known or any(".".join(parts[:count]) + ".*" in known for count in range(1, len(parts)))


def unnamed(file, notes, known):
    """Values of a file that neither have a meaning nor are in the notes."""
    named = [line.split(":")[0].strip() for line in notes.splitlines() if line.startswith("  ") and ":" in line]
    for path in leaves(yaml.safe_load(file.read_text()) or {}):
        if not is_known(path, known) and not any(path == name or path.startswith(name + ".") for name in named):
            yield f"{path} is not in the notes"


def faults(cluster, known, files):
    lint = cluster.helm("lint", CHART, "--quiet", "--kube-version=1.36.3", *[f"--values={file}" for file in files])
    if lint.returncode:
        yield lint.stdout + lint.stderr
    try:
        objects, notes = install(cluster, files)
    except (AssertionError, subprocess.TimeoutExpired, yaml.YAMLError) as error:
        yield str(error)
        return
    yield from dry_run(cluster.api, objects)
    for file in files:
        yield from unnamed(file, notes, known)


def check_all(cluster, sets):
    known = set((CHART / "known.txt").read_text().split())
    with ThreadPoolExecutor(2) as pool:
        results = pool.map(lambda files: (files, list(faults(cluster, known, files))), sets)
    found = [f"{[file.name for file in files]}: {fault}" for files, list_ in results for fault in list_]
    assert not found, "\n".join(found)
    return len(sets)


def prepare(cluster):
    cluster.api.apply(namespace(NAMESPACE))
    define_foreign_kinds(cluster.api)


def test_flavours_and_values(cluster):
    prepare(cluster)
    count = check_all(cluster, [[]] + [[file] for file in FLAVOURS + OURS + FURTHER] + [[FLAVOURS[0], file] for file in OURS])
    print(f"        {count} sets of values, {len(FURTHER)} of them real users'")


def test_rendered_files_are_the_charts(cluster):
    subprocess.run(["python3", ROOT / "deploy/chart/render.py", "--check", f"--helm={cluster.bin / 'helm'}"], check=True)


def test_shipped_manifest_is_taken(cluster):
    cluster.api.apply(namespace(shipped.NAMESPACE))
    found = list(dry_run(cluster.api, shipped.manifests()))
    assert not found, "\n".join(found)


def test_role_has_no_wildcard(cluster):
    prepare(cluster)
    for flavour in [[]] + [[file] for file in FLAVOURS]:
        for value in install(cluster, flavour)[0]:
            for one in value.get("rules", []) if value["kind"] in ("Role", "ClusterRole") else []:
                assert "*" not in one["verbs"] + one["resources"] + one["apiGroups"], one
