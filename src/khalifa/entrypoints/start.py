"""
Python's garbage collector, kept out of the way of what stays.

Modules, tables and the container are some 200,000 objects that live as long as
the process. To look through them takes a tenth of a second, in which nothing
else runs: several times while they are made, and every few seconds under load.
"""

import gc


def pause_collector() -> None:
    """Collect nothing until `set_start_aside`: what a start makes is there to stay."""
    gc.disable()


def set_start_aside() -> None:
    """Collect again, but never look at what there is by now."""
    gc.freeze()
    gc.enable()
