# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""A sample of the hostile files of which dev/benchmarks/pdf_check.py tries ten thousand."""

import itertools

from odoo.tests import BaseCase

from ...tools import pdf_check
from ..common import pdf_hostile


class TestPdfHostile(BaseCase):
    def test_what_is_forbidden_is_refused_wherever_it_hides(self):
        files = pdf_hostile.sample()
        self.assertGreater(len({hostile.kind for hostile in files}), 60)
        for hostile in files:
            with self.subTest(hostile.kind):
                with self.assertRaises(pdf_check.PdfRefused) as refusal:
                    pdf_check.check_pdf(hostile.data)
                self.assertIn(refusal.exception.code, pdf_check.CODES)

    def test_the_bytes_that_forbid_a_file_stay_in_its_mutants(self):
        originals = {hostile.kind: hostile for hostile in pdf_hostile.active_files(3)}
        for mutant in itertools.islice(pdf_hostile.mutants(len(originals), 3), 100):
            original = originals[mutant.kind]
            for start, stop in original.kept:
                self.assertIn(original.data[start:stop], mutant.data)

    def test_the_same_seed_gives_the_same_files(self):
        first, again, other = (
            [hostile.data for hostile in itertools.islice(pdf_hostile.mutants(20, seed), 20)]
            for seed in (1, 1, 2)
        )
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)
