"""Page addresses of the advice floor."""

from django.urls import path

from recommendations.views import alerts, connections, inbox, limits, networks, node_files, nodes, what_if

app_name = "recommendations"

urlpatterns = [
    path("search/", nodes.search, name="search"),
    path("node/<str:pubkey>/", nodes.node, name="node"),
    path("node/<str:pubkey>/channels.csv", nodes.channels_csv, name="channels_csv"),
    path("node/<str:pubkey>/limits/", limits.limits, name="limits"),
    path("node/<str:pubkey>/profile/", limits.profile, name="profile"),
    path("node/<str:pubkey>/advise/", nodes.advise, name="advise"),
    path("node/<str:pubkey>/what-if/", what_if.what_if_page, name="what_if"),
    path("node/<str:pubkey>/card/", nodes.card, name="card"),
    path("node/<str:pubkey>/summary/", nodes.summary, name="summary"),
    path("nodes/", connections.connections, name="connections"),
    path("nodes/connect/", connections.connect, name="connect"),
    path("nodes/check/", connections.check, name="check_connection"),
    path("nodes/files/", node_files.node_files, name="node_files"),
    path("nodes/<int:key>/", connections.connection, name="connection"),
    path("nodes/<int:key>/change/", connections.change, name="change_connection"),
    path("nodes/<int:key>/sync/", connections.sync, name="sync_connection"),
    path("nodes/<int:key>/pause/", connections.pause, name="pause_connection"),
    path("nodes/<int:key>/disconnect/", connections.disconnect, name="disconnect"),
    path("graph/upload/", networks.upload_graph, name="upload_graph"),
    path("graph/upload/<int:key>/", networks.upload, name="upload"),
    path("demo/remove/", networks.remove_demo, name="remove_demo"),
    path("recommendations/", inbox.inbox, name="inbox"),
    path("recommendations/alerts/", alerts.alerts, name="alerts"),
    path("recommendations/alerts/read/", alerts.read_all, name="read_alerts"),
    path("recommendations/alerts/<int:key>/read/", alerts.read, name="read_alert"),
    path("recommendations/alerts/settings/", alerts.settings, name="alert_settings"),
    path("recommendations/alerts/settings/test/", alerts.test, name="test_alerts"),
    path("recommendations/<uuid:key>/", inbox.detail, name="detail"),
]
