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
    path("recommendations/", views.inbox, name="inbox"),
    path("recommendations/<uuid:key>/", views.detail, name="detail"),
]
