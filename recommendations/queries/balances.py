"""Where the balance of an operator's channels stood when it was last read."""

from datetime import datetime

from recommendations.models import PrivateChannel


def local_ratios(connection_id: int | None, *, read_since: datetime | None = None) -> dict[str, float]:
    """Return each channel's local share, 0 to 1, by scid; channels whose balance is unknown are left out. One query.

    :param read_since: leave out what was read before this moment.
    """
    if connection_id is None:
        return {}
    channels = PrivateChannel.objects.filter(connection=connection_id)
    if read_since is not None:
        channels = channels.filter(measured_at__gte=read_since)
    rows = channels.values_list("scid", "local_sat", "remote_sat")
    return {
        scid: local / (local + remote)
        for scid, local, remote in rows
        if local is not None and remote is not None and local + remote > 0
    }
