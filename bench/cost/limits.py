"""What AWS allows by default, what an upload takes of it, and what to turn when that is too little."""

# From here on it is time to turn something.
NEAR = 0.8
SHARDS = 16
# Writes of an upload to the index `unsettled`: its entry is made, moved by claim and finish (out and in again), taken out.
MOVES = 6


def binding(figures, uploads):
    """The limits that bind at so many uploads a second, or else the nearest: share, name, the limit, what to turn."""
    shares = sorted(((taken * uploads / limit, name, limit, turn) for name, limit, taken, turn in limits(figures)), reverse=True)
    return [one for one in shares if one[0] > NEAR] or shares[:1]


def limits(figures):
    processor = figures["processor"]["milliseconds"] / 1000
    api = (figures["calls"] * figures["api"]["milliseconds"] + figures["held_milliseconds"]) / 1000
    puts = figures["renditions"]
    return [
        ("images at once", 8, processor, "the parameter `MaximumConcurrency`, up to 1,000; beyond it remove it, and a mapping takes 1,250"),
        ("functions at once", 1000, processor + api, "the account's quota \"Concurrent executions\"; a new account has 10, ask first of all"),
        ("requests a second", 500, figures["calls"], "the parameter `RequestsPerSecond`, up to the gateway's 10,000, then its quota"),
        ("PUTs a second into a prefix", 3500, puts, "nothing: ids are random, and S3 divides the bucket as load grows; until then it says 503, and runs are repeated"),
        ("write units a second of one owner", 1000, 1, "owners: each has a partition of `by_owner`; DynamoDB divides it no further"),
        ("write units a second of `unsettled`", SHARDS * 1000, MOVES, "`SHARDS` in store/src/id.rs, with the sweep's queries"),
        ("write units a second of the table", 40000, figures["write_units"], "the quota \"Table-level write throughput\""),
        ("publishes a second", 30000, 1, "the quota of SNS"),
    ]
