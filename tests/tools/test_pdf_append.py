# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Pages behind an uploaded PDF: the file's own first, the same bytes each time, and never a cut file."""

from io import BytesIO
from unittest.mock import patch

import pypdf

from odoo.tests import BaseCase

from ...tools import pdf_append, sandbox
from ..common import pdf_samples


class TestPdfAppend(BaseCase):
    def test_pages_follow_the_file(self):
        pages = pdf_samples.text_pdf("la constancia", 2)
        for letter in (pdf_samples.text_pdf("la carta", 2), pdf_samples.scan_pdf(2)):
            result = pdf_append.append_pdf(letter, pages)
            found = pypdf.PdfReader(BytesIO(result)).pages
            self.assertEqual(len(found), 4)
            for page in found[2:]:
                self.assertEqual(page.extract_text().strip(), "la constancia")
            self.assertEqual(
                [page.extract_text() for page in found[:2]],
                [page.extract_text() for page in pypdf.PdfReader(BytesIO(letter)).pages],
            )
            self.assertEqual(pdf_append.append_pdf(letter, pages), result)

    def test_what_cannot_be_taken_apart(self):
        for data in (b"", b"%PDF-1.4\n%%EOF", pdf_samples.scan_pdf()[:500]):
            with self.assertRaises(pdf_append.PdfNotAppended):
                pdf_append.append_pdf(data, pdf_samples.text_pdf())

    def test_a_file_that_was_cut_is_no_file(self):
        whole = sandbox.run_child(
            pdf_append._CHILD,
            len(pdf_samples.text_pdf()).to_bytes(4, "big") + pdf_samples.text_pdf() * 2,
        )
        for written in (whole[:-1], whole[:40], whole[:32], whole[:5], b""):
            with (
                patch.object(pdf_append, "run_child", return_value=written),
                self.assertRaises(pdf_append.PdfNotAppended),
            ):
                pdf_append.append_pdf(pdf_samples.text_pdf(), pdf_samples.text_pdf())
