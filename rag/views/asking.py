"""The page that asks the library."""

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from models_registry.api.authentication import unit_of
from rag.domain.errors import RagError
from rag.forms import QuestionForm, posted_object
from rag.queries.answers import popular_questions, recent_answers
from rag.services.answer import answer
from rag.streaming import outcome

EXAMPLES = (
    "Why do my channels drain in one direction?",
    "When is a rebalance worth its cost?",
    "What does a zero base fee change?",
    "How do I back up my channels?",
    "How large should a new channel be?",
)


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """Show the questions asked so far. Without scripts a posted question is answered before the page returns."""
    form = QuestionForm(request.POST or None)
    problem = _answer(request, form) if request.method == "POST" else None
    if request.method == "POST" and problem is None:
        return redirect(_next_page(request))
    is_known = request.user.is_authenticated
    context = {
        "form": form,
        "problem": problem,
        "question": request.POST.get("question") or request.GET.get("question", ""),
        "history": recent_answers(request.user) if is_known else (),
        "examples": popular_questions(at=timezone.now(), lang="en", limit=4) or EXAMPLES,
    }
    return render(request, "rag/ask.html", context, status=400 if problem else 200)


@require_POST
@login_required
def answer_fragment(request: HttpRequest) -> HttpResponse:
    """Lay out an answer that was streamed to the page. Nothing is read or stored."""
    content = posted_object(request.body)
    if content is None:
        return HttpResponseBadRequest()
    return render(request, "rag/_answer.html", {"answer": content})


def _answer(request: HttpRequest, form: QuestionForm) -> str | None:
    """Answer the posted question; return what kept it from being answered, if anything."""
    if not request.user.is_authenticated:
        return "Sign in to ask."
    if not form.is_valid():
        return str(form.errors["question"][0])
    words = form.cleaned_data
    events = answer(
        words["question"],
        unit=unit_of(request),
        user=request.user,
        at=timezone.now(),
        node_pubkey=words["node"] or None,
    )
    try:
        async_to_sync(outcome)(events)
    except RagError as exc:
        return str(exc)
    return None


def _next_page(request: HttpRequest) -> str:
    """Return where the question was asked from: only ever a page of ours."""
    target = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else "rag:ask"
