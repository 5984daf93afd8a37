"""The Kubernetes API by the official client, as far as pods and their users need it: a namespace of our own in it."""

import json
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kubernetes.client import ApiClient, ApiException, CoreV1Api
from kubernetes.stream import stream
from urllib3.exceptions import HTTPError

from conformance.kubelet.messages import Event

SECONDS = 30.0
NOT_FOUND = 404


class ClusterError(Exception):
    """What an API server was asked for cannot be had: one sentence."""


class KubeAPI:
    """An API server, and the namespace ``namespace`` in it that is ours. Everything raises ``ClusterError``."""

    def __init__(self, client: ApiClient) -> None:
        self.namespace = f"conformance-{uuid.uuid4().hex[:8]}"
        self._client = client
        self._core = CoreV1Api(client)

    def create_namespace(self, labels: Mapping[str, str]) -> None:
        """Make the namespace, with these labels."""
        document = {"metadata": {"name": self.namespace, "labels": dict(labels)}}
        self._ask(self._core.create_namespace, document, of_namespace=False)

    def delete_namespace(self, name: str) -> None:
        """Let the cluster delete a namespace with all that is in it; it is not waited for."""
        self._ask(self._core.delete_namespace, name, of_namespace=False)

    def namespaces(self, label: str) -> dict[str, str]:
        """Give the namespaces that have a label, by name, and its value."""
        return self._labels(self._core.list_namespace, label)

    def create_node(self, document: Mapping[str, Any]) -> None:
        """Make a node known (core/v1 Node)."""
        self._ask(self._core.create_node, document, of_namespace=False)

    def delete_node(self, name: str) -> None:
        """Forget a node."""
        self._ask(self._core.delete_node, name, of_namespace=False)

    def delete_pods_on(self, node: str) -> None:
        """Delete all pods that are bound to a node, whosever they are, and though nobody runs them."""
        bound = f"spec.nodeName={node}"
        for each in self._items(self._core.list_pod_for_all_namespaces, of_namespace=False, field_selector=bound):
            at = {"name": each["metadata"]["name"], "namespace": each["metadata"]["namespace"]}
            self._ask(self._core.delete_namespaced_pod, of_namespace=False, grace_period_seconds=0, **at)

    def labelled_nodes(self, label: str) -> dict[str, str]:
        """Give the nodes that have a label, by name, and its value."""
        return self._labels(self._core.list_node, label)

    def nodes(self) -> dict[str, dict[str, Any]]:
        """Give the nodes (core/v1 Node) by name."""
        return {each["metadata"]["name"]: each for each in self._items(self._core.list_node, of_namespace=False)}

    def set_node_address(self, name: str, address: str) -> None:
        """Say where the API server reaches a node."""
        status = {"addresses": [{"type": "InternalIP", "address": address}]}
        self._ask(self._core.patch_node_status, name, body={"status": status}, of_namespace=False)

    def create_secret(self, document: Mapping[str, Any]) -> None:
        """Store a secret."""
        self._ask(self._core.create_namespaced_secret, document)

    def create_pod(self, document: Mapping[str, Any]) -> None:
        """Give the cluster a pod to run."""
        self._ask(self._core.create_namespaced_pod, document)

    def try_pod(self, document: Mapping[str, Any]) -> None:
        """Let the cluster say whether it would take a pod; nothing is run."""
        self._ask(self._core.create_namespaced_pod, document, dry_run="All")

    def pod(self, name: str) -> dict[str, Any]:
        """Give a pod (core/v1 Pod); an empty one where there is none of that name."""
        try:
            return self._ask(self._core.read_namespaced_pod, name)
        except ClusterError as error:
            if isinstance(error.__cause__, ApiException) and error.__cause__.status == NOT_FOUND:
                return {}
            raise

    def pods(self) -> list[dict[str, Any]]:
        """Give all pods that are ours."""
        return self._items(self._core.list_namespaced_pod)

    def delete_pods(self) -> None:
        """Delete all pods that are ours, without the time that they may take to end."""
        self._ask(self._core.delete_collection_namespaced_pod, grace_period_seconds=0)

    def events(self, pod: str) -> list[Event]:
        """Give the events of a pod, each once, in the order in which they first came."""
        selector = f"involvedObject.kind=Pod,involvedObject.name={pod}"
        return events_in_order(self._items(self._core.list_namespaced_event, field_selector=selector))

    def run_in_pod(self, name: str, argv: Sequence[str]) -> tuple[int, bytes, bytes]:
        """Run a program in a pod's container; give its exit status, and what it printed."""
        try:
            session = stream(
                self._core.connect_get_namespaced_pod_exec,
                name,
                self.namespace,
                command=list(argv),
                stdin=False,
                stdout=True,
                stderr=True,
                tty=False,
                binary=True,
                _preload_content=False,
            )
            session.run_forever(timeout=SECONDS)
            return session.returncode, session.read_stdout(0) or b"", session.read_stderr(0) or b""
        except ApiException as error:
            raise ClusterError(f"{argv[0]} cannot be run in the pod {name}: {_message(error)}") from error

    def close(self) -> None:
        """Close its connections."""
        self._client.rest_client.close()

    def _labels(self, method: Any, label: str) -> dict[str, str]:
        found = self._items(method, of_namespace=False, label_selector=label)
        return {each["metadata"]["name"]: each["metadata"]["labels"][label] for each in found}

    def _items(self, method: Any, *, of_namespace: bool = True, **options: Any) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._ask(method, of_namespace=of_namespace, **options)["items"]
        return items

    def _ask(self, method: Any, *arguments: Any, of_namespace: bool = True, **options: Any) -> dict[str, Any]:
        """Call a method of the client, and give the answer as the server's JSON has it."""
        if of_namespace:
            options["namespace"] = self.namespace
        if arguments and isinstance(arguments[0], Mapping):
            options["body"], arguments = arguments[0], ()
        try:
            answer = method(*arguments, _preload_content=False, _request_timeout=SECONDS, **options)
            content: dict[str, Any] = json.loads(answer.data)
        except ApiException as error:
            raise ClusterError(f"the API server refuses {method.__name__}: {_message(error)}") from error
        except (HTTPError, ValueError) as error:
            raise ClusterError(f"the API server does not answer {method.__name__}: {error}") from error
        if content.get("kind") == "Status" and content.get("status") == "Failure":
            raise ClusterError(f"the API server refuses {method.__name__}: {content.get('message')}")
        return content


def events_in_order(items: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Read events (core/v1 Event); a name ends with the time at which the first of its kind came, in nanoseconds."""
    ordered = sorted(items, key=lambda each: (each["metadata"]["creationTimestamp"], each["metadata"]["name"]))
    return [Event(each["reason"], each["message"], each.get("count") or 1) for each in ordered]


def _message(error: ApiException) -> str:
    """Give what the server says of an error (meta/v1 Status), in a line."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (ValueError, KeyError, TypeError):
        return f"{error.status} {error.reason}"
