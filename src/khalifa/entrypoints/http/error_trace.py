"""Where an error was raised, for the log."""

from traceback import FrameSummary, extract_tb

_MOST_CAUSES = 5
_MOST_FRAMES = 12


def trace_of(error: BaseException) -> dict[str, object]:
    """
    Return the error's class and where it was raised, for the log.

    Never its text: that may hold what a customer wrote, a number or a token.
    """
    frames = extract_tb(error.__traceback__)
    return {
        "error": type(error).__name__,
        "causes": [type(cause).__name__ for cause in _causes_of(error)],
        "trace": [_where(frame) for frame in frames[-_MOST_FRAMES:]],
    }


def _causes_of(error: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    cause = error.__cause__ or error.__context__
    while cause is not None and len(causes) < _MOST_CAUSES:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    return causes


def _where(frame: FrameSummary) -> str:
    _, _, file = frame.filename.rpartition("site-packages/")
    return f"{file.rpartition('/src/')[2]}:{frame.lineno} {frame.name}"
