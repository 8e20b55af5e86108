"""What Tintype promises on AWS, kept against moto: each function is a promise, named in full."""

import hashlib
import importlib.metadata
import json
import os
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import requests

from aws import ADMIN_KEY, Aws, event
from binaries import Api, Worker, eventually, put
from picture import png


class Site:
    def __init__(self, programs, folder):
        self.programs, self.folder = programs, folder
        self.aws = Aws()
        self.told = []
        self.api = self.another_api()
        self.worker = self.another_worker()

    def another_api(self, **variables):
        return Api(self.programs, self.aws.variables() | variables, os.path.join(self.folder, "api.log"))

    def another_worker(self, log="worker.log", **variables):
        return Worker(self.programs, self.aws.variables() | variables, os.path.join(self.folder, log))

    def uploaded(self, filename, bytes):
        return self.api.settled(self.api.upload(filename, bytes))

    def notifications(self, image_id):
        """All that was ever told of an image."""
        self.told += [json.loads(body) for body in self.aws.take(self.aws.results)]
        return [told for told in self.told if told["image"]["id"] == image_id]

    def stop(self):
        for process in (self.api, self.worker):
            process.kill()
        self.aws.stop()


def uploaded_photo_becomes_ready_with_every_rendition(site):
    image = site.uploaded("photo.png", png(1500, 1000))
    assert image["status"] == "ready", image
    assert len(image["renditions"]) == 5, image
    for made in image["renditions"]:
        answer = requests.get(made["url"])
        assert (answer.status_code, len(answer.content)) == (200, made["bytes"]), made
        assert answer.headers["content-type"] == f"image/{made['format']}", made
    assert len(site.aws.objects(image["id"])) == 6


def its_result_is_told_once(site):
    image = site.uploaded("photo.png", png(200, 100))
    [told] = eventually(lambda: site.notifications(image["id"]))
    assert (told["type"], told["image"]["status"]) == ("image.ready", "ready"), told
    eventually(site.aws.is_drained)
    assert "notified_at" in eventually(lambda: site.aws.record(image["id"]))


def presigned_url_cannot_overwrite_an_original(site):
    photo = png(200, 100)
    grant = site.api.grant("photo.png", photo)
    assert [put(grant, photo).status_code for _ in range(2)] == [200, 412]
    assert site.api.settled(grant["id"])["status"] == "ready"


def upload_whose_hash_was_announced_becomes_ready(site):
    photo = png(200, 100)
    grant = site.api.grant("photo.png", photo, sha256=hashlib.sha256(photo).hexdigest())
    assert put(grant, photo).status_code == 200
    assert site.api.settled(grant["id"])["status"] == "ready"


def same_event_twice_leaves_the_same_image(site):
    image = site.uploaded("photo.png", png(500, 400))
    eventually(lambda: site.aws.is_drained() and site.notifications(image["id"]))
    before = (site.aws.record(image["id"]), site.aws.objects(image["id"]))
    for _ in range(2):
        site.aws.send(site.aws.ingest, site.aws.event(image["id"]))
    eventually(site.aws.is_drained)
    assert before == (site.aws.record(image["id"]), site.aws.objects(image["id"]))
    assert len(site.notifications(image["id"])) == 1


def what_is_no_picture_fails_with_a_code(site):
    image = site.uploaded("photo.jpg", b"no picture")
    assert (image["status"], image["error"]["code"]) == ("failed", "unsupported_format"), image
    [told] = eventually(lambda: site.notifications(image["id"]))
    assert (told["type"], told["image"]["error"]["code"]) == ("image.failed", "unsupported_format"), told


def reprocessed_image_is_told_as_a_new_event(site):
    image = site.uploaded("photo.png", png(500, 400))
    first = eventually(lambda: site.notifications(image["id"]))[0]
    assert site.api.request("POST", f"/images/{image['id']}/reprocess?preset=avatar").status_code == 202
    both = eventually(lambda: len(told := site.notifications(image["id"])) == 2 and told)
    assert first["event_id"] != both[1]["event_id"], both
    again = site.api.settled(image["id"])
    assert (again["status"], again["preset"], len(again["renditions"])) == ("ready", "avatar", 6), again
    assert len(site.aws.objects(image["id"])) == 7


