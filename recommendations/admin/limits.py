"""What operators allow on their nodes. They set it on the node's page; here it is looked up and put right."""

from django.contrib import admin

from recommendations import models
from recommendations.admin.tables import Listed


@admin.register(models.NodeStance)
class NodeStanceAdmin(Listed):
    list_display = ("node", "owner", "profile")
    list_filter = ("profile",)
    list_select_related = ("node", "owner")
    search_fields = ("node__pubkey__startswith", "node__alias", "owner__username")
    autocomplete_fields = ("node", "owner")


@admin.register(models.ChannelLimit)
class ChannelLimitAdmin(Listed):
    list_display = ("scid", "node", "owner", "min_fee_ppm", "max_fee_ppm", "is_hands_off", "note")
    list_filter = ("is_hands_off",)
    list_select_related = ("node", "owner")
    search_fields = ("scid__startswith", "node__pubkey__startswith", "node__alias", "owner__username")
    autocomplete_fields = ("node", "owner")
