"""Tours in a browser that is started once for a class of them."""

import shutil
import signal
from concurrent.futures import wait
from unittest.mock import patch

from odoo.tests import HttpCase, common


class TourBrowser(common.ChromeBrowser):
    """Odoo's browser, but its process stays: what Odoo's pages load is not loaded and compiled for each tour.

    Each tour has a page of its own, without the cookies and the storage of the one before.
    """

    _kept = None  # the process, its port and its folder

    @classmethod
    def quit(cls):
        if cls._kept:
            (process, _port, folder), cls._kept = cls._kept, None
            process.terminate()
            process.wait(10)
            shutil.rmtree(folder, ignore_errors=True)

    def _chrome_start(self, user_data_dir, **options):
        if self._kept and self._kept[0].poll() is None:
            shutil.rmtree(user_data_dir, ignore_errors=True)
        else:
            started = super()._chrome_start(user_data_dir, **options)
            TourBrowser._kept = (*started, user_data_dir)
        return self._kept[:2]

    def stop(self):  # pylint: disable=missing-return
        """Close the page, and leave an empty one to the next tour."""
        try:
            # What the page says while it is closed, such as of its service worker, is no finding.
            self._websocket_request("Runtime.disable")
            self.screencaster.stop()
            self._websocket_request("Page.stopLoading")
            # Nor does it ask anything more, of a test that has ended.
            self._websocket_request("Network.enable")
            nothing = {
                "offline": True,
                "latency": 0,
                "downloadThroughput": 0,
                "uploadThroughput": 0,
            }
            self._websocket_request("Network.emulateNetworkConditions", params=nothing)
            wait(self._responses.values(), 10)
            self._result.cancel()
            self._websocket_request("Network.clearBrowserCookies")
            stored = {"origin": self.test_case.base_url(), "storageTypes": "all"}
            self._websocket_request("Storage.clearDataForOrigin", params=stored)
            page = self._websocket_request("Target.getTargetInfo")["targetInfo"]["targetId"]
            self._websocket_request("Target.createTarget", params={"url": "about:blank"})
            self._websocket_request("Target.closeTarget", params={"targetId": page})
            self.ws.close()
        except Exception:
            # Whatever is the matter with it, the next tour begins with another one.
            TourBrowser._kept = None
            super().stop()
            raise
        if self.sigxcpu_handler:
            signal.signal(signal.SIGXCPU, self.sigxcpu_handler)


class TourCase(HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.startClassPatcher(patch.object(common, "ChromeBrowser", TourBrowser))
        cls.addClassCleanup(TourBrowser.quit)

    @classmethod
    def serve_to_tours(cls, name, content):
        """Let a tour fetch a file, `certificate_tour_<name>`: a browser has none of its own."""
        file = cls.env["ir.attachment"].create({"name": name, "raw": content, "public": True})
        cls.env["ir.model.data"].create(
            {
                "module": "base",
                "name": f"certificate_tour_{name}",
                "model": file._name,
                "res_id": file.id,
            }
        )

    def start_tour(self, *args, timeout=240, **kwargs):
        """Start a tour, and give it some minutes, as its steps have: other tests may run at the same time."""
        return super().start_tour(*args, timeout=timeout, **kwargs)
