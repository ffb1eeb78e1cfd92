"""The states of a job, and nothing but the allowed ways between them."""

from __future__ import annotations

import itertools
from typing import get_args

import pytest

from jupyterlab_jobs.kernel.states import ENDED, InvalidTransition, State, check_transition

ALLOWED = {
    ("queued", "running"),
    ("queued", "failed"),
    ("queued", "killed"),
    ("running", "stopping"),
    ("running", "finished"),
    ("running", "failed"),
    ("running", "killed"),
    ("stopping", "finished"),
    ("stopping", "failed"),
    ("stopping", "killed"),
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(get_args(State), repeat=2)))
def test_every_pair_of_states(before: State, after: State) -> None:
    if (before, after) in ALLOWED:
        check_transition(1, ["queued", before], after)
    else:
        with pytest.raises(InvalidTransition, match=f"job 1 cannot become {after}: it was queued → {before}"):
            check_transition(1, ["queued", before], after)


def test_what_has_ended_stays_so() -> None:
    assert {"finished", "failed", "killed"} == ENDED
