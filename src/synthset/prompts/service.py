"""A language model behind an OpenAI-compatible address: `POST /chat/completions`."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from synthset.errors import ModelError
from synthset.prompts.kept_answers import Question
from synthset.recipe.prompts import LanguageModel

TRIES = 6
FIRST_WAIT_S = 1.0  # doubled at each further try
LONGEST_WAIT_S = 60.0
PASSING = {408, 409, 425, 429, 500, 502, 503, 504, 529}  # what may be gone at the next try
SAID = 300  # characters of a refusal that a message shows


class _StayHere(HTTPRedirectHandler):
    """A redirect would carry the key to another host."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


class _Passing(Exception):
    """A fault that may be gone at the next try.

    Args:
        what: in words.
        wait_s: seconds that the service asks for; none leaves it to us.
    """

    def __init__(self, what: str, wait_s: float | None = None) -> None:
        super().__init__(what)
        self.wait_s = wait_s


class Service:
    """Asks a service, several questions at a time.

    Args:
        settings: with an address.
        wait: sleeps for some seconds; another one in tests.
    """

    def __init__(self, settings: LanguageModel, wait: Callable[[float], None] = time.sleep) -> None:
        assert settings.address is not None
        self._settings = settings
        self._place = settings.address.rstrip("/").removesuffix("/chat/completions")
        self._wait = wait
        self._opener = build_opener(_StayHere)

    def identity(self) -> dict[str, Any]:
        """Model and settings; the address belongs to it, for two services may call different models
        by one name."""
        wanted = self._settings
        return {
            "address": self._place,
            "model": wanted.model,
            "temperature": wanted.temperature,
            "max_tokens": wanted.max_tokens,
        }

    def answers(self, questions: Sequence[Question]) -> list[str]:
        """Answer several questions, in their order.

        Raises:
            ModelError: the service refuses, or does not answer after several tries.
        """
        with ThreadPoolExecutor(self._settings.at_once) as threads:
            return list(threads.map(self._answer, questions))

    def _answer(self, question: Question) -> str:
        last = ""
        for number in range(TRIES):
            try:
                return self._once(question)
            except _Passing as fault:
                last = str(fault)
                if number + 1 < TRIES:
                    own = FIRST_WAIT_S * 2**number if fault.wait_s is None else fault.wait_s
                    self._wait(min(own, LONGEST_WAIT_S))
        raise ModelError(
            f"prompts.address: {self._place} gave no answer in {TRIES} tries ({last}); make sure "
            "that it is running, then run the same command again: earlier answers are kept"
        )

    def _once(self, question: Question) -> str:
        request = Request(
            f"{self._place}/chat/completions",
            data=json.dumps(self._content(question)).encode(),
            headers={"Content-Type": "application/json", **self._key()},
            method="POST",
        )
        try:
            with self._opener.open(request, timeout=self._settings.timeout_s) as reply:
                return _text(json.loads(reply.read()))
        except HTTPError as fault:
            raise self._refusal(fault) from None
        except (URLError, HTTPException, OSError) as fault:
            raise _Passing(f"{getattr(fault, 'reason', fault)}") from None
        except (ValueError, LookupError, TypeError) as fault:
            raise _Passing(f"its answer has an unknown form: {fault!r}") from None

    def _content(self, question: Question) -> dict[str, Any]:
        return {
            "model": self._settings.model,
            "messages": [{"role": "user", "content": question.text}],
            "temperature": self._settings.temperature,
            "max_tokens": self._settings.max_tokens,
            "seed": question.seed,
        }

    def _key(self) -> dict[str, str]:
        key = os.environ.get(self._settings.key_variable)
        return {"Authorization": f"Bearer {key}"} if key else {}

    def _refusal(self, fault: HTTPError) -> Exception:
        """Tell what will pass from what will not. A service may repeat the key: it is taken out."""
        said = " ".join(fault.read(4096).decode("utf-8", "replace").split())
        key = os.environ.get(self._settings.key_variable)
        said = (said.replace(key, "***") if key else said)[:SAID]
        if fault.code in PASSING:
            return _Passing(f"status {fault.code}: {said}", _seconds(fault.headers["Retry-After"]))
        right = "fix it in the recipe"
        if fault.code in (401, 403):
            there = "is set" if key else "is not set"
            right = f"the key comes from the environment variable {self._settings.key_variable}, "
            right += f"which {there}"
        elif fault.code == 404:
            right = "prompts.address must be the base URL, such as http://localhost:8000/v1, and "
            right += f"prompts.model ({self._settings.model}) a model that it serves"
        elif 300 <= fault.code < 400:
            right = f"it redirects to {fault.headers['Location']}; name that address instead"
        return ModelError(
            f"prompts.address: {self._place} refused with status {fault.code} ({said}); {right}"
        )


def _text(content: Any) -> str:
    text = content["choices"][0]["message"]["content"]
    if not isinstance(text, str):
        raise TypeError(f"content is {text!r}")
    return text


def _seconds(header: str | None) -> float | None:
    """Read a `Retry-After` in seconds; one with a date is left to our own patience."""
    try:
        return None if header is None else max(float(header), 0.0)
    except ValueError:
        return None
