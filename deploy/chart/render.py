#!/usr/bin/env python3
"""Writes what is made from the chart: known.txt (the paths of values.yaml, for the chart's notes) and deploy/weir.yaml.

    deploy/chart/render.py [--check] [--helm=PROGRAM]

--check writes nothing and exits with 1 where a file is not what it would write; known.txt alone without helm."""
import argparse
import pathlib
import shutil
import subprocess
import sys

import yaml

CHART = pathlib.Path(__file__).parent / "weir"
DEPLOY = CHART.parent.parent
HEADER = """# Rendered from the chart by deploy/chart/render.py; do not edit. kubectl apply -f deploy/weir.yaml installs Weir in the
# namespace weir-system, with two replicas behind a LoadBalancer (deploy/chart/values/loadbalancer.yaml).
apiVersion: v1
kind: Namespace
metadata:
  name: weir-system
"""


def paths(value, path):
    """Leaves; an empty map takes anything below it."""
    if value == {}:
        yield f"{path}.*"
    elif isinstance(value, dict):
        # What may grow further entries: labels to select by, names of ports.
        if path.endswith(("nodeSelector", "containerPort", "hostPort.ports", "Selector", "resources", "httpGet", "seccompProfile")):
            yield f"{path}.*"
        else:
            for name, below in value.items():
                yield from paths(below, f"{path}.{name}" if path else name)
    else:
        yield path


def known():
    return "\n".join(sorted(paths(yaml.safe_load((CHART / "values.yaml").read_text()), ""))) + "\n"


def manifest(helm):
    rendered = subprocess.run([helm, "template", "weir", str(CHART), "--namespace=weir-system", "--kube-version=1.36.3",
                               f"--values={CHART.parent / 'values' / 'loadbalancer.yaml'}"],
                              check=True, stdout=subprocess.PIPE, text=True).stdout
    kept = [line.rstrip() for line in rendered.splitlines()]
    # Without helm nothing else manages it.
    kept = [line.replace("managed-by: Helm", "managed-by: kubectl") for line in kept if not line.strip().startswith("helm.sh/chart:")]
    return HEADER + "\n".join(kept).rstrip() + "\n"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--helm", default=shutil.which("helm"))
    options = parser.parse_args()
    files = {CHART / "known.txt": known}
    if options.helm:
        files[DEPLOY / "weir.yaml"] = lambda: manifest(options.helm)
    stale = []
    for file, make in files.items():
        text = make()
        if not file.exists() or file.read_text() != text:
            stale.append(file)
            if not options.check:
                file.write_text(text)
        # known.txt is part of the chart: it comes first
    for file in stale:
        print(f"{file}: {'is not what the chart says: run deploy/chart/render.py' if options.check else 'written'}")
    if not options.helm:
        print("no helm: deploy/weir.yaml left out", file=sys.stderr)
    sys.exit(1 if options.check and stale else 0)


if __name__ == "__main__":
    main()