def deleted_image_leaves_nothing_in_the_buckets(site):
    image = site.uploaded("photo.png", png(200, 100))
    assert site.api.request("DELETE", f"/images/{image['id']}").status_code == 204
    assert site.api.request("GET", f"/images/{image['id']}").status_code == 404
    assert site.aws.objects(image["id"]) == {}


def images_are_listed_newest_first_page_by_page(site):
    ids = [site.uploaded("photo.png", png(20, 10))["id"] for _ in range(3)]
    page = site.api.request("GET", "/images?limit=2").json()
    rest = site.api.request("GET", page["next"]).json()
    assert [image["id"] for image in page["images"] + rest["images"][:1]] == ids[::-1], (page, rest)


def key_is_listed_and_opens_nothing_once_it_is_revoked(site):
    made = site.api.make_key(["images:read"], key=ADMIN_KEY)
    assert site.api.request("GET", "/images", key=made["key"]).status_code == 200
    assert [site.api.request("DELETE", f"/keys/{made['id']}", key=ADMIN_KEY).status_code for _ in range(2)] == [204, 204]
    assert site.api.request("GET", "/images", key=made["key"]).status_code == 401
    listed = site.api.request("GET", "/keys?owner=ann", key=ADMIN_KEY).json()["keys"]
    assert [bool(key["revoked_at"]) for key in listed if key["id"] == made["id"]] == [True], listed
    assert site.api.request("GET", "/keys?owner=bob", key=ADMIN_KEY).json() == {"keys": [], "next": None}


def rendition_behind_a_cdn_has_a_plain_url_that_works(site):
    image = site.uploaded("photo.png", png(200, 100))
    base = f"{site.aws.endpoint}/renditions"
    api = site.another_api(TINTYPE_RENDITIONS_URL=base)
    try:
        for made in api.image(image["id"])["renditions"]:
            shown = api.request("GET", f"/images/{image['id']}/{made['name']}").headers["location"]
            assert made["url"] == shown and shown.startswith(f"{base}/{image['id']}/") and "?" not in shown, shown
            assert len(requests.get(shown).content) == made["bytes"], made
            saved = api.request("GET", f"/images/{image['id']}/{made['name']}?download=1").headers["location"]
            assert "attachment" in requests.get(saved).headers["content-disposition"], saved
    finally:
        api.kill()


def worker_that_is_told_to_stop_ends_what_is_in_hand(site):
    image_id = site.api.upload("photo.png", png(3000, 2000))
    eventually(lambda: site.api.image(image_id)["status"] == "processing")
    assert site.worker.terminate() == 0
    image = site.api.image(image_id)
    site.worker = site.another_worker()
    assert image["status"] == "ready", image
    eventually(site.aws.is_drained)


def original_whose_event_was_lost_is_found_by_the_sweep(site):
    site.aws.tell_of_originals(False)
    image_id = site.api.upload("photo.png", png(200, 100))
    site.aws.tell_of_originals()
    site.aws.make_overdue(image_id)
    # There is one at each start, too.
    site.worker.terminate()
    site.worker = site.another_worker()
    assert site.api.settled(image_id)["status"] == "ready"


def sweep_of_a_worker_without_messages_is_counted_in_its_log(site):
    worker = site.another_worker("idle.log", TINTYPE_QUEUE_URL=site.aws.queue("idle"))
    try:
        eventually(lambda: any(line.get("sweeps") for line in worker.lines()))
    finally:
        worker.kill()


def message_that_nobody_can_read_rests_with_the_dead_letters_and_keeps_nobody_waiting(site):
    image = site.uploaded("photo.png", png(200, 100))
    # Few receipts, since each is twice as long after the last.
    queue = site.aws.queue_that_gives_up("poisoned", 4)
    worker = site.another_worker("poisoned.log", TINTYPE_QUEUE_URL=queue)
    try:
        message_id = site.aws.send(queue, "not an event")
        site.aws.send(queue, site.aws.event(image["id"]))
        assert eventually(lambda: site.aws.take(site.aws.dead_letters)) == ["not an event"]
        eventually(lambda: site.aws.is_drained(queue))
        tries = worker.says("to be delivered again")
        assert [(line["message_id"], line["receives"]) for line in tries] == [(message_id, receives) for receives in (1, 2, 3, 4)], tries
    finally:
        worker.kill()


