"""Runs tidings_load, the load generator of benchmarks/load, and gives what it measured."""

import json
import os
import subprocess

from process import Failed

BUILD = os.environ.get("TIDINGS_BUILD") or os.path.join(
    os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "build", "release")


def run(command, **options):
    """Options by name: port=8080 is --port 8080, existing=True is --existing, None is left out.
    Failed if anything was refused or broke."""
    arguments = [os.path.join(BUILD, "benchmarks", "tidings_load"), command]
    for name, value in options.items():
        if value is True:
            arguments.append("--" + name.replace("_", "-"))
        elif value is not None:
            arguments += ["--" + name.replace("_", "-"), str(value)]
    result = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if result.returncode != 0 or not result.stdout:
        raise Failed(f"tidings_load {command}: {result.stdout}{result.stderr}")
    return json.loads(result.stdout)
