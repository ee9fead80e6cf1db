"""The chain of a log: whatever is done to its rows is found."""

import random
from dataclasses import replace
from datetime import date, timedelta

from odoo.tests import BaseCase

from ...tools.key_seal import Secret
from ...tools.signature_chain import (
    MAX_BREAKS,
    WHOLE_DAYS,
    Head,
    Row,
    Walk,
    extend,
    find_breaks,
    hash_row,
    is_current,
    is_own_note,
    is_unsealed,
    make_checkpoint,
    make_head,
    seal_note,
)

SECRETS = (Secret(b"a secret outside the database, of a test"),)
OTHER = Secret(b"another secret outside the database")


def make_chain(count, secrets=SECRETS, chain=7):
    rows, previous_hash = [], ""
    for position in range(1, count + 1):
        values = (position + 100, "Invoice", f"SETP{position}", None)
        row_hash = hash_row(position, previous_hash, values)
        rows.append(Row(position, previous_hash, row_hash, values))
        previous_hash = row_hash
    return rows, [make_head(chain, count, previous_hash, secrets)]


def write_anew(rows):
    """Compute all hashes again, as anyone who knows how they are computed can."""
    written, previous_hash = [], ""
    for position, row in enumerate(rows, 1):
        row_hash = hash_row(position, previous_hash, row.values)
        written.append(Row(position, previous_hash, row_hash, row.values))
        previous_hash = row_hash
    return written


class TestSignatureChain(BaseCase):
    def find(self, rows, heads, secrets=SECRETS, chain=7):
        return [
            (broken.code, broken.position) for broken in find_breaks(chain, rows, heads, secrets)
        ]

    def setUp(self):
        super().setUp()
        self.rows, self.heads = make_chain(9)

    def test_an_unaltered_chain_is_good_in_whatever_order_it_is_read(self):
        random.Random(1).shuffle(self.rows)
        self.assertEqual(self.find(self.rows, self.heads), [])
        self.assertEqual(self.find([], []), [])
        self.assertEqual(self.find(*make_chain(3, ()), ()), [])

    def test_a_changed_row_is_found(self):
        self.rows[4] = replace(self.rows[4], values=(105, "Invoice", "SETP6", None))
        self.assertEqual(self.find(self.rows, self.heads), [("changed", 5)])

    def test_a_changed_row_with_its_own_hash_is_found(self):
        values = (105, "Invoice", "SETP6", None)
        row = self.rows[4]
        self.rows[4] = replace(row, values=values, hash=hash_row(5, row.previous_hash, values))
        self.assertEqual(self.find(self.rows, self.heads), [("broken", 6)])

    def test_a_removed_row_is_found(self):
        for index in (0, 4):
            rows = [row for row in self.rows if row != self.rows[index]]
            self.assertEqual(self.find(rows, self.heads), [("missing", index + 2)])

    def test_removed_ends_are_found(self):
        self.assertEqual(self.find(self.rows[:-1], self.heads), [("truncated", 9)])
        self.assertEqual(self.find(self.rows[:3], self.heads), [("truncated", 4)])
        self.assertEqual(self.find([], self.heads), [("truncated", 1)])

    def test_an_inserted_row_is_found(self):
        last = self.rows[-1]
        values = (999, "Invoice", "FALSE1", None)
        for row in (
            Row(10, last.hash, hash_row(10, last.hash, values), values),
            Row(5, self.rows[3].hash, hash_row(5, self.rows[3].hash, values), values),
            Row(None, "", "", values),
        ):
            self.assertTrue(self.find([*self.rows, row], self.heads))

    def test_rows_that_changed_places_are_found(self):
        first, second = self.rows[2], self.rows[5]
        self.rows[2] = replace(second, position=3)
        self.rows[5] = replace(first, position=6)
        self.assertTrue(self.find(self.rows, self.heads))

    def test_a_missing_or_false_head_is_found(self):
        self.assertEqual(self.find(self.rows, []), [("headless", 10)])
        for head in (
            replace(self.heads[0], count=8),
            replace(self.heads[0], hash=self.rows[-2].hash),
            replace(self.heads[0], seal=""),
            make_head(8, 9, self.rows[-1].hash, SECRETS),  # of another chain
            make_head(7, 9, self.rows[-1].hash, (OTHER,)),
        ):
            self.assertIn("unsealed", dict(self.find(self.rows, [head])))

    def test_a_chain_that_is_written_anew_is_found_by_its_seal(self):
        rows = write_anew([row for row in self.rows if row.position != 4])
        end = rows[-1]
        self.assertEqual(self.find(rows, [Head(end.position, end.hash, "")], ()), [], "no secret")
        head = Head(end.position, end.hash, self.heads[0].seal)
        self.assertEqual(self.find(rows, [head]), [("unsealed", 9)])

    def test_the_longest_of_several_heads_counts_and_all_must_be_sealed(self):
        earlier = make_head(7, 6, self.rows[5].hash, SECRETS)
        self.assertEqual(self.find(self.rows, [*self.heads, earlier]), [])
        false = replace(earlier, seal="0" * 64)
        self.assertEqual(self.find(self.rows, [*self.heads, false]), [("unsealed", 10)])

    def test_a_chain_is_extended_behind_its_longest_good_head(self):
        new = [Row(None, "", "", (200 + number, "Invoice", f"NEW{number}")) for number in range(3)]
        placed, head = extend(7, new, self.heads, 9, SECRETS)
        self.assertEqual([row.position for row in placed], [10, 11, 12])
        self.assertEqual(self.find([*self.rows, *placed], [head]), [])
        self.assertEqual(extend(7, [], [], 0, SECRETS)[1].count, 0)

    def test_what_is_extended_covers_nothing_that_was_altered(self):
        new = [Row(None, "", "", (200, "Invoice", "NEW"))]
        for name, rows, heads, last in (
            ("the last row", self.rows[:-1], self.heads, 8),
            ("no head", self.rows[:-1], [], 8),
            ("a false head", self.rows[:-1], [Head(8, self.rows[-2].hash, "")], 8),
        ):
            with self.subTest(name):
                placed, head = extend(7, new, heads, last, SECRETS)
                self.assertTrue(self.find([*rows, *placed], [*heads, head]))

    def test_a_chain_that_was_never_sealed_is_told_from_one_whose_seal_is_wrong(self):
        unsealed = make_chain(3, ())[1]
        self.assertTrue(is_unsealed(unsealed))
        for heads in ([], self.heads, [*unsealed, *self.heads], [Head(1, "", "0" * 64)]):
            self.assertFalse(is_unsealed(heads))

    def test_the_secret_before_still_counts(self):
        self.assertEqual(self.find(self.rows, self.heads, (OTHER, *SECRETS)), [])
        self.assertEqual(self.find(self.rows, self.heads, (OTHER,)), [("unsealed", 10)])


