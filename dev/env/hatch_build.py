"""What hatchling packs, and what the wheel's metadata take from the manifest."""

import ast
import subprocess
import tempfile
from pathlib import Path

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

ADDON = "odoo/addons/l10n_co_certificate_activation"
# The names of all files, in a source distribution, which has no git.
FILE_LIST = "FILES"
# What builds the add-on or stands in the wheel's metadata.
NOT_INSTALLED = (".", "dev/", "COPYING", "pyproject.toml")


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


class TrackedFilesHook(BuildHookInterface):
    def initialize(self, version, build_data):
        """Pack what git tracks, and nothing that merely lies in the folder.

        :param str version: of the build, such as `standard`
        :param dict build_data: changed in place
        :raise SystemExit: when it is not known which files belong to the project
        """
        files = _list_files(Path(self.root))
        if self.target_name == "wheel":
            names = {
                name: f"{ADDON}/{name}" for name in files if not name.startswith(NOT_INSTALLED)
            }
        else:
            names = {name: name for name in files}
            self.folder = tempfile.TemporaryDirectory()
            file_list = Path(self.folder.name, FILE_LIST)
            file_list.write_text("\n".join(files), encoding="utf-8")
            build_data["force_include"][str(file_list)] = FILE_LIST
        build_data["force_include"].update(
            {str(Path(self.root, name)): packed for name, packed in names.items()}
        )


def _list_files(root):
    """Return the paths of the project's files, relative to its folder.

    :param Path root: the folder
    :rtype: list[str]
    :raise SystemExit: without git and without the list of a source distribution, or for a link
    """
    if (root / "PKG-INFO").is_file() and (root / FILE_LIST).is_file():
        files = (root / FILE_LIST).read_text(encoding="utf-8").split("\n")
    else:
        files = _ask_git(root)
    for name in files:
        path = root / name
        if path.is_symlink() or root.resolve() not in path.resolve().parents:
            raise SystemExit(f"error: {name} is a link; only files are packed")
    return files


def _ask_git(root):
    def git(*arguments):
        return subprocess.run(
            ["git", "-C", str(root), *arguments], check=True, capture_output=True, text=True
        ).stdout

    try:
        # Of a folder inside another project's, git would name that one's files.
        if Path(git("rev-parse", "--show-toplevel").rstrip("\n")).resolve() != root.resolve():
            raise FileNotFoundError
        return [name for name in git("ls-files", "-z").split("\0") if name]
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise SystemExit(
            f"error: {root} is no git checkout that git opens, so that it is not known which files belong to "
            "the add-on; build from a clone or from a source distribution"
        ) from error
