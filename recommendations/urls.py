"""Page addresses of the advice floor."""

from django.urls import path

from recommendations import views

app_name = "recommendations"

urlpatterns = [
    path("search/", views.search, name="search"),
    path("node/<str:pubkey>/", views.node, name="node"),
    path("node/<str:pubkey>/channels.csv", views.channels_csv, name="channels_csv"),
    path("node/<str:pubkey>/advise/", views.advise, name="advise"),
    path("node/<str:pubkey>/card/", views.card, name="card"),
    path("node/<str:pubkey>/summary/", views.summary, name="summary"),
    path("graph/upload/", views.upload_graph, name="upload_graph"),
    path("graph/upload/<int:key>/", views.upload, name="upload"),
    path("demo/remove/", views.remove_demo, name="remove_demo"),
    path("recommendations/", views.inbox, name="inbox"),
    path("recommendations/<uuid:key>/", views.detail, name="detail"),
]
