"""What an operator may say about a recommendation: a note, a reason, a thumb."""

from django import forms


class AppliedForm(forms.Form):
    note = forms.CharField(required=False, max_length=500, strip=True)


class DismissForm(forms.Form):
    reason = forms.CharField(required=False, max_length=200, strip=True)


class ThumbForm(forms.Form):
    thumb = forms.ChoiceField(choices=[("up", "Useful"), ("down", "Not useful"), ("none", "Taken back")])
    reason = forms.CharField(required=False, max_length=300, strip=True)
