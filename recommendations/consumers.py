"""Ask about one node over a websocket: advice with {"action": "recommend"}, or a question about it."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from django.urls import path
from django.utils import timezone

from models_registry.domain.query_types import parse_query_type
from models_registry.domain.scopes import Scope
from models_registry.services.turns import Ticket
from rag.consumers import LANGUAGES, AskConsumer
from rag.domain.conversing import conversing
from rag.domain.errors import QuestionInvalid
from rag.domain.events import Event
from rag.services.answer import answer, cleaned
from recommendations.domain.scoring import Goal
from recommendations.domain.units import normalize_node_key
from recommendations.services.analyze import analyze
from recommendations.services.prepare import AdviceRequest
from recommendations.services.recommend import advise

DEFAULT_RESULTS, MOST_RESULTS = 10, 20


class NodeConsumer(AskConsumer):
    """/ws/nodes/<pubkey>/ask: {"action": "recommend" or "analyze", "analysis_type"?, "goal"?}, or a question.

    {"question", "conversation_id"?}, as /ws/ask takes it.
    """

    needs = Scope.ADVICE

    def events_for(self, content: Mapping[str, Any], ticket: Ticket) -> AsyncGenerator[Event, None]:
        now, action = timezone.now(), content.get("action")
        if action == "recommend":
            return advise(self._request(content), at=now, ticket=ticket)
        if action == "analyze":
            return analyze(self._request(content), at=now, ticket=ticket)
        return answer(
            cleaned(str(content.get("question") or content.get("query") or "")),
            unit=self.unit,
            user=self.user,
            user_tier=self.tier,
            at=now,
            lang=self._lang(content),
            node_pubkey=self._pubkey(),
            use_cache=content.get("use_cache") is not False,
            conversation=conversing(content.get("conversation_id")),
            ticket=ticket,
        )

    def _request(self, content: Mapping[str, Any]) -> AdviceRequest:
        goal, wanted = content.get("goal"), content.get("max_results")
        return AdviceRequest(
            pubkey=self._pubkey(),
            unit=self.unit,
            user=self.user,
            user_tier=self.tier,
            query_type=parse_query_type(str(content.get("analysis_type") or "")),
            goal=goal if isinstance(goal, str) and goal in set(Goal) else Goal.BALANCED,
            lang=self._lang(content) or "en",
            max_results=min(max(wanted, 1), MOST_RESULTS) if isinstance(wanted, int) else DEFAULT_RESULTS,
            include_ai=content.get("include_ai") is not False,
            use_cache=content.get("use_cache") is not False,
        )

    def _pubkey(self) -> str:
        key = normalize_node_key(self.scope["url_route"]["kwargs"]["pubkey"])
        if key is None:
            raise QuestionInvalid("A node key has 66 hexadecimal characters and starts with 02 or 03.")
        return key

    @staticmethod
    def _lang(content: Mapping[str, Any]) -> str | None:
        lang = content.get("lang")
        return lang if isinstance(lang, str) and lang in LANGUAGES else None


websocket_urlpatterns = [path("ws/nodes/<str:pubkey>/ask", NodeConsumer.as_asgi())]