class TestWalkFromWhereItWasChecked(BaseCase):
    def setUp(self):
        super().setUp()
        self.rows, self.heads = make_chain(9)

    def walk(self, count, rows, last_hash=None, heads=None, before=None):
        walk = Walk(7, count, last_hash or self.rows[count - 1].hash)
        walk.expect(count - 1 if before is None else before)
        for row in rows:
            walk.add(row)
        found = walk.finish(self.heads if heads is None else heads, SECRETS)
        return [(broken.code, broken.position) for broken in found]

    def test_an_unaltered_rest_is_good_from_every_place(self):
        for count in range(1, 10):
            self.assertEqual(self.walk(count, self.rows[count - 1 :]), [])

    def test_whatever_is_done_to_the_rest_is_found(self):
        other = replace(self.rows[4], values=(105, "Invoice", "SETP6", None))
        anew = write_anew([*self.rows[:4], other, *self.rows[5:]])
        for name, rows, found in (
            ("the first one is another", anew[4:], [("changed", 5)]),
            ("the first one is changed", [other, *self.rows[5:]], [("changed", 5)]),
            ("the first one is gone", self.rows[5:], [("missing", 6)]),
            ("the last one is gone", self.rows[4:-1], [("truncated", 9)]),
            ("all are gone", [], [("truncated", 5)]),
            ("one between", [*self.rows[4:6], *self.rows[7:]], [("missing", 8)]),
        ):
            with self.subTest(name):
                self.assertEqual(self.walk(5, rows)[: len(found)], found)
        self.assertEqual(self.walk(5, [], heads=[]), [("headless", 5)])

    def test_rows_before_are_counted(self):
        for before in (3, 5):
            self.assertEqual(self.walk(5, self.rows[4:], before=before), [("missing", 5)])

    def test_as_many_are_told_as_can_be_read(self):
        rows = [replace(row, hash="0" * 64) for row in make_chain(MAX_BREAKS + 5)[0]]
        self.assertEqual(len(find_breaks(7, rows, [], SECRETS)), MAX_BREAKS)

    def test_a_checkpoint_is_good_for_its_chain_for_some_days(self):
        day = date(2026, 11, 30)
        point = make_checkpoint(7, 5, "hash", day, SECRETS)
        for age in range(WHOLE_DAYS):
            self.assertTrue(is_current(7, point, day + timedelta(age), SECRETS))
        for age in (-1, WHOLE_DAYS, 1000):
            self.assertFalse(is_current(7, point, day + timedelta(age), SECRETS))
        self.assertFalse(is_current("history:7", point, day, SECRETS))
        self.assertTrue(is_current(7, point, day, (OTHER, *SECRETS)))
        for secrets in ((OTHER,), ()):
            self.assertFalse(is_current(7, point, day, secrets))
        for change in (
            {"count": 6},
            {"hash": "other"},
            {"whole_on": day + timedelta(1)},
            {"seal": ""},
            {"seal": None},
        ):
            with self.subTest(change):
                changed = replace(point, **change)
                self.assertFalse(is_current(7, changed, day + timedelta(1), SECRETS))
        self.assertIsNone(make_checkpoint(7, 5, "hash", day, ()))

    def test_a_note_is_its_own(self):
        seal = seal_note(3, "content", SECRETS)
        self.assertTrue(is_own_note(3, "content", seal, SECRETS))
        for name, content, other in ((4, "content", seal), (3, "other", seal), (3, "content", "")):
            self.assertFalse(is_own_note(name, content, other, SECRETS))
        self.assertFalse(is_own_note(3, "content", seal, (OTHER,)))
        self.assertTrue(is_own_note(3, "content", "", ()), "nobody can tell")
