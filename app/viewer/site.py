"""The viewer under ``/viewer/``: OHIF's files, and the settings that it starts with.

OHIF has pages of its own (``/viewer/viewer?StudyInstanceUIDs=…``), all of which are its one HTML file.
"""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from app.common.settings import settings
from app.viewer import bucket, package, slides

PREFIX = "/viewer/"

_START = """(() => {{
  const here = new URL(".", document.currentScript.src);
  window.PUBLIC_URL = here.pathname;
  window.browserImportFunction = (module) => import(new URL(module.replace(/^\\//, ""), here).href);
  window.config = {{ routerBasename: here.pathname.replace(/\\/$/, ""), ...{settings} }};
  for (const {{ configuration }} of window.config.dataSources)
    for (const [name, value] of Object.entries(configuration))
      if (`${{value}}`.startsWith("../")) configuration[name] = new URL(value, here).href;
  const routes = [{{ path: "microscopy", layoutTemplate: () => ({layout}) }}];
  window.config.modesConfiguration = {{ "@ohif/mode-microscopy": {{ routes }} }};
}})();
"""


#: OHIF's own layout for slides, but with its panel of measurements closed, which leaves a phone no room for the slide.
_LAYOUT = {
    "id": "@ohif/extension-default.layoutTemplateModule.viewerLayout",
    "props": {
        "leftPanels": ["@ohif/extension-default.panelModule.seriesList"],
        "leftPanelClosed": True,
        "leftPanelResizable": True,
        "rightPanels": ["@ohif/extension-dicom-microscopy.panelModule.measure"],
        "rightPanelClosed": True,
        "rightPanelResizable": True,
        "viewports": [
            {
                "namespace": "@ohif/extension-dicom-microscopy.viewportModule.microscopy-dicom",
                "displaySetsToDisplay": [
                    "@ohif/extension-cornerstone.sopClassHandlerModule.DicomMicroscopySopClassHandler",
                    "@ohif/extension-dicom-microscopy.sopClassHandlerModule.DicomMicroscopySRSopClassHandler",
                    "@ohif/extension-dicom-microscopy.sopClassHandlerModule.DicomMicroscopyANNSopClassHandler",
                ],
            }
        ],
    },
}


def viewer_url(study: str, series: str | None = None) -> str:
    """Address of a study at the DICOMweb server, opened at `series`, relative to the server's root."""
    return f"viewer/viewer?StudyInstanceUIDs={study}" + (f"&initialSeriesInstanceUID={series}" if series else "")


def policy() -> dict[str, str]:
    """What paths below `PREFIX` need beyond the content security policy of other pages."""
    address = urlsplit(settings().dicomweb)
    return {
        # Decoders are WebAssembly; their glue, and the reader of segmentations, compile functions from text.
        "script-src": "'self' 'wasm-unsafe-eval' 'unsafe-eval'",
        "connect-src": f"'self' {address.scheme}://{address.netloc} {bucket.origin()}",
    }


def routes() -> list[Route]:
    """The viewer's routes; they answer 404 where it is not installed."""
    return [
        Route("/viewer", lambda request: RedirectResponse(f"viewer/?{request.url.query}")),
        Route(f"{PREFIX}app-config.js", _settings),
        Route(f"{PREFIX}{{path:path}}", _answer),
    ]


def _dicomweb(name: str, label: str, root: str) -> dict[str, object]:
    return {
        "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
        "sourceName": name,
        "configuration": {
            "friendlyName": label,
            "name": name,
            "qidoRoot": root,
            "wadoRoot": root,
            "wadoUriRoot": root,
            "qidoSupportsIncludeField": False,
            "imageRendering": "wadors",
            "thumbnailRendering": "wadors",
            "enableStudyLazyLoad": True,
            "supportsFuzzyMatching": False,
            "supportsWildcard": False,
            "singlepart": "bulkdata,video",
            "bulkDataURI": {"enabled": True},
            "omitQuotationForMultipartRequest": True,
        },
    }


def _settings(request: Request) -> Response:
    values = {
        "showStudyList": False,
        "extensions": [],
        "modes": [],
        # A guided tour would lie over the first image that a visitor opens.
        "customizationService": {"ohif.tours": {"$set": []}},
        "showWarningMessageForCrossOrigin": False,
        "showCPUFallbackMessage": True,
        "showLoadingIndicator": True,
        "strictZSpacingForVolumeViewport": True,
        "investigationalUseDialog": {"option": "configure", "days": 365},
        "maxNumberOfWebWorkers": 3,
        "maxNumRequests": {"interaction": 100, "thumbnail": 5, "prefetch": 25},
        "defaultDataSourceName": "dicomweb",
        "dataSources": [
            _dicomweb("dicomweb", "DICOMweb", settings().dicomweb),
            # Relative to the viewer's folder, whatever a proxy puts in front; the script makes it whole.
            _dicomweb("downloaded", "Downloaded slides", f"..{slides.ROOT}"),
            {
                "namespace": "@ohif/extension-default.dataSourcesModule.dicomjson",
                "sourceName": "dicomjson",
                "configuration": {
                    "friendlyName": "Files",
                    "name": "dicomjson",
                    # Without quotes in it, browsers need not ask a bucket first whether they may send it.
                    "acceptHeader": ["application/dicom"],
                },
            },
        ],
    }
    return Response(
        _START.format(settings=json.dumps(values), layout=json.dumps(_LAYOUT)),
        media_type=package.MEDIA_TYPES[".js"],
        headers={"Cache-Control": "no-cache"},
    )


def _answer(request: Request) -> Response:
    if not package.is_installed():
        return PlainTextResponse("The viewer is not installed here: make viewer installs it.\n", status_code=404)
    path = PurePosixPath(request.path_params["path"])
    files = StaticFiles(directory=package.folder())
    found, stat = files.lookup_path(str(path)) if path.suffix in package.MEDIA_TYPES else ("", None)
    if stat is None or path.name == "index.html":
        return _page(request.path_params["path"]) if not path.suffix else PlainTextResponse("Not found", 404)
    encoding = {}
    if "gzip" in request.headers.get("accept-encoding", ""):
        packed, packed_stat = files.lookup_path(f"{path}.gz")
        if packed_stat is not None:
            found, stat, encoding = packed, packed_stat, {"Content-Encoding": "gzip"}
    response = files.file_response(found, stat, request.scope)
    response.headers.update(
        encoding
        | {
            "Content-Type": package.MEDIA_TYPES[path.suffix],
            # Asked for again each time, and answered by 304: names keep the hash that they had before they were fitted.
            "Cache-Control": "no-cache",
            "Vary": "Accept-Encoding",
        }
    )
    return response


def _page(path: str) -> Response:
    """OHIF's page; its links lead to this folder however deep the path is, and whatever a proxy puts in front."""
    up = "../" * path.count("/") or "./"
    text = (package.folder() / "index.html").read_text(encoding="utf-8")
    return Response(
        text.replace('="/', f'="{up}'),
        media_type=package.MEDIA_TYPES[".html"],
        headers={"Cache-Control": "no-cache"},
    )
