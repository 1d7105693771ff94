"""What is found, however it is written; and what is not taken for a person."""

from __future__ import annotations

import base64
import json
import unicodedata

import pandas as pd
import pytest

from .conftest import error, output, stream

REMOVED = "[removed]"


@pytest.mark.parametrize(
    "text",
    [
        "Zoë O’Brien",
        "O’Brien, Zoë",
        "ZOË O’BRIEN",
        "zoë_o’brien",
        unicodedata.normalize("NFD", "Zoë O’Brien"),
        "Zoë   O'Brien",
        "Zoë\nO’Brien",
        "Zoe\\u0308 O\\u2019Brien",
        "Zo\\u00eb O\\u2019Brien",
        "Zo\\xeb O\\'Brien",
        "Zo%C3%AB%20O%E2%80%99Brien",
        "Zo%C3%AB+O%27Brien",
        "Zo&euml; O&#8217;Brien",
        "Zo&amp;euml; O&amp;#x2019;Brien",
        "Zo\u00ad\u00eb O’\u200bBrien",
        "zoe.obrien@students.example.edu",
        "Zoe.OBrien@Students.Example.EDU",
        "zoe.obrien%40students.example.edu",
        "00012345",
        "zobrien",
        "ZOBRIEN",
        "e2d40b1c-55f3-4c7a-8a2e-7f10c3b96d03",
        "E2D40B1C-55F3-4C7A-8A2E-7F10C3B96D03",
        "王秀英",
        "\\u738b\\u79c0\\u82f1",
        "Ada Lovelace",
        "Lovelace, Ada",
        "AdaLovelace",
    ],
)
def test_a_whole_name_an_address_or_an_id_is_found_in_every_spelling(notebooks, text):
    left = [notebooks.shown(stream(f"<{text}>\n")), notebooks.code(f"x = '{text}'")]

    assert left == [f"<{REMOVED}>\n", f"x = '{REMOVED}'"]


@pytest.mark.parametrize("text", ["Zoë", "zoë", "O’Brien", "O'BRIEN", "秀英", "Lovelace", "ada", "Ada's"])
def test_a_name_alone_is_removed_from_what_was_shown_and_only_counted_in_code(notebooks, text):
    shown = notebooks.shown(stream(f"dear {text}!"))
    code = notebooks.code(f"x = '{text}'")

    assert shown == f"dear {REMOVED}{text[3:] if chr(39) + 's' in text else ''}!"
    assert code == f"x = '{text}'"
    assert (notebooks.scrub().removed, notebooks.scrub().left) == (0, 1)


@pytest.mark.parametrize(
    "text", ["Adam", "adamant", "Zoëlogy", "Lovelaces", "x00012345", "100012345", "xwang2", "O", "英"]
)
def test_what_only_begins_or_ends_like_one_stays(notebooks, text):
    assert notebooks.shown(stream(f"{text}\n")) == f"{text}\n"


def test_a_name_is_found_among_characters_without_spaces(notebooks):
    assert notebooks.shown(stream("学生王秀英同学")) == f"学生{REMOVED}同学"


def test_a_word_that_pandas_writes_is_a_name_only_as_it_is_written_in_the_roster(notebooks):
    assert notebooks.shown(stream("mean 3\nmax 4\nMax is late")) == f"mean 3\nmax 4\n{REMOVED} is late"


def test_a_login_name_that_is_an_ordinary_word_is_one_only_in_its_column(notebooks):
    frame = pd.DataFrame({"username": ["student"], "role": ["student"]})

    shown = notebooks.shown(output(text_html=frame._repr_html_()))

    assert shown.count(REMOVED) == 1
    assert "<td>student</td>" in shown


def test_colours_within_a_word_do_not_hide_it(notebooks):
    lines = notebooks.shown(error("\x1b[31mKeyError\x1b[0m: '\x1b[1;32mLove\x1b[0mlace'", "at line 3"))

    assert "lace" not in lines[0]
    assert lines[0].count(REMOVED) == 1
    assert lines[1] == "at line 3"


def test_what_follows_an_escape_is_a_word_and_so_is_what_follows_a_backslash(notebooks):
    assert notebooks.shown(stream(r"['a\nLovelace', 'C:\ntfs\nada']")) == rf"['a\n{REMOVED}', 'C:\ntfs\n{REMOVED}']"
    assert notebooks.shown(stream(r"C:\lovelace\u")) == rf"C:\{REMOVED}\u"


# --- Markup -------------------------------------------------------------------------------------------


def test_a_tag_within_a_word_does_not_hide_it_and_stays(notebooks):
    assert notebooks.shown(output(text_html="<p><b>L</b>ovelace is <i>here</i></p>")) == (
        f"<p><b>{REMOVED}</b> is <i>here</i></p>"
    )


def test_cells_of_a_table_are_words_of_their_own(notebooks):
    html = "<table><tr><td>Ada</td><td>Lovelace</td></tr><tr><td>A</td><td>da</td></tr></table>"

    shown = notebooks.shown(output(text_html=html))

    assert shown == html.replace("Ada", REMOVED).replace("Lovelace", REMOVED)