@contextmanager
def silent_s3():
    """Where a bucket is there, and no original ever comes."""
    over = threading.Event()

    class Silent(BaseHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def do_GET(self):
            over.wait()

        def log_message(self, *words):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever).start()
        try:
            yield "http://127.0.0.1:{}".format(server.server_port)
        finally:
            over.set()
            server.shutdown()


def message_in_hand_is_kept_from_others_for_as_long_as_it_takes(site):
    queue = site.aws.queue("slow")
    site.aws.table("slow")
    image_id = site.api.grant("photo.png", b"x")["id"]
    site.aws.copy_record(image_id, "slow")
    # The original is waited for until the SDK gives up, in three quarters of a minute.
    with silent_s3() as endpoint:
        worker = site.another_worker(
            "slow.log", TINTYPE_QUEUE_URL=queue, TINTYPE_IMAGES_TABLE="slow", AWS_ENDPOINT_URL_S3=endpoint)
        try:
            site.aws.send(queue, event(image_id, 1, "e"))
            # Another slot would find the image busy, before.
            first = eventually(lambda: worker.says("to be delivered again"))[0]
            assert first["receives"] == 1, first
        finally:
            worker.kill()


def image_of_a_worker_that_was_killed_becomes_ready_by_its_successor(site):
    image_id = site.api.upload("photo.png", png(3000, 2000))
    eventually(lambda: site.api.image(image_id)["status"] == "processing")
    site.worker.kill()
    assert site.api.image(image_id)["status"] == "processing", "it was killed in the midst of it"
    site.worker = site.another_worker()
    image = site.api.settled(image_id)
    assert image["status"] == "ready", image
    [told] = eventually(lambda: site.notifications(image_id))
    assert len(site.aws.objects(image_id)) == 1 + len(image["renditions"])


ONE_BY_ONE = [
    uploaded_photo_becomes_ready_with_every_rendition,
    its_result_is_told_once,
    presigned_url_cannot_overwrite_an_original,
    upload_whose_hash_was_announced_becomes_ready,
    same_event_twice_leaves_the_same_image,
    what_is_no_picture_fails_with_a_code,
    reprocessed_image_is_told_as_a_new_event,
    deleted_image_leaves_nothing_in_the_buckets,
    images_are_listed_newest_first_page_by_page,
    key_is_listed_and_opens_nothing_once_it_is_revoked,
    rendition_behind_a_cdn_has_a_plain_url_that_works,
    worker_that_is_told_to_stop_ends_what_is_in_hand,
    original_whose_event_was_lost_is_found_by_the_sweep,
]
# They wait most of the time: for a back-off, for the end of a lease.
AT_ONCE = [
    sweep_of_a_worker_without_messages_is_counted_in_its_log,
    message_that_nobody_can_read_rests_with_the_dead_letters_and_keeps_nobody_waiting,
    message_in_hand_is_kept_from_others_for_as_long_as_it_takes,
    image_of_a_worker_that_was_killed_becomes_ready_by_its_successor,
]


def keep(promise, site):
    try:
        promise(site)
    except Exception as broken:
        broken.add_note(f"broken: {promise.__name__}")
        raise
    print(f"{promise.__name__} ... ok", flush=True)


def main(programs, name=""):
    started = time.monotonic()
    one_by_one, at_once = ([promise for promise in all if name in promise.__name__] for all in (ONE_BY_ONE, AT_ONCE))
    with tempfile.TemporaryDirectory() as folder:
        site = Site(programs, folder)
        try:
            for promise in one_by_one:
                keep(promise, site)
            with ThreadPoolExecutor() as pool:
                for kept in [pool.submit(keep, promise, site) for promise in at_once]:
                    kept.result()
        except BaseException:
            for log in ("api.log", "worker.log"):
                with open(os.path.join(folder, log), encoding="utf-8") as lines:
                    print(f"The end of {log}:", *lines.readlines()[-10:], sep="\n", file=sys.stderr)
            raise
        finally:
            site.stop()
    count, took = len(one_by_one) + len(at_once), time.monotonic() - started
    assert count, f"no promise has {name!r} in its name"
    print(f"moto {importlib.metadata.version('moto')}: {count} promises kept in {took:.0f} seconds")


main(*sys.argv[1:])
