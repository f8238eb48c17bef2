"""What the pages of connected nodes may be asked: where a node answers and what opens it, or files it exported."""

from typing import Any

from django import forms

from recommendations.domain import pasted_credentials as pasted
from recommendations.domain.errors import NodeAddressRefused
from recommendations.domain.node_address import parsed
from recommendations.domain.readings import Endpoint, Implementation
from recommendations.domain.units import normalize_node_key

KINDS = ((Implementation.LND.value, "LND"), (Implementation.CLN.value, "Core Lightning"))
LARGEST_CREDENTIAL_BYTES = 16_384
LARGEST_CERTIFICATE = 65_536  # characters
MOST_FILES = 10
LARGEST_FILE_BYTES = 64 * 1024**2  # all of one upload together
NO_CREDENTIAL = "Give the credential: a file, or its text."
NO_CERTIFICATE = "This is no certificate. It begins with -----BEGIN CERTIFICATE-----."
PRIVATE_KEY = "This file holds a private key. Give the certificate alone; nothing was kept."
BAD_KEY = "A node key has 66 hexadecimal characters and starts with 02 or 03."
SECRET = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class ConnectForm(forms.Form):
    """Where a node answers and what opens it. The credential is never rendered again."""

    kind = forms.ChoiceField(choices=KINDS, initial=Implementation.LND.value, widget=forms.RadioSelect)
    address = forms.CharField(max_length=300, strip=True)
    credential = forms.CharField(required=False, max_length=12_000, widget=forms.PasswordInput(attrs=SECRET))
    credential_file = forms.FileField(required=False, max_length=200)
    certificate = forms.CharField(
        required=False, max_length=LARGEST_CERTIFICATE, widget=forms.Textarea(attrs={"rows": 4, **SECRET})
    )
    certificate_file = forms.FileField(required=False, max_length=200)
    refresh_every_min = forms.IntegerField(required=False, min_value=0, max_value=10_080)
    graph_every_h = forms.IntegerField(required=False, min_value=0, max_value=8_760)

    needs_credential = True

    def clean_address(self) -> str:
        try:
            return parsed(str(self.cleaned_data["address"])).url
        except NodeAddressRefused as exc:
            raise forms.ValidationError(str(exc)) from exc

    def clean(self) -> dict[str, Any]:
        words = super().clean() or self.cleaned_data
        for name, read in (("credential", self._credential), ("certificate", self._certificate)):
            try:
                words[name] = read(words)
            except ValueError as exc:
                self.add_error(name, str(exc))
        return words

    def _credential(self, words: dict[str, Any]) -> str:
        file, text = words.get("credential_file"), str(words.get("credential") or "")
        is_rune = words.get("kind") == Implementation.CLN.value
        if file is not None:
            content = file.read(LARGEST_CREDENTIAL_BYTES)
            return pasted.rune(content.decode("ascii", "replace")) if is_rune else pasted.macaroon_of_file(content)
        if not text and self.needs_credential:
            raise ValueError(NO_CREDENTIAL)
        if not text:
            return ""
        return pasted.rune(text) if is_rune else pasted.macaroon_hex(text)

    def _certificate(self, words: dict[str, Any]) -> str:
        file, text = words.get("certificate_file"), str(words.get("certificate") or "")
        if file is not None:
            text = file.read(LARGEST_CERTIFICATE).decode("ascii", "replace")
        if "PRIVATE KEY" in text:
            raise ValueError(PRIVATE_KEY)
        if text.strip() and "-----BEGIN CERTIFICATE-----" not in text:
            raise ValueError(NO_CERTIFICATE)
        return text.strip()

    @property
    def endpoint(self) -> Endpoint:
        """Return what a valid form asks for."""
        words = self.cleaned_data
        return Endpoint(
            kind=Implementation(words["kind"]),
            address=words["address"],
            credential=words["credential"],
            certificate=words["certificate"],
        )

    def number(self, name: str, *, otherwise: int) -> int:
        """Return a number that was given, 0 too, or `otherwise`."""
        given = self.cleaned_data.get(name)
        return otherwise if given is None else int(given)


class ChangeForm(ConnectForm):
    """The same for a node that is connected: its kind stays, and an empty credential keeps the stored one."""

    needs_credential = False


class NodeFilesField(forms.FileField):
    """Several files at once; a single one comes as a list too."""

    widget = forms.ClearableFileInput

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data]
        if len(files) > MOST_FILES:
            raise forms.ValidationError(f"At most {MOST_FILES} files at once.")
        checked = [super(NodeFilesField, self).clean(file, initial) for file in files]
        if sum(file.size for file in checked) > LARGEST_FILE_BYTES:
            raise forms.ValidationError("These are too large. Pack them with gzip, or use manage.py import_node.")
        return checked


class FilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class NodeFilesForm(forms.Form):
    """Files that a node exported, and whose they are."""

    pubkey = forms.CharField(required=False, max_length=66, strip=True)
    exported = NodeFilesField(
        widget=FilesInput(), max_length=200, error_messages={"required": "Choose one or more files first."}
    )

    def clean_pubkey(self) -> str:
        text = str(self.cleaned_data["pubkey"])
        key = normalize_node_key(text) if text else ""
        if key is None:
            raise forms.ValidationError(BAD_KEY)
        return key
