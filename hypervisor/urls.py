"""Every address the control room answers over HTTP."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView
from django.urls import include, path, re_path

from hypervisor import health, metrics
from hypervisor.api import problems
from hypervisor.pages import assets, desk, imports, login, tiles

handler400 = problems.bad_request
handler403 = problems.forbidden
handler404 = problems.not_found
handler500 = problems.our_fault

urlpatterns = [
    path("", desk.home, name="home"),
    path("login/", login.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("api/", include("hypervisor.api.urls")),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("metrics", metrics.metrics, name="metrics"),
    path("preferences", desk.preferences, name="preferences"),
    path("sites/<slug:site>/", desk.desk, name="desk"),
    re_path(r"^sites/(?P<site>[-\w]+)/(?P<pane>map|list|detail)$", desk.desk, name="pane"),
    path("sites/<slug:site>/assets", assets.table, name="site_assets"),
    path("sites/<slug:site>/assets/<int:asset>", assets.sheet, name="asset_sheet"),
    path("sites/<slug:site>/assets/imports", imports.board, name="imports"),
    path("sites/<slug:site>/assets/imports/<int:run>", imports.follow, name="import"),
    path("sites/<slug:site>/assets/imports/<int:run>/confirmation", imports.confirm, name="import_confirmation"),
    path("tiles/<slug:site>/key.json", tiles.key, name="map_key"),
    path("tiles/<slug:site>/<int:version>/<int:z>/<int:x>/<int:y>.mvt", tiles.tile, name="tile"),
    path("admin/login/", login.admin_door, name="admin_door"),
    path("admin/", admin.site.urls),
]
