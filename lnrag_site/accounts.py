"""Signing in and out, and one's own password. A sign-in link works once, then its page offers to set a password."""

from django.conf import settings
from django.contrib.auth import authenticate, login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm, SetPasswordForm
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

TOKEN = "sesame"  # noqa: S105 - the name of the parameter
LINK_IS_SPENT = "This link was used already, or has expired. `make link` prints a new one."


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in by the link's token, or by name and password."""
    if request.method == "GET" and TOKEN in request.GET:
        return _sign_in_by_link(request)
    form = AuthenticationForm(request, data=request.POST or None)
    if request.method == "POST" and form.is_valid():
        login(request, form.get_user())
        return redirect(_next_page(request))
    return render(request, "registration/signin.html", {"form": form, "next": _next_page(request)})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
    return redirect(settings.LOGOUT_REDIRECT_URL)


@never_cache
@login_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Set the first password, or change the one there is. The session goes on."""
    user = request.user
    assert isinstance(user, User)  # login_required has made sure
    form_class = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    form = form_class(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        return redirect(settings.LOGIN_REDIRECT_URL)
    context = {"form": form, "is_first": not user.has_usable_password()}
    return render(request, "registration/password.html", context)


def _sign_in_by_link(request: HttpRequest) -> HttpResponse:
    user = authenticate(request, sesame=request.GET[TOKEN])
    if user is None:
        context = {"form": AuthenticationForm(request), "problem": LINK_IS_SPENT}
        return render(request, "registration/signin.html", context, status=403)
    login(request, user)  # moves the time of the latest login, and so spends the link
    return redirect(_next_page(request) if user.has_usable_password() else "account-password")


def _next_page(request: HttpRequest) -> str:
    """Return where to go after signing in: only ever to a page of ours."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else settings.LOGIN_REDIRECT_URL
