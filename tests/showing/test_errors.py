"""Errors: what happened, what to do, the specification; and a traceback that begins with the user's own code."""

from __future__ import annotations

import pickle
import re
import traceback
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from ltix_data import errors
from ltix_data.markup import tracebacks

from .reading import Page

ERROR = errors.TokenError(
    "lms.example refused an access token to “uni” (status 401).", hint="Check the key.", spec="Security §4.1.1"
)


def raised(error: BaseException) -> BaseException:
    try:
        raise error  # the user's line
    except type(error) as caught:
        return caught


# --- As a value ----------------------------------------------------------------------------------------


def test_an_error_shows_what_happened_what_to_do_and_the_specification():
    assert Page(ERROR._repr_html_()).text == (
        "TokenError: lms.example refused an access token to “uni” (status 401). "
        "What to do Check the key. Specification 1EdTech Security Framework 1.0 §4.1.1 (Security)"
    )


def test_an_error_without_a_hint_shows_none():
    assert Page(errors.UsageError("No.")._repr_html_()).text == "UsageError: No."


def test_a_hostile_word_in_an_error_is_text():
    page = Page(errors.UsageError("<script>x</script>", hint="<img src=x>", spec="<b>AGS</b>")._repr_html_())

    assert {"script", "img"}.isdisjoint(page.tags)


def test_an_error_shows_itself_also_when_it_comes_from_another_process():
    assert pickle.loads(pickle.dumps(ERROR))._repr_html_() == ERROR._repr_html_()


# --- As a traceback ------------------------------------------------------------------------------------


def test_a_traceback_is_short_and_ends_with_what_to_do():
    shown = raised(errors.UsageError("It is so.", hint="Do that.", spec="AGS §3.1"))._render_traceback_()

    assert [line for line in shown if "raise error  # the user's line" in line] != []
    assert plain(shown)[-4:] == [
        "UsageError: It is so.",
        "What to do: Do that.",
        "Specification: Assignment and Grade Services 2.0 §3.1 (AGS)",
        "Every frame: %env LTIX_TRACEBACK=full, then %tb",
    ]


def test_a_traceback_leaves_out_the_frames_of_this_package(practice):
    with pytest.raises(errors.UnknownNameError) as caught:
        practice.session.course("BIO999")

    shown = "\n".join(caught.value._render_traceback_())

    assert 'practice.session.course("BIO999")' in shown
    assert "_find" not in shown
    assert str(Path("ltix_data", "session")) not in shown


def test_a_traceback_moves_no_cursor():
    shown = errors.UsageError("a\x1b[2Jb", hint="c\x9bd")._render_traceback_()

    assert "\x1b[2J" not in "".join(shown)
    assert "\x9b" not in "".join(shown)


def test_the_whole_traceback_is_a_variable_away(monkeypatch):
    monkeypatch.setenv("LTIX_TRACEBACK", "full")
    error = raised(errors.UsageError("It is so."))

    assert "".join(error._render_traceback_()) == "".join(traceback.format_exception(error))


def test_an_error_that_cannot_be_shown_in_full_is_shown_by_its_message():
    error = errors.UsageError("It is so.")
    error.spec = 7  # no text

    assert tracebacks.lines(error) == ["UsageError: It is so."]


def test_what_was_noted_on_an_error_is_shown_too():
    error = errors.UsageError("It is so.")
    error.add_note("In row 7.")

    assert "In row 7." in error._render_traceback_()


def plain(lines: list[str]) -> list[str]:
    return [re.sub(r"\x1b\[[\d;]*m", "", line) for line in "\n".join(lines).splitlines()]


@pytest.mark.process
def test_in_a_kernel_a_cell_that_fails_shows_the_cell_and_the_message(tmp_path, monkeypatch):
    """What a notebook stores of it: the kind and message as ever, and a traceback of the user's own frames."""
    short, whole = failed_in_a_kernel(tmp_path, monkeypatch)

    assert short.ename == "UnknownNameError"
    assert short.evalue.startswith("No registration is called “uni”.")
    shown = plain(short.traceback)
    assert shown[0] == "Cell In[1], line 4"
    assert "---->  4 mine()" in shown
    assert "Cell In[1], line 3, in mine()" in shown
    assert not [line for line in shown if "site-packages" in line or "registry.py" in line]
    assert len(shown) < 20
    assert len(plain(whole.traceback)) > 20
    assert "registry.py" in "\n".join(plain(whole.traceback))


def failed_in_a_kernel(folder, monkeypatch):
    for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name.lower()))
    monkeypatch.setenv("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    cells = [
        nbformat.v4.new_code_cell('import ltix_data as ltix\ndef mine():\n    return ltix.connect("uni")\nmine()'),
        nbformat.v4.new_code_cell("%env LTIX_TRACEBACK=full\n%tb"),
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    NotebookClient(notebook, timeout=120, kernel_name="python3", allow_errors=True).execute()
    return [next(out for out in cell.outputs if out.output_type == "error") for cell in notebook.cells]
