"""Page addresses of the advice floor."""

from django.urls import path

from recommendations.views import inbox, networks, nodes

app_name = "recommendations"

urlpatterns = [
    path("search/", nodes.search, name="search"),
    path("node/<str:pubkey>/", nodes.node, name="node"),
    path("node/<str:pubkey>/channels.csv", nodes.channels_csv, name="channels_csv"),
    path("node/<str:pubkey>/advise/", nodes.advise, name="advise"),
    path("node/<str:pubkey>/card/", nodes.card, name="card"),
    path("node/<str:pubkey>/summary/", nodes.summary, name="summary"),
    path("graph/upload/", networks.upload_graph, name="upload_graph"),
    path("graph/upload/<int:key>/", networks.upload, name="upload"),
    path("demo/remove/", networks.remove_demo, name="remove_demo"),
    path("recommendations/", inbox.inbox, name="inbox"),
    path("recommendations/<uuid:key>/", inbox.detail, name="detail"),
]
