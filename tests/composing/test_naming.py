from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from composer.composing.naming import FIELDS, default_name, file_name
from composer.errors import BadInputError


@given(st.text(min_size=1, max_size=20), st.sampled_from(FIELDS))
def test_values_never_leave_the_folder(value, field):
    name = file_name("x{" + field + "}", {field: value})
    assert name
    assert not set('/\\:*?"<>|\0\n') & set(name)


@pytest.mark.parametrize(
    "template", ["a/b", "..", "", " ", "{color}", "{seed", "{seed:>900000000}", "{seed!r}", "{0}", "{}", "a\\b"]
)
def test_what_is_no_name_is_refused(template):
    with pytest.raises(BadInputError, match="name"):
        file_name(template, {"seed": 1})


@pytest.mark.parametrize("name", ["CON", "nul", "COM1.x", "lpt9", "aux.{seed}", "a" * 201, "ä" * 101])
def test_what_no_file_system_takes_is_refused_before_composing(name):
    with pytest.raises(BadInputError, match="name"):
        file_name(name, {"seed": 1})
    assert file_name("console {seed}", {"seed": 1}) == "console 1"


def test_default_names_have_no_characters_that_shells_and_daws_refuse():
    assert default_name("waltz+ragtime", "F# minor", 7) == "waltz-ragtime-F-sharp-minor-7"