def test_attributes_are_read_and_looks_are_not(notebooks):
    html = '<a class="ada" title="Ada" href="mailto:zoe.obrien@students.example.edu" style="color: red">x</a>'

    shown = notebooks.shown(output(text_html=html))

    assert shown == f'<a class="ada" title="{REMOVED}" href="mailto:{REMOVED}" style="color: red">x</a>'


def test_an_address_in_angle_brackets_is_no_tag(notebooks):
    text = "Zoë <zoe.obrien@students.example.edu>"

    assert notebooks.shown(output(text_html=f"<p>{text}</p>")) == f"<p>{REMOVED} <{REMOVED}></p>"
    assert notebooks.shown(output(text_plain=text)) == f"{REMOVED} <{REMOVED}>"


def test_markdown_is_read_with_its_tags(notebooks):
    assert notebooks.shown(output(text_markdown="**Zoë** and <b>L</b>ovelace")) == f"**{REMOVED}** and <b>{REMOVED}</b>"


def test_comments_scripts_and_drawings_are_read(notebooks):
    script = '<script>var data = {"name": "Ada Lovelace"};</script><!-- 王秀英 -->'
    drawing = "<svg><!-- Ada Lovelace --><text>Ada</text></svg>"

    assert notebooks.shown(output(text_html=script)).count(REMOVED) == 2
    assert notebooks.shown({**output(), "data": {"image/svg+xml": drawing}}).count(REMOVED) == 2


# --- Short ids ----------------------------------------------------------------------------------------


def test_a_short_id_is_found_as_a_cell_of_our_columns_alone(notebooks):
    frame = pd.DataFrame({"user_id": ["4", "5"], "n": [4, 4]})

    html = notebooks.shown(output(text_html=frame._repr_html_()))
    plain = notebooks.shown(output(text_plain=repr(frame)))

    assert (html.count(REMOVED), html.count("<td>4</td>")) == (1, 2)
    assert plain == f"  user_id  n\n0       {REMOVED}  4\n1       5  4"


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"n": [4]}, index=pd.Index(["4"], name="user_id")),
        pd.DataFrame({"n": [4]}, index=pd.MultiIndex.from_tuples([("a", "4")], names=["course", "user_id"])),
        pd.DataFrame({"n": [4, 4]}, index=pd.MultiIndex.from_tuples([("a", "4"), ("a", "5")], names=["x", "user_id"])),
    ],
    ids=["index", "levels", "sparse levels"],
)
def test_an_index_of_short_ids_counts_as_a_column(notebooks, frame):
    html = notebooks.shown(output(text_html=frame._repr_html_()))

    assert html.count(REMOVED) == 1
    assert "<td>4</td>" in html


def test_a_series_of_short_ids_is_known_by_its_name(notebooks):
    series = pd.Series(["4", "7"], name="user_id")

    assert notebooks.shown(output(text_plain=repr(series))) == repr(series).replace("    4\n", f"    {REMOVED}\n")


def test_a_family_name_of_two_letters_is_found_in_its_column(notebooks):
    frame = pd.DataFrame({"family_name": ["Li", "Lo"], "unit": ["Li", "Lo"]})

    html = notebooks.shown(output(text_html=frame._repr_html_()))

    assert (html.count(REMOVED), html.count("<td>Li</td>")) == (1, 1)


def test_short_ids_are_found_in_tables_as_data(notebooks):
    data = {
        "data": [{"user_id": "4", "n": "4"}, {"user_id": 4, "n": 4}],
        "columns": {"user_id": {"0": "4"}, "n": ["4"]},
    }

    shown = notebooks.shown({**output(), "data": {"application/vnd.dataresource+json": data}})

    assert shown == {
        "data": [{"user_id": REMOVED, "n": "4"}, {"user_id": REMOVED, "n": 4}],
        "columns": {"user_id": {"0": REMOVED}, "n": ["4"]},
    }


def test_an_id_with_signs_around_it_is_found(notebooks):
    """Blackboard's ids are such as _4_1: three letters, so only in their column."""
    assert notebooks.shown(output(text_plain="user_id\n_4_1")) == f"user_id\n{REMOVED}"


# --- Data ---------------------------------------------------------------------------------------------


def test_json_is_read_in_values_keys_and_numbers(notebooks):
    data = {"Ada Lovelace": 1, "Lovelace, Ada": 2, "bar": ["zobrien", 12345, {"x": "<b>Z</b>oë"}], "n": 4711}

    shown = notebooks.shown({**output(), "data": {"application/vnd.plotly.v1+json": data}})

    assert shown == {REMOVED: 1, f"{REMOVED} 2": 2, "bar": [REMOVED, 12345, {"x": f"<b>{REMOVED}</b>"}], "n": 4711}


