"""Bring a template and a translation up to date with an export.

Usage: translate.py EXPORT TEMPLATE TRANSLATION. It lists the terms without a translation: new ones,
and those that are the same in both languages (tests/core/test_translations.py names these).
"""

import sys

import polib


def main(export_path, template_path, translation_path):
    export, template = polib.pofile(export_path), polib.pofile(template_path)
    # The dates of an export would make every one of them a change.
    export.metadata = template.metadata
    export.save(template_path)
    known = {entry.msgid: entry.msgstr for entry in polib.pofile(translation_path)}
    translation = polib.POFile()
    translation.metadata = polib.pofile(translation_path).metadata
    for entry in export:
        entry.msgstr = known.get(entry.msgid, "")
        translation.append(entry)
    translation.save(translation_path)
    empty = [entry.msgid for entry in translation if not entry.msgstr]
    sys.stdout.writelines(f"not translated: {msgid!r}\n" for msgid in empty)
    sys.stdout.write(f"{len(translation)} terms, {len(empty)} without a translation\n")


main(*sys.argv[1:])
