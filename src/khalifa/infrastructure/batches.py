"""Natural batching: whatever came while one batch was in hand is the next."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")

MOST_ITEMS = 500
MOST_BYTES = 4 * 1024 * 1024


class Batches(Generic[T]):
    """
    A queue whose one reader takes all that waits, up to 500 items or 4 MB.

    There is no timer: an idle reader gets an item at once, alone; a busy one
    finds company. An item of 4 MB or more travels alone. `put` is safe from
    any thread and never blocks; `take` is for one thread.
    """

    def __init__(self, size_of: Callable[[T], int]) -> None:
        self._waiting = SimpleQueue[T]()
        self._size_of = size_of
        self._left_over: list[T] = []

    def put(self, item: T) -> None:
        self._waiting.put(item)

    def take(self) -> list[T]:
        """Return the next batch in the order it came, waiting for its first item."""
        batch = self._left_over or [self._waiting.get()]
        self._left_over = []
        size = self._size_of(batch[0])
        while len(batch) < MOST_ITEMS and size < MOST_BYTES:
            try:
                item = self._waiting.get_nowait()
            except Empty:
                break
            size += self._size_of(item)
            if size > MOST_BYTES:
                self._left_over = [item]
                break
            batch.append(item)
        return batch
