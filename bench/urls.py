"""The product's addresses and three floors below /bench/."""

from django.urls import include, path

from . import floors

urlpatterns = [
    path("bench/login/", floors.empty),
    path("bench/list/", floors.contact_list),
    path("bench/board/", floors.board),
    path("", include("crm.urls")),
]
