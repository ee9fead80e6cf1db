import base64
import os
import re

from werkzeug.exceptions import abort

from odoo.exceptions import AccessError, MissingError, UserError
from odoo.http import Controller, content_disposition, request

from ..tools import sandbox_places
from ..tools.pdf_shrink import MAX_FILES, MAX_INPUT, ShrinkRefused, check_sizes
from ..tools.text_limits import clean_filename
from .verbs import route

_ID = re.compile(r"[1-9]\d{0,8}")
_KINDS = {".pdf": "application/pdf", ".html": "text/html"}
FORM_SIZE = 64 * 1024  # bytes of everything in the request that is not a file


def limit_upload(_controller):
    """Return the size in bytes that a request with files may have, or refuse it if no file can be
    examined now.

    Odoo asks before it reads the request, so that 20 MB are not parsed in vain.
    """
    if sandbox_places.is_full():
        # Received, because a browser that is cut off does not read the response, but never parsed.
        request.httprequest.max_content_length = MAX_INPUT + FORM_SIZE
        request.httprequest.get_data(cache=False)
        sentence = request.env["certificate.pdf.mixin"]._get_busy_sentence()
        abort(refuse_pdf(sentence, 429))
    return MAX_INPUT + FORM_SIZE


def answer_with_pdf(record, make):
    """Make one PDF from the uploaded `files`, and respond with it or with an error.

    :param record: of `certificate.pdf.mixin`, which provides the error messages
    :param make: function that makes it from the files, a list of bytes
    :return: JSON, as returned by `CertificatePdfController.make_pdf`
    """
    # One more than is accepted, so that the error is raised; the others are not even read.
    uploads = request.httprequest.files.getlist("files")[: MAX_FILES + 1]
    try:
        check_sizes([_get_size(upload) for upload in uploads])
        data = make([upload.read() for upload in uploads])
    except ShrinkRefused as refused:
        sentence = record._get_pdf_refusals(refused.pages)[refused.code]
        return refuse_pdf(sentence, 422, position=refused.position)
    except (AccessError, MissingError) as error:
        return refuse_pdf(str(error), 403)
    except UserError as error:
        return refuse_pdf(str(error), 429)
    return request.make_json_response({"pdf": base64.b64encode(data).decode(), "size": len(data)})


def give_document(data, name, extension=".pdf"):
    """Send a document to be saved.

    :param bytes data: the document
    :param str name: its name, with or without the extension, which may be anybody's text
    :param str extension: of `_KINDS`; what was uploaded is a PDF, whatever its first bytes are
    """
    filename = clean_filename(name or "", extension) or f"file{extension}"
    return request.make_response(
        data,
        [
            ("Content-Type", _KINDS[extension]),
            ("Content-Disposition", content_disposition(filename)),
        ],
    )


def give_invoice(activation):
    """Send the paid invoice of an activation: a PDF, or the page that Odoo prints on a server that makes none.

    :raise UserError: while there is none
    """
    data = activation._read_invoice()
    extension = ".pdf" if data.startswith(b"%PDF") else ".html"
    return give_document(data, activation._get_invoice_filename(), extension)


def _get_size(upload):
    upload.seek(0, os.SEEK_END)
    size = upload.tell()
    upload.seek(0)
    return size


def refuse_pdf(sentence, status, **facts):
    return request.make_json_response({"error": sentence, **facts}, status=status)


class CertificatePdfController(Controller):
    @route(
        "/certificate/pdf",
        ["POST"],
        type="http",
        auth="user",
        max_content_length=limit_upload,
    )
    def make_pdf(self, model="", res_id="", **_kwargs):
        """Make one PDF from the uploaded `files`, scans or photos, and store nothing.

        `model` and `res_id` name the record that the PDF is going to be attached to.

        :return: JSON: the PDF as base64 under `pdf` with its `size` in bytes; otherwise a sentence
            under `error`, and under `position` which file is the reason, from 0
        """
        env = request.env
        if not (getattr(env.get(str(model)), "_pdf_fields", ()) and _ID.fullmatch(str(res_id))):
            return refuse_pdf(env._("You cannot attach anything there. Reload the page."), 404)
        record = env[model].browse(int(res_id))
        return answer_with_pdf(record, record._make_pdf)
