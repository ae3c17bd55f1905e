"""The files in deploy/ are valid for their programs, as far as can be tested without a cluster."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
yaml = pytest.importorskip("yaml")


def test_the_kubernetes_job_is_valid_and_complete():
    validate = pytest.importorskip("kubernetes_validate").validate
    job = yaml.safe_load((DEPLOY / "kubernetes-job.yaml").read_text())
    validate(job, "1.31", strict=True)
    assert f'/{job["spec"]["completions"]}"' in job["spec"]["template"]["spec"]["containers"][0]["args"][0]


def test_the_ray_job_is_valid():
    """Against the schema of KubeRay's resource definition, in the file CANTILENA_KUBERAY_CRD."""
    jsonschema = pytest.importorskip("jsonschema")
    path = os.environ.get("CANTILENA_KUBERAY_CRD")
    if not path:
        pytest.skip("no definition: set CANTILENA_KUBERAY_CRD to KubeRay's ray.io_rayjobs.yaml")
    job = yaml.safe_load((DEPLOY / "kuberay-job.yaml").read_text())
    versions = {each["name"]: each for each in yaml.safe_load(Path(path).read_text())["spec"]["versions"]}
    schema = closed(versions[job["apiVersion"].partition("/")[2]]["schema"]["openAPIV3Schema"])
    jsonschema.validate(job, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**job, "spec": {**job["spec"], "entryPoint": "a misspelled field"}}, schema)


def closed(schema):
    """The schema without unknown fields, as in `kubectl apply --validate=strict`; quantities may be text or numbers."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    found = {name: closed(value) for name, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        found.pop("type", None)
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        found.setdefault("additionalProperties", False)
    return found


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("*.sbatch")), ids=lambda path: path.stem)
def test_the_scripts_are_bash(script):
    subprocess.run(["bash", "-n", script], check=True)


@pytest.mark.parametrize(("code", "expected"), [(0, 0), (1, 0), (3, 1)])
def test_a_task_of_the_slurm_array_runs_its_share(tmp_path, code, expected):
    """Runs the script with the variables that Slurm sets; the command is a stub that prints its arguments."""
    command = tmp_path / "cantilena"
    command.write_text(f'#!/bin/sh\necho "$@"\nexit {code}\n')
    command.chmod(0o755)
    slurm = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "32", "SLURM_CPUS_PER_TASK": "4"}
    environment = {**os.environ, **slurm, "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    script = ["bash", str(DEPLOY / "slurm-farm.sbatch"), "/shared/loops"]
    done = subprocess.run(script, env=environment, capture_output=True, text=True)
    assert done.returncode == expected
    assert done.stdout == "farm run /shared/loops --shard 3/32 --jobs 4 --quiet\n"
