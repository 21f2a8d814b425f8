"""What a start has made is no business of the garbage collector's."""

import gc

from khalifa.entrypoints.start import pause_collector, set_start_aside


def test_nothing_is_collected_until_the_start_is_set_aside() -> None:
    pause_collector()
    try:
        assert not gc.isenabled()
        made = [[] for _ in range(1000)]  # type: list[list[object]]
        before = gc.get_freeze_count()
    finally:
        set_start_aside()

    assert gc.isenabled()
    assert gc.get_freeze_count() >= before + len(made)
