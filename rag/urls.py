"""Page addresses of the knowledge floor."""

from django.urls import path

from rag import views

app_name = "rag"

urlpatterns = [
    path("ask/", views.ask, name="ask"),
    path("ask/answer/", views.answer_fragment, name="answer_fragment"),
    path("library/", views.library, name="library"),
    path("library/<int:key>/", views.document, name="document"),
]
