#!/usr/bin/env python3
"""Runs the scenarios against a real control plane, in a network namespace made for it; everything started here ends with it.

    tests/cluster/run.py [--weir=PROGRAM] [--echo=PROGRAM] [--list] [--shell] [NAME]...

NAME: scenarios whose name contains it. --shell: starts the cluster and a shell beside it instead (KUBECONFIG is set).
Exit code: 0 all passed, 1 one failed, 77 the programs of tests/cluster/build.sh are not there."""
import argparse
import importlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# In this order: what shows a broken chart or program soonest comes first.
SUBJECTS = ["chart", "conformance", "rbac", "status", "rollout", "weir_rollout", "outage", "rotation", "scale"]
ISOLATED = "WEIR_TESTS_ISOLATED"


def isolate():
    """Into namespaces of our own, once: network, mounts and processes. What is left at the end, the kernel ends."""
    if os.environ.get(ISOLATED):
        return
    if os.geteuid() != 0:
        sys.exit("tests/cluster needs root, for network namespaces")
    os.environ[ISOLATED] = "1"
    os.execvp("unshare", ["unshare", "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", sys.executable, *sys.argv])


def own_run_folder():
    """Named network namespaces live in /run/netns: ours is not the machine's."""
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/run"], check=True)
    os.mkdir("/run/netns")
    os.mkdir("/run/lock")


def scenarios(names):
    for subject in SUBJECTS:
        module = importlib.import_module(f"scenarios.{subject}")
        for function in vars(module).values():
            name = f"{subject}.{getattr(function, '__name__', '')}".replace(".test_", ".")
            if callable(function) and function.__name__.startswith("test_") and (not names or any(part in name for part in names)):
                yield name, function


def run(cluster, chosen):
    failed = []
    for name, scenario in chosen:
        began = time.monotonic()
        try:
            scenario(cluster)
            print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Exception:  # one that fails must not keep the others from being run
            failed.append(name)
            print(f"FAILED  {name} ({time.monotonic() - began:.1f} s)\n{traceback.format_exc()}", flush=True)
    print(f"{len(chosen) - len(failed)} passed, {len(failed)} failed")
    return failed


def main():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1].strip())
    parser.add_argument("--weir", type=pathlib.Path, default=ROOT / "build/release/weir")
    parser.add_argument("--echo", type=pathlib.Path, default=ROOT / "build/release/weir-echo")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--shell", action="store_true")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    sys.path.insert(0, str(HERE))
    chosen = list(scenarios(options.names))
    if options.list:
        return print("\n".join(name for name, _ in chosen))
    programs = pathlib.Path(os.environ.get("WEIR_TESTS_BIN") or subprocess.check_output([HERE / "build.sh", "--where"], text=True).strip())
    if not (programs / "kube-apiserver").exists():
        print("the control plane is not built (tests/cluster/build.sh): skipped")
        sys.exit(77)
    if not chosen:
        sys.exit(f"no scenario is called {options.names}")
    isolate()
    own_run_folder()
    from cluster import Cluster
    work = pathlib.Path(tempfile.mkdtemp(prefix="weir-cluster-"))
    began = time.monotonic()
    cluster = Cluster(programs, work, options.weir.resolve(), options.echo.resolve())
    failed = ["cluster"]
    try:
        cluster.start()
        print(f"cluster started ({time.monotonic() - began:.1f} s)", flush=True)
        if options.shell:
            environment = {**os.environ, "KUBECONFIG": str(cluster.admin), "PATH": f"{programs}:{os.environ['PATH']}", "PS1": "cluster# "}
            subprocess.run(["bash", "--norc"], env=environment, check=False)
            failed = []
        else:
            failed = run(cluster, chosen)
    finally:
        cluster.stop()
        if failed and os.environ.get("WEIR_TESTS_KEEP"):
            print(f"logs are kept in {work}")
        else:
            shutil.rmtree(work, ignore_errors=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
