"""What the wheel's metadata take from the manifest, for hatchling."""

import ast
from pathlib import Path

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ManifestHook(MetadataHookInterface):
    def update(self, metadata):
        """Fill in what the manifest says.

        Odoo is not among the dependencies: it is on no package index, and installed from a Debian package,
        an image or a checkout pip does not see it. Odoo itself refuses an add-on of another series, and its
        own add-ons are part of it.

        :param dict metadata: the project's table, changed in place
        """
        manifest = ast.literal_eval(Path(self.root, "__manifest__.py").read_text(encoding="utf-8"))
        metadata["description"] = manifest["summary"]
        metadata["authors"] = [{"name": manifest["author"]}]
        metadata["dependencies"] = manifest["external_dependencies"]["python"]
