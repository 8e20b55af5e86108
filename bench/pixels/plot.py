"""Quality against CPU time for J1, as SVG: a large dot for each peer's mean, small ones for the photos."""

from html import escape

WIDTH, HEIGHT, EDGE = 700, 440, 60
# Beside the plot: names at the dots would lie upon each other.
LEGEND = 210
COLOURS = ("#b03a2e", "#d98880", "#1f618d", "#117864", "#7d3c98", "#9a7d0a", "#566573", "#2e4053")


def svg(rows):
    peers = list(dict.fromkeys(row.peer for row in rows))
    across = Axis(0, max(row.cpu_ms for row in rows) * 1.15, EDGE, WIDTH - EDGE)
    scores = [row.mean_score() for row in rows]
    up = Axis(min(scores) - 2, min(100, max(scores) + 2), HEIGHT - EDGE, EDGE / 2)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH + LEGEND} {HEIGHT}" font-family="sans-serif" font-size="12">',
             f'<rect width="{WIDTH + LEGEND}" height="{HEIGHT}" fill="#fff"/>', *grid(across, up)]
    for place, (peer, colour) in enumerate(zip(peers, COLOURS)):
        parts += marks(peer, colour, [row for row in rows if row.peer == peer], across, up, place)
    return "\n".join([*parts, "</svg>"]) + "\n"


def marks(peer, colour, rows, across, up, place):
    for row in rows:
        title = escape(f"{peer}, {row.photo}: {row.cpu_ms:.0f} ms, {row.mean_score():.1f}")
        yield f'<circle cx="{across(row.cpu_ms):.1f}" cy="{up(row.mean_score()):.1f}" r="3" fill="{colour}" opacity=".4"><title>{title}</title></circle>'
    cpu = sum(row.cpu_ms for row in rows) / len(rows)
    score = sum(row.mean_score() for row in rows) / len(rows)
    legend = EDGE + 24 * place
    for x, y in (across(cpu), up(score)), (WIDTH - EDGE / 2, legend):
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="7" fill="{colour}"/>'
    yield f'<text x="{WIDTH - EDGE / 2 + 14}" y="{legend + 4}" fill="{colour}">{escape(peer)}: {cpu:.0f} ms, {score:.1f}</text>'


def grid(across, up):
    for value in across.ticks():
        x = across(value)
        yield f'<path d="M{x:.1f} {EDGE / 2}V{HEIGHT - EDGE}" stroke="#ddd"/>'
        yield f'<text x="{x:.1f}" y="{HEIGHT - EDGE + 18}" text-anchor="middle" fill="#555">{value:g}</text>'
    for value in up.ticks():
        y = up(value)
        yield f'<path d="M{EDGE} {y:.1f}H{WIDTH - EDGE}" stroke="#ddd"/>'
        yield f'<text x="{EDGE - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{value:g}</text>'
    yield f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">CPU, ms (12 MP JPEG to 800 px JPEG q80)</text>'
    yield f'<text transform="translate(16 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">SSIMULACRA2</text>'


class Axis:
    """From values to places."""

    def __init__(self, low, high, start, end):
        self.low, self.high, self.start, self.end = low, high, start, end

    def __call__(self, value):
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        step = next(step for step in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000) if (self.high - self.low) / step <= 9)
        first = int(-(-self.low // step)) * step
        return range(first, int(self.high) + 1, step)
