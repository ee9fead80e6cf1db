"""Tests of Odoo's own that judge every add-on, run for this one: those that are quick.

Odoo runs them in its own test runs only, where this add-on is not. Left out are: `test_l10n` (tags by which
Odoo shares its tests out among its servers), `test_eslint`, `test_pylint` and `test_checkers` (`dev/lint` has
these rules), `TestAllViews` (each installation checks the views of this add-on), the clicks of `web` in other
apps, and what compares with lists of Odoo's own modules.
"""

import importlib
import sys
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from unittest.mock import patch

from odoo.api import Environment
from odoo.modules.module import Manifest
from odoo.modules.registry import Registry
from odoo.tests import get_db_name, tagged

import odoo.addons
from odoo.addons.base.tests import test_deprecation, test_neutralize, test_overrides, test_views
from odoo.addons.web.tests import test_click_everywhere

from ...const import MODULE


@contextmanager
def lint_package():
    """Let a test of `test_lint` be imported alone: its package asks for pylint."""
    name = "odoo.addons.test_lint.tests"
    package = ModuleType(name)
    folder = next(
        Path(path) / "test_lint/tests"
        for path in odoo.addons.__path__
        if (Path(path) / "test_lint").is_dir()
    )
    package.__path__ = [str(folder)]
    with patch.dict(sys.modules, {name: package}):
        yield lambda test: importlib.import_module(f"{name}.{test}")


with lint_package() as lint:
    test_dunderinit = lint("test_dunderinit")
    test_i18n = lint("test_i18n")
    test_index = lint("test_index")
    test_jstranslate = lint("test_jstranslate")
    test_manifests = lint("test_manifests")
    test_naming = lint("test_naming")
    test_onchange_domains = lint("test_onchange_domains")
    test_orm_import = lint("test_orm_import")
    test_override_signatures = lint("test_override_signatures")
    test_pofile = lint("test_pofile")
    test_routes = lint("test_routes")
    test_test_holes = lint("test_test_holes")


class OdooTest:
    """Shows a test no other add-on's files, and takes what it logs as a warning or an error for a failure."""

    allow_inherited_tests_method = True  # Odoo's runner leaves them out otherwise

    def setUp(self):
        super().setUp()
        manifests = [Manifest.for_addon(MODULE)]
        self.enterContext(patch.object(Manifest, "all_addon_manifests", lambda: manifests))
        self.enterContext(self.assertNoLogs("odoo.addons", "WARNING"))

    def _get_own_models(self):
        """Return the models that this add-on has a part in, by name."""
        package = f"odoo.addons.{MODULE}."
        return {
            name: model
            for name, model in Registry(get_db_name()).items()
            if any(cls.__module__.startswith(package) for cls in model.__mro__)
        }


@tagged("standard", "post_install", "-at_install")
class TestRenderAllViews(OdooTest, test_views.TestRenderAllViews):
    """Each model has views for whoever reads it."""

    def setUp(self):
        super().setUp()
        own = self._get_own_models()
        self.enterContext(
            patch.object(Environment, "values", lambda env: [env[name] for name in own])
        )


@tagged("standard", "post_install", "-at_install")
class TestInvisibleField(OdooTest, test_views.TestInvisibleField):
    """A field that is never seen says why it is there."""


@tagged("standard", "post_install", "-at_install")
class TestOverrides(OdooTest, test_overrides.TestOverrides):
    """Empty recordsets can be created, written and deleted everywhere."""


@tagged("standard", "post_install", "-at_install")
class TestDeprecations(OdooTest, test_deprecation.TestModelDeprecations):
    """No model has what Odoo has done away with."""


@tagged("standard", "post_install", "-at_install")
class TestNeutralize(OdooTest, test_neutralize.TestNeutralize):
    """The SQL of neutralised copies runs."""


@tagged("standard", "post_install", "-at_install")
class TestDunderinit(OdooTest, test_dunderinit.TestDunderinit):
    pass


@tagged("standard", "post_install", "-at_install")
class TestI18n(OdooTest, test_i18n.TestI18n):
    pass


@tagged("standard", "post_install", "-at_install")
class TestIndex(OdooTest, test_index.TestIndex):
    def setUp(self):
        super().setUp()
        # They have unique indexes of their own.
        known = {
            "certificate.payment.receipt.activation_id",
            "certificate.request.activation_id",
        }
        self.enterContext(
            patch.object(
                test_index,
                "BTREE_INDEX_IGNORE_FIELDS",
                known | test_index.BTREE_INDEX_IGNORE_FIELDS,
            )
        )


@tagged("standard", "post_install", "-at_install")
class TestJsTranslations(OdooTest, test_jstranslate.TestJsTranslations):
    pass


@tagged("standard", "post_install", "-at_install")
class TestManifests(OdooTest, test_manifests.ManifestLinter):
    pass


@tagged("standard", "post_install", "-at_install")
class TestNaming(OdooTest, test_naming.TestNaming):
    def setUp(self):
        super().setUp()
        own = self._get_own_models()
        self.enterContext(patch.object(test_naming, "Registry", lambda _name: own))


@tagged("standard", "post_install", "-at_install")
class TestOnchangeDomains(OdooTest, test_onchange_domains.TestOnchangeDomains):
    pass


@tagged("standard", "post_install", "-at_install")
class TestOrmImport(OdooTest, test_orm_import.TestDunderinit):
    pass


@tagged("standard", "post_install", "-at_install")
class TestOverrideSignatures(OdooTest, test_override_signatures.TestLintOverrideSignatures):
    def setUp(self):
        super().setUp()
        own = self._get_own_models()
        self.enterContext(patch.object(test_override_signatures, "Registry", lambda _name: own))


@tagged("standard", "post_install", "-at_install")
class TestPofile(OdooTest, test_pofile.PotLinter):
    pass


@tagged("standard", "post_install", "-at_install")
class TestRoutes(OdooTest, test_routes.RoutesLinter):
    pass


@tagged("standard", "post_install", "-at_install")
class TestTestHoles(OdooTest, test_test_holes.TestTestHoles):
    pass


@tagged("standard", "post_install", "-at_install")
class TestClicks(OdooTest, test_click_everywhere.TestMenusAdmin):
    """Each menu, view and filter of this application opens."""

    def test_01_click_everywhere_as_admin(self):  # pylint: disable=missing-return
        menu = f"{MODULE}.menu_electronic_documents"
        menus = self.env["ir.ui.menu"].load_menus(False)
        menus["root"]["children"] = [self.env.ref(menu).id]
        with patch.object(type(self.env["ir.ui.menu"]), "load_menus", lambda *_args: menus):
            super().test_01_click_everywhere_as_admin()
