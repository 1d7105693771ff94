"""Promises of the package as a whole: its public names, a light import, rooms of a sensible size."""

from __future__ import annotations

import ast
import inspect
import pickle
import re
import subprocess
import sys
from pathlib import Path

import pytest

import ltix_data
from ltix_data import errors
from ltix_data.course.uploads import PlanOptions

PACKAGE = Path(ltix_data.__file__).parent
TOP = PACKAGE.parent


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_every_public_name_is_there_and_no_other():
    assert sorted(ltix_data.__all__) == [
        "AdvantageService",
        "Course",
        "LtixError",
        "LtixWarning",
        "Plan",
        "Registration",
        "Report",
        "Session",
        "__version__",
        "connect",
        "forget",
        "gradebooks",
        "import_registration",
        "mask_names",
        "receive",
        "register",
        "registrations",
        "results",
        "rosters",
        "scrub",
        "uploads",
    ]
    assert all(getattr(ltix_data, name) is not None for name in ltix_data.__all__)


def test_public_names_stay_themselves_after_everything_was_imported():
    """A module of the same name would shadow a function once it is imported."""
    code = (
        "import ltix_data, pkgutil, importlib\n"
        "[importlib.import_module('ltix_data.' + m.name) for m in pkgutil.iter_modules(ltix_data.__path__)]\n"
        "print([n for n in ltix_data.__all__ if type(getattr(ltix_data, n)).__name__ == 'module'])"
    )

    assert run(code) == "[]\n"


@pytest.mark.parametrize("statement", ["import ltix_data", "from ltix_data.cli import main"])
def test_importing_is_light(statement):
    code = (
        f"{statement}\nimport sys\n"
        "print(sorted({'pandas', 'numpy', 'ipywidgets', 'flask', 'httpx', 'keyring', 'jwt'} & set(sys.modules)))"
    )

    assert run(code) == "[]\n"


def test_every_module_and_public_name_says_what_it_is():
    silent = []
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if not ast.get_docstring(tree):
            silent.append(path.name)

    assert silent == []


def test_the_map_of_the_package_is_the_one_that_is_enforced():
    """The docstring's steps are those of the import contract, from the ground up."""
    names = r"(?:[a-z]+/? )*[a-z]+/?"
    drawn = [
        set(re.findall(r"[a-z]+", line.group(1)))
        for line in re.finditer(rf"^    ({names})  +[^ ]", (ltix_data.__doc__ or ""), re.MULTILINE)
    ]
    contract = (TOP / ".importlinter").read_text(encoding="utf-8")
    layers = re.search(r"^layers =\n((?:    .+\n)+)", contract, re.MULTILINE)
    assert layers
    enforced = [set(re.findall(r"[a-z]+", line)) for line in layers.group(1).splitlines()]

    assert drawn == enforced[::-1]


def test_rooms_stay_small():
    lengths = {
        str(path.relative_to(PACKAGE)): len(path.read_text(encoding="utf-8").splitlines())
        for path in PACKAGE.rglob("*.py")
    }

    assert {name: lines for name, lines in lengths.items() if lines > 330} == {}


def test_the_table_of_clauses_names_what_is_there():
    """help("ltix_data.services") says where each clause lives: each place must exist."""
    from importlib import import_module

    import ltix_data.services as services

    places = re.findall(r"\b([a-z_]+)\.([A-Za-z_]+)(?:\.([a-z_]+))?(?=,|\n|$)", services.__doc__ or "")
    assert len(places) > 20
    for module, name, attribute in places:
        home = f"ltix_data.services.{module}" if module in ("memberships", "grades") else f"ltix_data.{module}"
        found = getattr(import_module(home), name)
        assert not attribute or hasattr(found, attribute), (module, name, attribute)


def test_the_readme_table_names_calls_that_exist():
    readme = (TOP / "README.md").read_text(encoding="utf-8")
    shorthand = re.sub(r"`\.(?=[a-z_]+\()", "`course.", readme)
    calls = set(re.findall(r"\b(course|session|plan|reg|ltix)\.([a-z_]+)", shorthand))
    owners = {
        "course": ltix_data.Course,
        "session": ltix_data.Session,
        "plan": ltix_data.Plan,
        "reg": ltix_data.Registration,
        "ltix": ltix_data,
    }

    assert len(calls) > 15
    assert {f"{owner}.{name}" for owner, name in calls if not hasattr(owners[owner], name)} == set()


@pytest.mark.parametrize(
    "error",
    [
        errors.ScopeError("no", scopes=("a",), granted=frozenset(), hint="Do.", spec="AGS §3.1"),
        errors.GradeProblemsError("no", problems=[1]),
        errors.RefusedError("no", status=409, code="x_y"),
        errors.UsageError("no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_survives_the_way_back_from_a_worker_process(error):
    back = pickle.loads(pickle.dumps(error))

    assert (type(back), str(back), vars(back)) == (type(error), str(error), vars(error))


def test_the_changelog_knows_this_version():
    assert f"## {ltix_data.__version__}" in (TOP / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_two_ways_to_upload_take_the_same_options():
    """upload_grades names them in a type, plan_grades in its signature."""
    signature = inspect.signature(ltix_data.Course.plan_grades).parameters.values()

    options = [parameter.name for parameter in signature if parameter.kind is parameter.KEYWORD_ONLY]
    assert options == list(PlanOptions.__annotations__)


def test_no_two_rooms_of_the_tests_have_one_name():
    """pytest puts each room on the import path: a second `browser` would hide the first, by the order of collection."""
    places = {}
    for file in Path(__file__).parent.rglob("*.py"):
        path = next(folder for folder in file.parents if not (folder / "__init__.py").exists())
        name = file.relative_to(path).parts[0].removesuffix(".py")
        if name != "conftest":
            places.setdefault(name, set()).add(path)

    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}
