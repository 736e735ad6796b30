"""The plot of a comparison: bars of events a second."""

import html
import math


def bars(figures):
    """An SVG; logarithmic, from a hundred on."""
    rates = figures["events_per_second"]
    top = math.log10(max(rates.values()))
    row, left, width = 26, 370, 420
    scale = lambda rate: max(2, (math.log10(max(rate, 100)) - 2) / (top - 2) * width)
    hardware = figures["hardware"]
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + width + 90}" height="{row * len(rates) + 50}" '
             'font-family="sans-serif" font-size="13">', '<rect width="100%" height="100%" fill="#ffffff"/>']
    title = (f'events a second (logarithmic), {figures["payload_bytes"]} bytes each, '
             f'{hardware["cores"]} cores of {hardware["cpu"]}')
    lines.append(f'<text x="8" y="20">{html.escape(title)}</text>')
    for at, (name, rate) in enumerate(rates.items()):
        y = 36 + at * row
        colour = "#1f6f8b" if name.startswith("skillpass") else "#b0b7bd"
        lines.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{html.escape(name)}</text>')
        lines.append(f'<rect x="{left}" y="{y}" width="{scale(rate):.0f}" height="{row - 6}" fill="{colour}"/>')
        lines.append(f'<text x="{left + scale(rate) + 6:.0f}" y="{y + 15}">{rate:,}</text>')
    return "\n".join([*lines, "</svg>", ""])
