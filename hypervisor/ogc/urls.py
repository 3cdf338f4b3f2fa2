"""The addresses of OGC API Features, below /ogc/ and the site."""

from django.urls import path

from hypervisor.ogc import vector_tiles, views

urlpatterns = [
    path("<slug:site>", views.Landing.as_view()),
    path("<slug:site>/", views.Landing.as_view(), name="ogc_landing"),
    path("<slug:site>/conformance", views.Conformance.as_view()),
    path("<slug:site>/api", views.Api.as_view()),
    path("<slug:site>/collections", views.Collections.as_view()),
    path("<slug:site>/collections/<slug:collection>", views.Collection.as_view()),
    path("<slug:site>/collections/<slug:collection>/queryables", views.Queryables.as_view()),
    path("<slug:site>/collections/<slug:collection>/items", views.Items.as_view()),
    path("<slug:site>/collections/<slug:collection>/items/<int:feature>", views.Item.as_view()),
    path("<slug:site>/tiles.json", vector_tiles.TileJson.as_view()),
    path("<slug:site>/style.json", vector_tiles.TileStyle.as_view()),
    path("<slug:site>/tiles/<int:z>/<int:x>/<int:y>.mvt", vector_tiles.TileOfNow.as_view()),
]
