"""Every address the control room answers over HTTP."""

from django.contrib import admin
from django.urls import path, re_path

from hypervisor.pages import desk, tiles

urlpatterns = [
    path("", desk.home, name="home"),
    path("preferences", desk.preferences, name="preferences"),
    path("sites/<slug:site>/", desk.desk, name="desk"),
    re_path(r"^sites/(?P<site>[-\w]+)/(?P<pane>map|list|detail)$", desk.desk, name="pane"),
    path("tiles/<slug:site>/key.json", tiles.key, name="map_key"),
    path("tiles/<slug:site>/<int:version>/<int:z>/<int:x>/<int:y>.mvt", tiles.tile, name="tile"),
    path("admin/", admin.site.urls),
]
