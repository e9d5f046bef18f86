"""Addresses of search."""

from django.urls import path

from . import views

app_name = "search"
urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/palette/", views.palette, name="palette"),
    path("search/favourites/", views.pinned_list, name="pinned"),
    path("search/favourites/<slug:kind>/<uuid:pk>/", views.favourite, name="favourite"),
]
