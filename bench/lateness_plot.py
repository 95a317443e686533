"""Draws how much of the pages had gone out by when, as a small SVG that a page on GitHub shows."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Final

from bench.distribution import Distribution
from bench.document import DOCUMENT

_WIDTH, _HEIGHT = 720, 300
_LEFT, _TOP, _RIGHT, _BOTTOM = 56, 16, 130, 44
_COLOURS: Final = ("#1f6feb", "#d1242f", "#6e7781", "#1a7f37")
_SHARES: Final = (0, 0.25, 0.5, 0.75, 1)
_TICKS: Final = 5


def draw(curves: Mapping[str, Distribution], name: str = "lateness") -> str:
    """Write the curves, one a distribution of milliseconds; the path below docs/."""
    path = DOCUMENT.parent / "performance" / f"{name}.svg"
    path.parent.mkdir(exist_ok=True)
    path.write_text(svg(curves))
    return path.relative_to(DOCUMENT.parent).as_posix()


def svg(curves: Mapping[str, Distribution]) -> str:
    """The curves over a common axis from 0 to the latest of all."""
    most = max(curve.most for curve in curves.values()) or 1
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-size="12">',
        f'<style>text {{ font-family: sans-serif }}</style><rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
    ]
    for share in _SHARES:
        parts.append(f'<path d="M{_LEFT} {_y(share):.1f}H{_WIDTH - _RIGHT}" stroke="#d0d7de"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{_y(share) + 4:.1f}" text-anchor="end">{share:.0%}</text>')
    for tick in range(_TICKS + 1):
        late = most * tick / _TICKS
        parts.append(
            f'<text x="{_x(late, most):.1f}" y="{_HEIGHT - _BOTTOM + 18}" text-anchor="middle">{late:,.0f}</text>'
        )
    parts.append(
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">'
        "milliseconds after the deadline, by when so much had gone out</text>"
    )
    for row, (name, curve) in enumerate(curves.items()):
        colour = _COLOURS[row % len(_COLOURS)]
        parts.append(f'<path d="{_path(curve, most)}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{_WIDTH - _RIGHT + 10}" y="{_TOP + 12 + 18 * row}" fill="{colour}">{escape(name)}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _path(curve: Distribution, most: float) -> str:
    steps = 100
    points = [(curve.at(step / steps), step / steps) for step in range(steps + 1)]
    return "M" + "L".join(f"{_x(max(0.0, late), most):.1f} {_y(share):.1f}" for late, share in points)


def _x(late: float, most: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - _RIGHT) * late / most


def _y(share: float) -> float:
    return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * share
