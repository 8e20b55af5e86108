"""The plain binaries, as processes: an API that is asked over HTTP, and a worker."""

import json
import os
import signal
import socket
import subprocess
import time

import requests

# Longer than anything here takes on a busy machine; a lease that was lost lasts a minute.
PATIENCE_SECONDS = 150


def eventually(attempt):
    """Tries until there is something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := attempt()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)
    return found


class Process:
    """Told what it needs by variables, and by these alone."""

    def __init__(self, program, variables, log):
        self.log = log
        with open(log, "ab") as out:
            self.process = subprocess.Popen([program], env=variables, stdin=subprocess.DEVNULL, stdout=out, stderr=out)

    def lines(self):
        with open(self.log, encoding="utf-8") as log:
            # The last may be half written.
            return [json.loads(line) for line in log if line.endswith("\n")]

    def says(self, message):
        return [line for line in self.lines() if line.get("message") == message]

    def terminate(self):
        """Its exit code, once it has ended by itself."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)

    def kill(self):
        self.process.kill()
        self.process.wait()


class Worker(Process):
    def __init__(self, folder, variables, log):
        super().__init__(os.path.join(folder, "processor-under-test"), variables, log)
        before = len(self.says("waiting for messages"))
        eventually(lambda: len(self.says("waiting for messages")) > before or self._fail())

    def _fail(self):
        assert self.process.poll() is None, f"the worker ended: {self.lines()}"


class Api(Process):
    def __init__(self, folder, variables, log):
        with socket.create_server(("127.0.0.1", 0)) as free:
            address = "127.0.0.1:{}".format(free.getsockname()[1])
        self.url = f"http://{address}"
        super().__init__(os.path.join(folder, "api-under-test"), variables | {"TINTYPE_LISTEN": address}, log)
        self.key = variables["TINTYPE_ADMIN_KEY"]
        eventually(self._is_ready)
        self.key = self.make_key(["uploads:create", "images:read", "images:delete"])["key"]

    def make_key(self, scopes, **more):
        answer = self.request("POST", "/keys", json={"owner": "ann", "scopes": scopes}, **more)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def _is_ready(self):
        assert self.process.poll() is None, f"the api ended: {self.lines()}"
        try:
            return self.request("GET", "/readyz").ok
        except requests.ConnectionError:
            return False

    def request(self, method, path, key=None, **more):
        """Each request to the API goes through here."""
        headers = {"authorization": f"Bearer {key or self.key}"}
        return requests.request(
            method, self.url + path, headers=headers, allow_redirects=False, timeout=PATIENCE_SECONDS, **more)

    def grant(self, filename, bytes, **more):
        answer = self.request("POST", "/uploads", json={"filename": filename, "bytes": len(bytes), **more})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def upload(self, filename, bytes):
        """From the question to the last byte; the id of the image."""
        grant = self.grant(filename, bytes)
        assert put(grant, bytes).status_code == 200
        return grant["id"]

    def image(self, image_id):
        return self.request("GET", f"/images/{image_id}").json()

    def settled(self, image_id):
        """The image once nothing more happens to it."""
        def settled():
            image = self.request("GET", f"/images/{image_id}?wait=10").json()
            return image["status"] not in ("awaiting_upload", "processing") and image
        return eventually(settled)


def put(grant, bytes):
    """What was granted, with exactly the headers that the grant lists."""
    upload = grant["upload"]
    return requests.put(upload["url"], data=bytes, headers=upload["headers"], timeout=PATIENCE_SECONDS)
