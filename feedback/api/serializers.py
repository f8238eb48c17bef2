"""What callers may say about advice and answers."""

from rest_framework import serializers

from feedback.models import Rating


class RatingIn(serializers.Serializer[None]):
    target = serializers.ChoiceField(choices=Rating.Target.choices)
    target_id = serializers.UUIDField()
    thumb = serializers.ChoiceField(choices=("up", "down", "none"))
    reason = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")
