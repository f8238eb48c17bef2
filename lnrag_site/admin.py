"""People and jobs in the admin's own looks; what a job or a failure says is a ledger and cannot be changed."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from django_q import admin as django_q
from django_q.models import Failure, OrmQ, Schedule, Success
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

admin.site.unregister((User, Group, Schedule, Success, Failure, OrmQ))


@admin.register(User)
class PeopleAdmin(UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg]  # unfold ships no types
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm


@admin.register(Group)
class RightsAdmin(GroupAdmin, ModelAdmin):  # type: ignore[misc]  # likewise
    pass


@admin.register(Schedule)
class TimetableAdmin(django_q.ScheduleAdmin, ModelAdmin):  # type: ignore[misc]  # likewise
    """Cadence and repeats are the operator's: a sync never touches them. Repeats 0 switches a job off.

    What a job calls is code, not a setting: a schedule that could name any function would be a shell in the browser.
    """

    readonly_fields = ("name", "func", "hook", "args", "kwargs", "task", "cluster", "intended_date_kwarg")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False


class LedgerAdmin(ModelAdmin):  # type: ignore[misc]  # likewise
    """Read, and deleted to tidy up; never written."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


@admin.register(Success)
class DoneAdmin(LedgerAdmin, django_q.TaskAdmin):  # type: ignore[misc]  # django-q2 ships no types
    pass


@admin.register(Failure)
class FailedAdmin(LedgerAdmin, django_q.FailAdmin):  # type: ignore[misc]  # likewise
    """*Resubmit* runs a failed job again."""


@admin.register(OrmQ)
class WaitingAdmin(LedgerAdmin, django_q.QueueAdmin):  # type: ignore[misc]  # likewise
    pass
