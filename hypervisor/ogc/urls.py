"""The addresses of OGC API Features, below /ogc/ and the site."""

from django.urls import path

from hypervisor.ogc import views

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
]
