"""When reminders are sent: on rungs, which are days before the last day."""

import re
from itertools import pairwise

# The traffic light: days left up to which it is yellow, and red.
YELLOW_DAYS = 90
RED_DAYS = 15


def parse_days(text):
    """Read days before the end, as an administrator types them.

    :param str text: whole numbers with anything but letters and signs between, such as `90/60/30` or
        `90, 60, 30`
    :return: each once, the farthest from the end first; empty for an empty text
    :rtype: tuple[int, ...]
    :raise ValueError: for anything else, or a number that is not 1 to 999
    """
    words = re.split(r"[\s/,;]+", (text or "").strip(" /,;\t\n"))
    if words == [""]:
        return ()
    if not all(re.fullmatch(r"[0-9]{1,3}", word) and int(word) for word in words):
        raise ValueError(f"not a list of days: {text!r}")
    return tuple(sorted({int(word) for word in words}, reverse=True))


def get_rungs(days):
    """Return for each rung the range of days left for which it is the nearest one.

    If nothing ran for some days, only the nearest reminder is sent.

    :param tuple[int, ...] days: as returned by `parse_days`
    :return: for each rung itself and the fewest days left that are still its own; the last one goes
        down to 0, the last day
    :rtype: list[tuple[int, int]]
    """
    return [(day, lower + 1) for day, lower in pairwise((*days, -1))]


def find_rung(rungs, left):
    """Return the nearest rung for a number of days left, 0 when there is none.

    :param list rungs: as returned by `get_rungs`
    :param int left: days after today on which it is still valid; negative when it has ended
    :rtype: int
    """
    return next((rung for rung, fewest in rungs if fewest <= left <= rung), 0)


def get_light(left, is_renewed=False):
    """Return the colour of a certificate that still signs.

    :param int left: days after today on which it is valid
    :param bool is_renewed: whether another one follows
    :rtype: str
    """
    if is_renewed or left > YELLOW_DAYS:
        return "green"
    return "yellow" if left > RED_DAYS else "red"
