# Copyright 2026 seg_node contributors
#
# Licensed under the Apache License, Version 2.0 (the "License");
# you may not use this file except in compliance with the License.
# You may obtain a copy of the License at
#
#     http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS,
# WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
# See the License for the specific language governing permissions and
# limitations under the License.

"""
Text from outside, made short and printable before a person or a terminal sees it.

Whoever publishes chooses the texts of messages, and files come from anywhere: megabytes, escapes
that rewrite a terminal, letters that turn the direction of reading. :func:`quoted` is for a value
within a text; :func:`printable` for a whole text, where it leaves the program.
"""

from __future__ import annotations

from reprlib import Repr

LONGEST = 1000
"""Characters of a text that leaves the program; those of our own are shorter."""
REPORT = 1000 * LONGEST
"""Characters of a text that lists many recordings."""
_QUOTED = 60      # characters of a value within a text
_CUT = '...'


def printable(text: str, longest: int = LONGEST) -> str:
    """Return a text in one line of printable letters, cut to a length; others become escapes."""
    if len(text) <= longest and text.isprintable():
        return text
    letters = ''.join(
        letter if letter.isprintable() else ' ' if letter.isspace() else _escape(letter)
        for letter in text[:longest])
    return letters if len(text) <= longest and len(letters) <= longest else (
        letters[:longest - len(_CUT)] + _CUT)


def printable_lines(text: str, longest: int = 20 * LONGEST) -> str:
    """Return a text that has lines of its own, each of them printable."""
    return '\n'.join(printable(line) for line in text[:longest].split('\n'))


def quoted(value: object, longest: int = _QUOTED) -> str:
    """Return a value as Python writes it, which escapes what is not printable, cut to a length."""
    if isinstance(value, str | bytes):
        # Before repr(), which would take the time and memory for all of it.
        return repr(value) if len(value) <= longest else repr(value[:longest]) + _CUT
    shortened = Repr()
    shortened.maxother = shortened.maxlong = longest
    try:
        text = shortened.repr(value)
    except ValueError:      # a number of more digits than Python writes
        text = f'a {type(value).__name__}'
    return text if len(text) <= longest else text[:longest] + _CUT


def _escape(letter: str) -> str:
    return letter.encode('unicode_escape', 'surrogatepass').decode('ascii')
