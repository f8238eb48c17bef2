"""What a reader may ask the library."""

from django import forms


class QuestionForm(forms.Form):
    question = forms.CharField(min_length=3, max_length=2000, strip=True, label="Your question")


class LibraryForm(forms.Form):
    q = forms.CharField(required=False, max_length=200, strip=True)
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000)
