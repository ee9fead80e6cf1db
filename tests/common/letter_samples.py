# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Scans of a letter and digitally signed letters for the tests, made at run time."""

import base64
import io

import qrcode
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from PIL import Image, ImageDraw, TiffImagePlugin  # noqa: F401  # the last saves pages in black and white
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.timestamps import DummyTimeStamper
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pypdf.generic import ContentStream

try:
    from . import own_samples
except ImportError:  # the benchmark has this folder on its path
    import own_samples

INCH = 25.4  # mm


def letter_page(code, dpi=150, mode="L", turn=0):
    """An A4 page as a scanner sees the letter: lines of text, a scrawl, the QR code of 30 mm.

    :param code: what the QR code says; None leaves it out.
    :param turn: degrees, counter-clockwise.
    """
    width, height = round(210 / INCH * dpi), round(297 / INCH * dpi)
    page = Image.new("L", (width, height), 248)
    draw = ImageDraw.Draw(page)
    for line in range(dpi, height - 5 * dpi, dpi // 5):
        for word in range(dpi, width - dpi, dpi // 2):
            draw.line((word, line, word + dpi // 3 + line % 17, line), fill=60, width=dpi // 30)
    scrawl = [(dpi + step * dpi // 10, height - 4 * dpi + step * 37 % dpi) for step in range(20)]
    draw.line(scrawl, fill=50, width=max(dpi // 50, 1))
    if code:
        maker = qrcode.QRCode(border=4, error_correction=qrcode.ERROR_CORRECT_L)
        maker.add_data(code)
        side = round(30 / INCH * dpi)
        picture = maker.make_image().get_image().convert("L").resize((side, side))
        page.paste(picture, ((width - side) // 2, height - round(42 / INCH * dpi)))
    page = page.rotate(turn, expand=True, fillcolor=248, resample=Image.BILINEAR)
    return page.convert(mode, dither=Image.Dither.NONE)


def images_pdf(*images, dpi=150, **options):
    """One picture a page, as scanning programs save them."""
    images = [image.copy() for image in images]  # Pillow keeps with each what it was saved as
    file = io.BytesIO()
    images[0].save(file, "PDF", resolution=dpi, save_all=True, append_images=images[1:], **options)
    return file.getvalue()


def letter_scan(code, pages=1, dpi=150, mode="L", turn=0):
    """The scan of a letter of `pages` pages."""
    says = [code and f"{code} {number}/{pages}" for number in range(1, pages + 1)]
    return images_pdf(*[letter_page(qr, dpi, mode, turn) for qr in says], dpi=dpi)


def make_signer(name="María Fernanda Pérez Gómez"):
    """A signer with a fresh certificate of an authority that somebody has made: it proves nothing."""
    key, authority_key = (
        rsa.generate_private_key(public_exponent=65537, key_size=2048) for _key in range(2)
    )
    authority = own_samples.make_name((NameOID.COMMON_NAME, "Entidad de Certificación de Prueba"))
    return signer_of(
        own_samples.issue(
            own_samples.make_name((NameOID.COMMON_NAME, name)), key, authority, authority_key
        ),
        key,
        [
            own_samples.issue(
                authority, authority_key, authority, authority_key, usage=("key_cert_sign",)
            )
        ],
    )


def make_trusted_signer(name="María Fernanda Pérez Gómez", number="52123456", **options):
    """A signer whose certificate leads to the root of `own_samples.get_chain`, and names a number."""
    subject = own_samples.make_name((NameOID.COMMON_NAME, name), (NameOID.SERIAL_NUMBER, number))
    key = own_samples.get_key("person")
    return signer_of(own_samples.issue(subject, key, **options), key, own_samples.get_chain()[:1])


def signer_of(certificate, key, chain):
    archive = pkcs12.serialize_key_and_certificates(b"", key, certificate, chain, NoEncryption())
    return signers.SimpleSigner.load_pkcs12_data(archive, other_certs=[])


class _PlainSigner(signers.SimpleSigner):
    """Writes the two numbers of a signature one after the other, as some programs do."""

    async def async_sign_raw(self, data, digest_algorithm, dry_run=False):
        if dry_run:
            return bytes(64)
        value = await super().async_sign_raw(data, digest_algorithm)
        return b"".join(number.to_bytes(32, "big") for number in decode_dss_signature(value))


def make_plain_signer():
    key = ec.generate_private_key(ec.SECP256R1())
    name = own_samples.make_name((NameOID.COMMON_NAME, "Ana Gómez"))
    signer = signer_of(own_samples.issue(name, key, name, key), key, [])
    return _PlainSigner(
        signing_cert=signer.signing_cert,
        signing_key=signer.signing_key,
        cert_registry=signer.cert_registry,
    )


def signed_pdf(data, signer=None, field="Signature1"):
    """The file with a PAdES signature, added without changing what is there."""
    metadata = signers.PdfSignatureMetadata(
        field_name=field, md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES
    )
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    return signers.sign_pdf(writer, metadata, signer=signer or make_signer()).getvalue()


def stamped_pdf(data):
    """The file with a time stamp of the document (PAdES-LTA), of an authority that somebody has made."""
    key = own_samples.get_key("person")
    name = own_samples.make_name((NameOID.COMMON_NAME, "Estampa de Prueba"))
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
    certificate = own_samples.issue(name, key, name, key, extensions=(usage,))
    signer = signer_of(certificate, key, [])
    stamper = DummyTimeStamper(signer.signing_cert, signer.signing_key)
    writer = IncrementalPdfFileWriter(io.BytesIO(data), strict=False)
    return signers.PdfTimeStamper(stamper).timestamp_pdf(writer, "sha256").getvalue()


def with_store(data):
    """The file with a store of proofs (DSS) of its first signature."""
    file = io.BytesIO(data)
    (signature, *_others) = PdfFileReader(file, strict=False).embedded_regular_signatures
    contents = signature.pkcs7_content.hex().encode()
    DocumentSecurityStore.add_dss(file, contents, certs=[signature.signer_cert])
    return file.getvalue()


def data_uri(kind, size=(30, 20)):
    """A picture as HTML holds it."""
    stream = io.BytesIO()
    Image.new("RGB", size, "navy").save(stream, kind)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(stream.getvalue()).decode()}"


def drawn_modules(page):
    """The dark modules that the page draws: rows from the top, as lists of booleans."""
    (form,) = (
        item.get_object()
        for item in page["/Resources"]["/XObject"].values()
        if item.get_object()["/Subtype"] == "/Form"
    )
    side = int(form["/BBox"][2])
    modules = [[False] * side for _row in range(side)]
    for operands, operator in ContentStream(form, None).operations:
        if operator == b"re":
            x, y, width, height = (int(operand) for operand in operands)
            assert height == 1, "a run of modules is one row high"
            modules[side - 1 - y][x : x + width] = [True] * width
    return modules


def possible_modules(code):
    """What an independent library draws for the code, with each of the eight masks."""
    matrices = []
    for mask in range(8):
        maker = qrcode.QRCode(
            error_correction=qrcode.constants.ERROR_CORRECT_L, border=0, mask_pattern=mask
        )
        # One segment of the densest mode that takes the whole code.
        maker.add_data(code, optimize=0)
        maker.make()
        matrices.append([[bool(module) for module in row] for row in maker.get_matrix()])
    return matrices