def test_the_state_of_widgets_is_read_and_so_are_their_files(notebooks):
    sheet = base64.b64encode(b"email,points\nzoe.obrien@students.example.edu,7\n").decode()
    book = base64.b64encode(b"PK\x03\x04\x00\xff").decode()
    state = {
        "m1": {
            "model_name": "TextModel",
            "model_module": "@jupyter-widgets/controls",
            "state": {"value": "Ada", "max": 5},
            "buffers": [
                {"encoding": "base64", "path": ["a"], "data": sheet},
                {"encoding": "base64", "path": ["b"], "data": book},
            ],
        }
    }
    widgets = {"application/vnd.jupyter.widget-state+json": {"version_major": 2, "version_minor": 0, "state": state}}
    notebooks.write(widgets=widgets)

    found = notebooks.scrub()

    model = notebooks.read()["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]["state"]["m1"]
    assert model["state"] == {"value": REMOVED, "max": 5}
    assert base64.b64decode(model["buffers"][0]["data"]).decode() == f"email,points\n{REMOVED},7\n"
    assert model["buffers"][1]["data"] == book
    assert (found.tally.files, set(found.table["part"])) == (1, {"widget state"})


def test_a_download_within_html_is_opened_where_it_is_text(notebooks):
    content = base64.b64encode(b"user,n\nzobrien,1\n").decode()

    shown = notebooks.shown(output(text_html=f'<a download="x.csv" href="data:text/csv;base64,{content}">x</a>'))

    inner = shown.split("base64,")[1].split('"')[0]
    assert base64.b64decode(inner).decode() == f"user,n\n{REMOVED},1\n"


def test_a_picture_is_left_whole_and_counted(notebooks):
    noise = "Ada/Zoe+Max/" * 40
    html = f'<img alt="of Ada" src="data:image/png;base64,{noise}">'
    notebooks.write(output(text_html=html), {**output(), "data": {"image/png": noise}})

    found = notebooks.scrub()

    first, second = notebooks.read()["cells"][0]["outputs"]
    assert "".join(first["data"]["text/html"]) == html.replace("of Ada", f"of {REMOVED}")
    assert "".join(second["data"]["image/png"]) == noise
    assert found.pictures == 2
    assert "2 pictures" in repr(found)


def test_metadata_attachments_and_a_cells_id_are_read(notebooks):
    notebooks.write(
        prose="![x](attachment:Ada%20Lovelace.png)",
        authors=[{"name": "Ada Lovelace"}],
        kernelspec={"name": "ada", "display_name": "Ada"},
    )
    made = json.loads(notebooks.path.read_text(encoding="utf-8"))
    made["cells"][1] |= {"attachments": {"Ada Lovelace.png": {"image/png": "AAAA"}}, "id": "ada-lovelace"}
    made["cells"][1]["metadata"]["tags"] = ["for-ada-lovelace"]
    notebooks.path.write_text(json.dumps(made), encoding="utf-8")

    notebooks.scrub()

    clean = notebooks.read()
    cell = clean["cells"][1]
    assert clean["metadata"] == {"authors": [{"name": REMOVED}], "kernelspec": {"name": "ada", "display_name": "Ada"}}
    assert list(cell["attachments"]) == [f"{REMOVED}.png"]
    assert "".join(cell["source"]) == f"![x](attachment:{REMOVED}.png)"
    assert cell["metadata"]["tags"] == [f"for-{REMOVED}"]
    assert cell["id"] == "removed-2"


def test_the_address_of_a_picture_is_found(notebooks):
    notebooks.roster = pd.DataFrame({"user_id": ["u-1"], "picture": ["https://uni.example/pix/77/f1.png?rev=2"]})
    html = '<img src="https://uni.example/pix/77/f1.png?rev=2"><img src="https://uni.example/pix/78/f1.png">'

    shown = notebooks.shown(output(text_html=html))

    assert shown == f'<img src="{REMOVED}"><img src="https://uni.example/pix/78/f1.png">'


def test_an_unknown_address_at_a_known_host_is_a_suspect_and_stays(notebooks):
    text = "who@students.example.edu, who@mail.students.example.edu, who@other.example"
    notebooks.write(stream(text))

    found = notebooks.scrub()

    assert (found.removed, found.suspects) == (0, 2)
    assert "".join(notebooks.read()["cells"][0]["outputs"][0]["text"]) == text


def test_a_roster_with_names_alone_is_enough_to_find_their_parts(notebooks):
    """Open edX sends a name and an address, and no given or family name."""
    notebooks.roster = pd.DataFrame({"user_id": ["u"], "name": ["María de la Cruz"]})

    assert notebooks.shown(stream("María / de la Cruz / Cruz, María / de la")) == " / ".join(
        [REMOVED, f"de la {REMOVED}", f"{REMOVED}, {REMOVED}", "de la"]
    )


def test_the_test_student_is_nobody_by_halves(notebooks):
    notebooks.roster = pd.DataFrame(
        {
            "user_id": ["a0000000-1"],
            "name": ["Test Student"],
            "given_name": ["Test"],
            "family_name": ["Student"],
            "test_user": [True],
        }
    )

    assert notebooks.shown(stream("Test / Student ID / Test Student / a0000000-1")) == (
        f"Test / Student ID / {REMOVED} / {REMOVED}"
    )
