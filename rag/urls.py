"""Page addresses of the knowledge floor."""

from django.urls import path

from rag.views import adding, asking, reading, removing

app_name = "rag"

urlpatterns = [
    path("ask/", asking.ask, name="ask"),
    path("ask/answer/", asking.answer_fragment, name="answer_fragment"),
    path("ask/<uuid:key>/", asking.ask, name="conversation"),
    path("ask/<uuid:key>/rename/", asking.rename, name="rename_conversation"),
    path("ask/<uuid:key>/remove/", asking.remove, name="remove_conversation"),
    path("library/", reading.library, name="library"),
    path("library/add/", adding.add, name="add"),
    path("library/add/addresses/", adding.add_addresses, name="add_addresses"),
    path("library/intakes/<uuid:key>/", adding.intake, name="intake"),
    path("library/retry/", adding.retry, name="retry"),
    path("library/passages/<int:key>/", reading.passage, name="passage"),
    path("library/sources/<slug:slug>/", reading.source, name="source"),
    path("library/sources/<slug:slug>/again/", adding.read_again, name="read_again"),
    path("library/sources/<slug:slug>/remove/", removing.source, name="remove_source"),
    path("library/<int:key>/", reading.document, name="document"),
    path("library/<int:key>/remove/", removing.document, name="remove_document"),
]
