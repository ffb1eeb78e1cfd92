"""The states of a job, and the only ways from one to another."""

from __future__ import annotations

from typing import Literal

State = Literal["queued", "running", "stopping", "finished", "failed", "killed"]

_NEXT: dict[State, frozenset[State]] = {
    # A queued job has no code that runs: a kill needs no `stopping`.
    "queued": frozenset({"running", "failed", "killed"}),
    "running": frozenset({"stopping", "finished", "failed", "killed"}),
    # The code may return, or raise something of its own, while the kill is on its way.
    "stopping": frozenset({"finished", "failed", "killed"}),
    "finished": frozenset(),
    "failed": frozenset(),
    "killed": frozenset(),
}

ENDED: frozenset[State] = frozenset(state for state, following in _NEXT.items() if not following)
"""The states that a job never leaves."""


class InvalidTransition(Exception):
    """A state change that must not happen; tells how the job came to where it is."""

    def __init__(self, job_id: int, history: list[State], wanted: State) -> None:
        super().__init__(f"job {job_id} cannot become {wanted}: it was {' → '.join(history)}")


def check_transition(job_id: int, history: list[State], wanted: State) -> None:
    """Raise `InvalidTransition` unless the last state of `history` may become `wanted`."""
    if wanted not in _NEXT[history[-1]]:
        raise InvalidTransition(job_id, history, wanted)
