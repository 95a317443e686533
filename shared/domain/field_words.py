"""What is wrong with a field, in the words of somebody who has to mend it, not in those of the validator."""

from collections.abc import Mapping
from typing import Any

_WORDS = {
    "union_tag_not_found": "`type` is missing",
    "union_tag_invalid": "`type` is none that an event may have",
    "missing": "is missing",
    "string_type": "must be a string",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
}
_PATTERNS = {
    "phone": "must be a phone number such as +8613800138000 (E.164)",
    "email": "must be an e-mail address",
    "sha256": "must be 64 hexadecimal digits",
    "url": "must begin with http:// or https://",
    "locale": "must be a locale such as zh-CN",
    "source": "must be a URI reference such as crm/hotline, without spaces and `#`",
}


def in_words(fault: Mapping[str, Any]) -> str:
    """The message of one of pydantic's errors (`ValidationError.errors()`); it never quotes the value."""
    kind, place = str(fault["type"]), fault["loc"]
    if kind == "string_pattern_mismatch" and place and str(place[-1]) in _PATTERNS:
        return _PATTERNS[str(place[-1])]
    if kind in _WORDS:
        return _WORDS[kind]
    text = str(fault["msg"]).removeprefix("Value error, ").replace("Input should", "must")
    return text[:1].lower() + text[1:]
