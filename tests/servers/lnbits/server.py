"""Answer for one wallet as LNbits does: its id only to the admin key, 404 to a key it does not know, 401 to none."""

from tests.servers.hosted import HostedServer, Order, Request
from tests.servers.hosted.replies import Event, Stream, Whole

ADMIN_KEY, READ_KEY = "lnbits-admin-key", "lnbits-read-key"


class LNbitsServer(HostedServer):
    """One wallet."""

    def __init__(self) -> None:
        super().__init__(key=READ_KEY)
        self.balance_msat: object = 12_345_678
        self.name = "Till ⚡"

    def reply(self, request: Request, order: Order) -> Whole | Stream:
        """Return what LNbits answers."""
        key = request.headers.get("x-api-key", "")
        if not key:
            return Whole({"detail": "No Api Key provided."}, status=401)
        if key not in (ADMIN_KEY, READ_KEY):
            return Whole({"detail": "Wallet not found."}, status=404)
        if request.path != "/api/v1/wallet":
            return Whole({"detail": "Not Found"}, status=404)
        wallet = {"name": self.name, "balance": self.balance_msat}
        return Whole(wallet | ({"id": "0f1e2d3c"} if key == ADMIN_KEY else {}))

    def error_events(self, order: Order) -> tuple[Event, ...]:
        """Return nothing: it streams nothing."""
        return ()
