"""The pages that ask the library: a new question, a conversation, and what its asker does with one."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from models_registry.api.authentication import unit_of
from models_registry.domain.errors import ModelError
from rag.domain.conversing import Conversing
from rag.domain.errors import ConversationUnknown, RagError
from rag.forms import QuestionForm, TitleForm, posted_object
from rag.queries.answers import answers_in, popular_questions, recent_answers
from rag.queries.conversations import find_conversation, listed_conversations
from rag.services import conversations
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
def ask(request: HttpRequest, key: UUID | None = None) -> HttpResponse:
    """Show a conversation, or an empty one. Without scripts a posted question is answered before the page returns."""
    is_known = request.user.is_authenticated
    conversation = find_conversation(key, user=request.user) if key and is_known else None
    if key and conversation is None:
        raise Http404("There is no such conversation.")
    form = QuestionForm(request.POST or None)
    problem, target = _answer(request, form) if request.method == "POST" else (None, "")
    if target:
        return redirect(target)
    context: dict[str, Any] = {
        "form": form,
        "problem": problem,
        "question": request.POST.get("question") or request.GET.get("question", ""),
        "conversation": conversation,
        "exchanges": answers_in(conversation.pk) if conversation else (),
        "conversations": listed_conversations(request.user) if is_known else (),
        "recent": recent_answers(request.user, limit=5, is_alone=True) if is_known and not conversation else (),
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


@require_POST
@login_required
def rename(request: HttpRequest, key: UUID) -> HttpResponse:
    """Give a conversation another title."""
    form = TitleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Type a title of up to 120 characters.")
        return redirect("rag:conversation", key=key)
    try:
        conversations.rename(key, title=form.cleaned_data["title"], user=request.user, unit=unit_of(request))
    except ConversationUnknown as exc:
        raise Http404(str(exc)) from exc
    return redirect("rag:conversation", key=key)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def remove(request: HttpRequest, key: UUID) -> HttpResponse:
    """Ask whether a conversation shall go, and remove it with its answers."""
    conversation = find_conversation(key, user=request.user)
    if conversation is None:
        raise Http404("There is no such conversation.")
    if request.method != "POST":
        return render(request, "rag/remove_conversation.html", {"conversation": conversation})
    conversations.remove(key, user=request.user, unit=unit_of(request))
    messages.success(request, "The conversation is removed.")
    return redirect("rag:ask")


def _answer(request: HttpRequest, form: QuestionForm) -> tuple[str | None, str]:
    """Answer the posted question; return what kept it from being answered, or the page that shows the answer."""
    if not request.user.is_authenticated:
        return "Sign in to ask.", ""
    if not form.is_valid():
        return str(next(iter(form.errors.values()))[0]), ""
    words = form.cleaned_data
    events = answer(
        words["question"],
        unit=unit_of(request),
        user=request.user,
        at=timezone.now(),
        node_pubkey=words["node"] or None,
        conversation=None if words["node"] else Conversing(words["conversation"]),
    )
    try:
        told = async_to_sync(outcome)(events)
    except (RagError, ModelError) as exc:
        return str(exc), ""
    return None, _next_page(request, told)


def _next_page(request: HttpRequest, told: dict[str, Any]) -> str:
    """Return where the answer is shown: the page that asked, only ever one of ours, or the conversation."""
    target = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        return target
    place = reverse("rag:conversation", args=[told["conversation_id"]])
    return f"{place}#answer-{told['answer_id']}"
