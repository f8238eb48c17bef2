"""Optional services: switch on, address, key, and what works; what they said, and what transactions cost."""

from typing import Any

from asgiref.sync import async_to_sync
from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from recommendations import models
from recommendations.admin.tables import Ledger, Listed
from recommendations.domain.enrichment import Service
from recommendations.domain.service_address import ServiceAddressRefused, checked
from recommendations.queries.enrichment import wallet_reading
from recommendations.services import enrichment_settings
from recommendations.services.enrich import check

LEARNS = (
    "Off: it is never asked. On: mempool and Sparkseer learn which nodes are connected and looked at here; "
    "LNbits learns nothing of them."
)
KEYS = {
    Service.MEMPOOL: "None is needed.",
    Service.SPARKSEER: "An API key of your Sparkseer account. Without one, ranks are read all the same.",
    Service.LNBITS: "The wallet's invoice/read key. An admin key, which can spend, is refused.",
}


class EnrichmentForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's class takes no argument at run time
    """One service. Its key is written, and never shown again."""

    key = forms.CharField(
        label="New key",
        required=False,
        strip=True,
        max_length=500,
        widget=UnfoldAdminPasswordWidget(render_value=False, attrs={"autocomplete": "new-password"}),
        help_text="Empty: the stored one stays.",
    )
    forget_key = forms.BooleanField(required=False, label="Forget the stored key", widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = models.Enrichment
        fields = ("is_enabled", "address")

    def clean_address(self) -> str:
        try:
            return checked(self.cleaned_data["address"])
        except ServiceAddressRefused as exc:
            raise forms.ValidationError(str(exc), code=exc.code) from exc


@admin.register(models.Enrichment)
class EnrichmentAdmin(Listed):
    """The rows come with the defaults; each is off until somebody switches it on."""

    form = EnrichmentForm
    list_display = ("name", "is_enabled", "address", "state", "answered_at")
    readonly_fields = ("name", "has_key", "state", "answered_at", "tried_at", "held")
    fieldsets = (
        (None, {"fields": ("name", "is_enabled", "address"), "description": LEARNS}),
        (
            "Key",
            {
                "fields": ("has_key", "key", "forget_key"),
                "description": "Sealed before it is stored. Another address forgets it: enter it again then.",
            },
        ),
        ("Now", {"fields": ("state", "answered_at", "tried_at", "held")}),
    )
    actions = ("check_connection",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: models.Enrichment, form: Any, change: bool) -> None:
        words = form.cleaned_data
        enrichment_settings.save(obj, key=words.get("key") or "", is_key_forgotten=bool(words.get("forget_key")))

    @admin.display(description="State")
    def state(self, row: models.Enrichment) -> str:
        if row.message:
            return row.message
        return "answers" if row.answered_at else "not asked yet"

    @admin.display(description="Stored key")
    def has_key(self, row: models.Enrichment) -> str:
        stored = "One is stored." if row.credential else "None is stored."
        return f"{stored} {KEYS[Service(row.slug)]}"

    @admin.display(description="Holds")
    def held(self, row: models.Enrichment) -> str:
        wallet = wallet_reading() if row.slug == Service.LNBITS else None
        if wallet is None:
            return "-"
        return f"{wallet.told['balance_msat'] / 1000:,.0f} sat, as of {wallet.as_of:%Y-%m-%d %H:%M} UTC"

    @admin.action(description="Check connection: what works, and what is missing", permissions=("change",))
    def check_connection(self, request: HttpRequest, queryset: QuerySet[models.Enrichment]) -> None:
        for row in queryset:
            for part in async_to_sync(check)(Service(row.slug), at=timezone.now()):
                level = messages.SUCCESS if part.is_there else messages.ERROR if part.is_needed else messages.WARNING
                self.message_user(request, f"{row.name}, {part.name}: {part.words}", level)


@admin.register(models.OutsideReading)
class OutsideReadingAdmin(Ledger):
    list_display = ("enrichment", "pubkey", "as_of", "read_at")
    list_filter = ("enrichment",)
    list_select_related = ("enrichment",)
    search_fields = ("pubkey__startswith",)
    ordering = ("-read_at",)


@admin.register(models.OnchainFee)
class OnchainFeeAdmin(Ledger):
    list_display = ("at", "source", "sat_vb")
    list_filter = ("source",)
    date_hierarchy = "at"
    ordering = ("-at",)
