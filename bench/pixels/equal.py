"""The quality at which a codec reaches a score."""


def quality_for(wanted, score):
    """The nearest whole number: scores grow with it."""
    low, high = 20, 95
    tried = {}
    while low <= high:
        middle = (low + high) // 2
        tried[middle] = score(middle)
        if tried[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return min(tried, key=lambda quality: abs(tried[quality] - wanted))
