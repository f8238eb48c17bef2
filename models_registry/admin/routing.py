"""By which rules a model is chosen: words, policy, tiers, and what the catalog declares. Each acts at once."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from models_registry.forms import RoutingRuleForm, TierForm
from models_registry.models import CatalogEntry, RoutingPolicy, RoutingRule, Tier, UserTier
from models_registry.services import policies


@admin.register(RoutingRule)
class RoutingRuleAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = RoutingRuleForm
    list_display = (
        *("name", "is_enabled", "first_words", "first_models"),
        *("specialty", "max_tokens", "target_s", "priority"),
    )
    list_filter = ("is_enabled", "specialty")
    prepopulated_fields = {"slug": ("name",)}

    @admin.display(description="Words, first five")
    def first_words(self, row: RoutingRule) -> str:
        return ", ".join(map(str, row.words[:5])) or "none: the usual order"

    @admin.display(description="Models")
    def first_models(self, row: RoutingRule) -> str:
        return " > ".join(map(str, row.models_in_order[:3]))


@admin.register(RoutingPolicy)
class RoutingPolicyAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = (
        *("slug", "is_active", "is_routing", "low_complexity", "high_complexity", "max_cost_usd"),
        *("default_tier", "is_learning", "exploration_share", "changed_at"),
    )
    readonly_fields = ("is_active", "changed_at")
    actions = ("activate",)

    @admin.action(description="Put in force, instead of the one before")
    def activate(self, request: HttpRequest, queryset: QuerySet[RoutingPolicy]) -> None:
        if len(rows := list(queryset[:2])) != 1:
            self.message_user(request, "Choose one policy: only one is in force at a time.", messages.ERROR)
            return
        told = "is in force now" if policies.activate(rows[0]) else "was in force already"
        self.message_user(request, f"{rows[0]} {told}. Try it on past decisions: replay_routing --policy {rows[0]}.")


@admin.register(Tier)
class TierAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    form = TierForm
    list_display = ("slug", "allowed", "requests_per_minute", "requests_per_hour", "max_concurrent")

    @admin.display(description="Models")
    def allowed(self, row: Tier) -> str:
        return ", ".join(map(str, row.model_tiers)) or "none"


@admin.register(UserTier)
class UserTierAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = ("user", "tier")
    list_select_related = ("user", "tier")
    list_filter = ("tier",)
    autocomplete_fields = ("user",)


@admin.register(CatalogEntry)
class CatalogEntryAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    list_display = (
        *("name", "kind", "tier", "declared_latency_ms", "declared_quality"),
        *("input_usd_per_mtok", "output_usd_per_mtok", "memory_gb", "is_enabled"),
    )
    list_filter = ("kind", "tier", "is_enabled")
    search_fields = ("name",)
