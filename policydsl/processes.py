"""Work handed out to processes: each begins anew with inputs of its own, results come in order.

A process that dies (out of memory, a fault of a library) takes one piece of work with it: what was
under way is done again, each alone, and what does not come through is lost and said to be.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")

AHEAD = 3
"""Jobs a process that may be under way or done before the first of them is taken: results that
wait are memory."""


@dataclass(frozen=True, slots=True)
class Lost:
    """What became of a job whose process died, twice."""


@dataclass(frozen=True)
class Processes(Generic[Job, Result]):
    """`count` processes, each of which calls `prepare(*given)` once and what that returns for each
    of its jobs. All of them can be pickled; nothing else is shared, so that it is the same whether
    processes are forked or spawned: they are spawned."""

    count: int
    prepare: Callable[..., Callable[[Job], Result]]
    given: tuple[object, ...] = ()

    def results(self, jobs: Iterable[Job]) -> Iterator[Result | Lost]:
        """What the jobs come to, in their order. The error of a job is raised in its turn."""
        waiting = iter(jobs)
        pending: deque[Job] = deque()
        while True:
            try:
                yield from self._until_broken(waiting, pending)
            except BrokenProcessPool:
                while pending:
                    yield self._alone(pending.popleft())
            else:
                return

    def _until_broken(self, waiting: Iterator[Job], pending: deque[Job]) -> Iterator[Result]:
        """Results as long as every process lives; `pending` are the jobs not yet answered."""
        with self._pool(self.count) as pool:
            under_way: deque[Future[Result]] = deque()
            try:
                while True:
                    while len(under_way) < self.count * AHEAD:
                        job = next(waiting, None)
                        if job is None:
                            break
                        pending.append(job)
                        under_way.append(pool.submit(_done, job))
                    if not under_way:
                        return
                    result: Result = under_way.popleft().result()
                    pending.popleft()
                    yield result
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _alone(self, job: Job) -> Result | Lost:
        with self._pool(1) as pool:
            try:
                result: Result = pool.submit(_done, job).result()
            except BrokenProcessPool:
                return Lost()
            return result

    def _pool(self, count: int) -> ProcessPoolExecutor:
        return ProcessPoolExecutor(
            count, get_context("spawn"), initializer=_begin, initargs=(self.prepare, self.given)
        )


# --- inside a process -----------------------------------------------------------------------------


class _Here:
    """What this process does with a job."""

    answer: Callable[[Any], Any]


def _begin(prepare: Callable[..., Callable[[Any], Any]], given: tuple[object, ...]) -> None:
    _Here.answer = staticmethod(prepare(*given))


def _done(job: Any) -> Any:
    return _Here.answer(job)
