"""What is uploaded is complete: each function is imported from its bundle alone, by a bare interpreter."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
import pytest

from infra import bundle
from infra.stages import Runtime

IN_THE_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six.py")
MEGABYTES = 1_000_000
PUT_OFF = {
    "boto3",
    "s3transfer",
    "yaml",
    "jinja2",
    "phonenumbers",
    "markdown_it",
    "feedgenerator",
    "aws_lambda_powertools.utilities.parser",
    "shared.adapters.policy_yaml",
    "shared.adapters.words",
    "shared.adapters.status_site",
    "shared.application.contract",
}
"""What the first call that needs it imports (docs/adr/0073)."""
NAMES = sorted(path.parent.name for path in (bundle.ROOT / "functions").glob("*/handler.py"))

pytestmark = pytest.mark.xdist_group("bundles")


@pytest.fixture(scope="session")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    unpacked = tmp_path_factory.mktemp("layer")
    with zipfile.ZipFile(bundle.dependency_layer(Runtime.this_machine())) as archive:
        archive.extractall(unpacked)
    return unpacked / "python"


@pytest.fixture(scope="session")
def runtime(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Lambda runtime has, and nothing else of this environment."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in IN_THE_RUNTIME:
        (folder / name).symlink_to(Path(boto3.__file__).parent.parent / name)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_imports_by_itself(name: str, layer: Path, runtime: Path) -> None:
    code = bundle.function_code(name, Runtime.this_machine())
    program = (
        f"import sys; sys.path[:0] = {[str(code), str(layer), str(runtime)]!r}\n"
        f"from functions.{name}.handler import handler\n"
        "assert callable(handler)\n"
        f"import shared; assert shared.__file__.startswith({str(code)!r})"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_bundle_holds_no_other_function(name: str) -> None:
    functions = bundle.function_code(name, Runtime.this_machine()) / "functions"
    held = {path.name for path in functions.iterdir() if path.is_dir()}
    assert held - {"__pycache__"} == {name}


@pytest.mark.parametrize("name", NAMES)
def test_a_cold_start_compiles_nothing(name: str, layer: Path, runtime: Path) -> None:
    code = bundle.function_code(name, Runtime.this_machine())
    program = (
        f"import sys; sys.path[:0] = {[str(code), str(layer), str(runtime)]!r}\n"
        "import importlib.machinery as machinery; compiled = []\n"
        "compile_source = machinery.SourceFileLoader.source_to_code\n"
        "def note(self, data, path, **named):\n"
        "    compiled.append(str(path)); return compile_source(self, data, path, **named)\n"
        "machinery.SourceFileLoader.source_to_code = note\n"
        f"import functions.{name}.handler\n"
        f"ours = [path for path in compiled if path.startswith(({str(code)!r}, {str(layer)!r}))]\n"
        "assert not ours, ours"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_a_cold_start_loads_nothing_that_a_call_may_never_need(name: str, layer: Path, runtime: Path) -> None:
    code = bundle.function_code(name, Runtime.this_machine())
    program = (
        f"import sys; sys.path[:0] = {[str(code), str(layer), str(runtime)]!r}\n"
        f"import functions.{name}.handler\n"
        f"loaded = {PUT_OFF!r} & sys.modules.keys()\n"
        "assert not loaded, loaded"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-B", "-c", program],
        env={"AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_a_line_of_a_traceback_is_where_lambda_has_it() -> None:
    [bytecode] = (bundle.function_code("audit", Runtime.this_machine()) / "shared").glob("__pycache__/settings.*.pyc")
    assert b"/var/task/shared/settings.py" in bytecode.read_bytes()


def test_the_layer_has_either_a_source_or_its_bytecode(layer: Path) -> None:
    sources = {path.with_suffix("") for path in layer.rglob("*.py")}
    compiled = {path.with_suffix("") for path in layer.rglob("*.pyc")}
    assert layer / "pydantic" / "main" in compiled
    assert not sources & compiled


def test_bytecode_is_left_out_where_nobody_can_write_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bundle, "BUILD", tmp_path)
    monkeypatch.setattr(bundle, "interpreter", lambda _: None)
    code = bundle.function_code("audit", Runtime.aws())
    assert (code / "shared" / "settings.py").exists()
    assert not list(code.rglob("*.pyc"))


def test_what_aws_gets_is_small_and_for_its_processor() -> None:
    largest = max(
        bundle.dependency_layer(runtime).stat().st_size for runtime in (Runtime.aws(), Runtime.this_machine())
    )
    assert largest < 6.5 * MEGABYTES  # what is left of 8 is for a function's own code
    with zipfile.ZipFile(bundle.dependency_layer(Runtime.aws())) as archive:
        names = archive.namelist()
    native = [name for name in names if name.endswith(".so")]
    assert native
    assert all("aarch64" in name for name in native)
    assert not [name for name in names if name.startswith(("python/boto3", "python/botocore"))]


def test_a_function_without_a_handler_is_not_bundled() -> None:
    with pytest.raises(FileNotFoundError, match="nobody wrote"):
        bundle.function_code("forgotten", Runtime.this_machine())
