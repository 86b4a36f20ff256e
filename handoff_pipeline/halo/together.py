"""Runs coroutines at once and gives their results in order; the first failure ends the others and is raised as itself.

Only concurrency; no HTTP. The one thing to know: asyncio's TaskGroup raises a group of errors, and a reader of the log wants the one cause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

Item = TypeVar("Item")
T = TypeVar("T")


async def together(work: Iterable[Coroutine[Any, Any, T]]) -> list[T]:
    """The results in the order of `work`. Raises the first failure; the rest are cancelled."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in work]
    except BaseExceptionGroup as failures:
        raise _first(failures) from None
    return [task.result() for task in tasks]


async def in_lanes(items: Iterable[Item], work: Callable[[Item], Awaitable[None]], lanes: int) -> None:
    """Works through `items` in their order, `lanes` at a time: a thousand pages are not a thousand tasks. Raises as above."""
    queue = iter(items)

    async def lane() -> None:
        for item in queue:
            await work(item)

    await together(lane() for _ in range(lanes))


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first failure that is not itself a group."""
    first: BaseException = failures
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
