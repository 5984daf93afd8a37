"""A kubelet that only pretends: it reads its manifests and tells of each the states that the image of its volume says.

``a,b`` waits for a, and from the second question on for b; ``runs`` runs, and of ``ends`` it dies. A pod whose manifest
is gone is told once more. It never asks its runtime for anything.
"""

import http.server
import json
import os
import sys
from collections import Counter
from pathlib import Path

options = dict(argument.removeprefix("--").split("=", 1) for argument in sys.argv[1:])
config = json.loads(Path(options["config"]).read_text())
counts: Counter[str] = Counter()
before: set[Path] = set()


def log(message: str) -> None:
    """Log as klog does."""
    print(f"I1125 09:18:30.589186      36 {message}", file=sys.stderr, flush=True)


def pod(manifest: Path) -> dict[str, object]:
    """Tell of a pod; each of its states is an event, too."""
    document = json.loads(manifest.read_text())
    name = f"{document['metadata']['name']}-{options['hostname-override']}"
    states = document["spec"]["volumes"][0]["image"]["reference"].split(",")
    reason = states[min(counts[name], len(states) - 1)]
    counts[name] += 1
    if reason == "ends":
        print("Error: oh", flush=True)
        os._exit(1)
    log(f'event.go:389] "Event occurred" object="default/{name}" reason="{reason}" message="so it is"')
    state = {"running": {}} if reason == "runs" else {"waiting": {"reason": reason, "message": f"it is {reason}"}}
    statuses = [{"name": "main", "state": state, "containerID": "cri-o://ab12"}]
    return {"metadata": {"name": name}, "status": {"containerStatuses": statuses}}


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers ``/pods``."""

    def do_GET(self) -> None:
        """Tell of all pods."""
        manifests = set(Path(config["staticPodPath"]).glob("[!.]*.json"))
        items = [*map(pod, sorted(manifests)), *({"metadata": {"name": each.stem}} for each in before - manifests)]
        before.clear()
        before.update(manifests)
        body = json.dumps({"kind": "PodList", "items": items or None}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


log("starting")
http.server.HTTPServer((config["address"], config["readOnlyPort"]), Handler).serve_forever()
