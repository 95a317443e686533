"""Builds what is uploaded, without Docker: one layer with the locked dependencies, and each function's own code.

Both carry their bytecode, the layer in place of its sources: Lambda's folders are read-only, so that without it every
cold start would compile all of it again (docs/adr/0073). Both land under `.build/`, named after what they were built
from, so that nothing is built twice.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from functools import cache
from pathlib import Path
from typing import Final, Protocol

from infra.stages import Runtime

ROOT: Final = Path(__file__).resolve().parent.parent
BUILD: Final = ROOT / ".build"

_RECIPE: Final = "8"
"""Counts up when this file builds something else from the same lock."""


class _Build(Protocol):
    def __call__(self, folder: Path, /) -> None: ...


_UNUSED_IN_LAMBDA: Final = ("tests", "test", "__pycache__", "bin")
_NOT_COMPILED: Final = r"phonenumbers/(data|shortdata)/|pydantic/(deprecated|experimental)/|utilities/parser/"
"""What no handler imports as it starts: its bytecode would only be carried."""
_POWERTOOLS: Final = "aws_lambda_powertools"
_NEVER_IMPORTED: Final = (
    "pydantic/v1",
    "pydantic/mypy.py",
    f"{_POWERTOOLS}/utilities/auth_alpha",
    f"{_POWERTOOLS}/utilities/circuit_breaker",
    f"{_POWERTOOLS}/utilities/data_masking",
    f"{_POWERTOOLS}/utilities/feature_flags",
    f"{_POWERTOOLS}/utilities/idempotency",
    f"{_POWERTOOLS}/utilities/kafka",
    f"{_POWERTOOLS}/utilities/parameters",
    f"{_POWERTOOLS}/utilities/streaming",
    f"{_POWERTOOLS}/utilities/validation",
)
"""What neither a function nor what it imports reaches."""
_NEVER_READ: Final = f"{_POWERTOOLS}/event_handler/openapi/swagger_ui"
"""Scripts of a documentation page that no function serves: half a megabyte."""
_IN_THE_RUNTIME: Final = ("boto3", "botocore", "s3transfer")


def dependency_layer(runtime: Runtime) -> Path:
    """The layer as one archive: `python/` with everything the lock names for a function."""
    lock = _begun(runtime)
    for name in ("uv.lock", "pyproject.toml"):
        lock.update((ROOT / name).read_bytes())
    target = BUILD / "layers" / f"{runtime.architecture}-{runtime.python}-{lock.hexdigest()[:16]}"
    if not target.exists():
        _publish(target, lambda folder: _build_layer(runtime, folder))
    return target / "layer.zip"


def function_code(name: str, runtime: Runtime) -> Path:
    """The folder of one function: `shared/` and its own handler, and nothing of another function."""
    if not (ROOT / "functions" / name / "handler.py").exists():
        raise FileNotFoundError(f"functions/{name}/handler.py is missing: the stack names a function that nobody wrote")
    shared = _shared_code(runtime)
    sources = [ROOT / "functions" / "__init__.py", *_files(ROOT / "functions" / name)]
    content = _begun(runtime, shared.name)
    _add(content, sources)
    target = BUILD / "functions" / f"{name}-{content.hexdigest()[:16]}"

    def build(folder: Path) -> None:
        shutil.copytree(shared / "shared", folder / "shared")
        _copy(sources, folder)
        _compile(folder / "functions", folder, "/var/task", runtime)

    if not target.exists():
        _publish(target, build)
    return target


@cache
def interpreter(version: str) -> str | None:
    """An interpreter of a version (`3.13`) on this machine, which alone can write its bytecode; None: there is none."""
    if version == f"{sys.version_info.major}.{sys.version_info.minor}":
        return sys.executable
    command = [uv(), "python", "find", "--no-python-downloads", "--no-project", version]
    found = subprocess.run(command, check=False, capture_output=True, text=True)
    return found.stdout.strip() or None if found.returncode == 0 else None


def uv() -> str:
    """Uv from the PATH or from the environment that runs this, as the Makefile finds it."""
    beside = [Path(sys.executable).parent / "uv", ROOT / ".uv" / "bin" / "uv"]
    found = shutil.which("uv") or next((str(path) for path in beside if path.exists()), None)
    if found is None:
        raise FileNotFoundError("uv is missing: `make install` puts it in place")
    return found


def _shared_code(runtime: Runtime) -> Path:
    """`shared/`, compiled once for all functions."""
    sources = _files(ROOT / "shared")
    content = _begun(runtime)
    _add(content, sources)
    target = BUILD / "shared" / content.hexdigest()[:16]

    def build(folder: Path) -> None:
        _copy(sources, folder)
        _compile(folder / "shared", folder, "/var/task", runtime)

    if not target.exists():
        _publish(target, build)
    return target


def _begun(runtime: Runtime, *more: str) -> hashlib._Hash:
    """What everything depends on: this recipe, the runtime, and whether its bytecode can be written here."""
    begun = hashlib.sha256()
    for part in (_RECIPE, runtime.model_dump_json(), str(interpreter(runtime.python) is not None), *more):
        begun.update(part.encode())
    return begun


def _add(content: hashlib._Hash, sources: list[Path]) -> None:
    for path in sources:
        content.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes() + b"\0")


def _compile(code: Path, root: Path, uploaded_to: str, runtime: Runtime, *, in_place: bool = False) -> None:
    """Bytecode beside the sources or in their place, believed without a look at dates, which an upload changes."""
    python = interpreter(runtime.python)
    if python is None:
        return
    mode = ["-q", "-x", _NOT_COMPILED, "--invalidation-mode", "unchecked-hash", "-s", str(root), "-p", uploaded_to]
    where = ["-b"] if in_place else []
    subprocess.run([python, "-I", "-m", "compileall", *mode, *where, str(code)], check=True, capture_output=True)
    if in_place:
        for bytecode in code.rglob("*.pyc"):
            bytecode.with_suffix(".py").unlink()


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if "__pycache__" not in path.parts and path.suffix not in {".pyc", ".pyo"})


def _copy(sources: list[Path], folder: Path) -> None:
    for path in sources:
        copied = folder / path.relative_to(ROOT)
        copied.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copied)


def _build_layer(runtime: Runtime, folder: Path) -> None:
    """Archived here and not by the CDK: nothing is copied or compressed again at the next synth."""
    _install(runtime, folder / "python")
    _compile(folder / "python", folder, "/opt", runtime, in_place=True)
    with zipfile.ZipFile(folder / "layer.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in (folder / "python").rglob("*") if path.is_file()):
            # One fixed date: the same lock makes the same archive, and the CDK sees nothing to deploy.
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), date_time=(1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if path.suffix == ".so" else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    shutil.rmtree(folder / "python")


def _install(runtime: Runtime, folder: Path) -> None:
    requirements = folder.parent / "requirements.txt"
    folder.mkdir(parents=True)
    export = "export --locked --no-default-groups --no-emit-project --no-header --no-annotate --quiet"
    _run([uv(), *export.split()], output=requirements)
    install = "pip install --quiet --no-deps --require-hashes --only-binary :all: --link-mode copy"
    platform = ["--python-platform", runtime.wheels] if runtime.wheels else []
    where = ["--target", str(folder), "--requirements", str(requirements)]
    _run([uv(), *install.split(), *platform, "--python-version", runtime.python, *where])
    requirements.unlink()
    _strip(folder)


def _strip(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        record = path.parent.suffix == ".dist-info" and path.name in {"RECORD", "INSTALLER", "REQUESTED", "WHEEL"}
        if path.is_dir() and path.name in _UNUSED_IN_LAMBDA:
            shutil.rmtree(path)
        elif path.is_file() and (record or path.suffix in {".pyc", ".pyi"} or path.name == ".lock"):
            path.unlink()
    for asset in (folder / _NEVER_READ).glob("*.min.*"):
        asset.unlink()
    for name in _NEVER_IMPORTED:
        path = folder / name
        (shutil.rmtree if path.is_dir() else Path.unlink)(path)
    for name in _IN_THE_RUNTIME:
        shutil.rmtree(folder / name, ignore_errors=True)


def _run(command: list[str], *, output: Path | None = None) -> None:
    # The CDK's command line asks its children for colours, which are no part of a list of requirements.
    plain = {name: value for name, value in os.environ.items() if name not in {"FORCE_COLOR", "CLICOLOR_FORCE"}}
    done = subprocess.run(
        [*command, "--color", "never"], cwd=ROOT, check=False, capture_output=True, text=True, env=plain
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command[:3])} failed:\n{done.stderr.strip()}")
    if output is not None:
        output.write_text(done.stdout)


def _publish(target: Path, build: _Build) -> None:
    """Build beside the target and rename: two synths at once, or one that is stopped, leave no half-built folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        build(folder)
        folder.chmod(0o755)
        try:
            folder.rename(target)
        except OSError:
            if not target.exists():
                raise
    finally:
        shutil.rmtree(folder, ignore_errors=True)
