"""The ImageService of the CRI as a release serves it.

Source: CRI-O server/image_pull.go, server/image_status.go, server/image_list.go, server/image_remove.go,
server/image_fs_info.go. Methods are small on purpose: each is one rule, which a variant may replace.
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

import grpc

from conformance.cri.v1 import api_pb2 as api
from conformance.model.answers import Login
from conformance.model.image_facts import ImageFacts
from conformance.model.image_service import NO_IMAGE, ImageService
from conformance.model.image_store import ListedImage
from conformance.model.pull_sources import Steps
from conformance.model.puller import Outcome
from conformance.model.release import Release
from conformance.registry_client.pull_client import PullClient
from conformance.simulator.log_file import LogFile
from conformance.simulator.printing import go_print
from conformance.simulator.request_auth import decode_auth
from conformance.simulator.rpc import ServicerError

T = TypeVar("T")
ARTIFACTS_SINCE = Release("1.33")
MOUNTPOINT = "/var/lib/containers/storage/overlay-images"


class ImageServicer:
    """Answers the image RPCs by the rules of ``service``, asking registries through ``client``."""

    def __init__(self, service: ImageService, client: PullClient, release: Release, log: LogFile) -> None:
        self.service = service
        self.client = client
        self.release = release
        self.log = log
        self._pulling: dict[object, asyncio.Future[Outcome]] = {}

    def refusal(self, text: str) -> ServicerError:
        """Make an error of the text: CRI-O hands plain Go errors to gRPC, which calls them unknown."""
        return ServicerError(text, grpc.StatusCode.UNKNOWN)

    # Pulling

    async def pull_image(self, request: api.PullImageRequest) -> api.PullImageResponse:
        """Pull an image, or wait for a pull of the same that is under way; raises ``ServicerError``."""
        name = request.image.image
        self.log.write("info", f"Pulling image: {name}")
        login = self.login(request.auth)
        outcome = await self.shared(self.key(request, login), self.pull(name, login, self.namespace(request)))
        if outcome.error:
            raise self.refusal(outcome.error)
        self.log.write("info", f"Pulled image: {outcome.image_ref}")
        return api.PullImageResponse(image_ref=outcome.image_ref)

    def login(self, auth: api.AuthConfig) -> Login | None:
        """Read the login of a request: ``auth`` counts before ``username``, the other fields do not count."""
        user, password = auth.username, auth.password
        if auth.auth:
            try:
                user, password = decode_auth(auth.auth)
            except ValueError as error:
                raise self.refusal(str(error)) from None
        return Login(user, password) if user else None

    def namespace(self, request: api.PullImageRequest) -> str:
        """Give the namespace of the pod that a pull is for, empty where it is for none."""
        return request.sandbox_config.metadata.namespace

    def key(self, request: api.PullImageRequest, login: Login | None) -> object:
        """Give what pulls have in common that are made once for all who want them at the same time.

        Source: CRI-O server/server.go, ``pullArguments``.
        """
        pod = request.sandbox_config
        return request.image.image, pod.linux.cgroup_parent, login, self.namespace(request)

    async def shared(self, key: object, pull: Coroutine[Any, Any, Outcome]) -> Outcome:
        """Give the outcome of the same pull where one is under way, whatever becomes of it."""
        if (running := self._pulling.get(key)) is not None:
            pull.close()
            try:
                return await asyncio.shield(running)
            except asyncio.CancelledError:
                if running.cancelled():
                    raise ServicerError("context canceled", grpc.StatusCode.CANCELLED) from None
                raise
        self._pulling[key] = mine = asyncio.get_running_loop().create_future()
        try:
            outcome = await pull
        except Exception as error:
            mine.set_exception(error)
            mine.exception()  # nobody may be waiting for it
            raise
        except asyncio.CancelledError:
            mine.cancel()
            raise
        else:
            mine.set_result(outcome)
            return outcome
        finally:
            del self._pulling[key]

    async def pull(self, name: str, login: Login | None, namespace: str) -> Outcome:
        """Pull, with the steps that the rules want."""
        return await self.drive(self.service.pull(name, login, namespace))

    async def drive(self, steps: Steps[T]) -> T:
        """Go through the steps of a rule, asking registries on the way; give what it returns."""
        try:
            ask = next(steps)
            while True:
                ask = steps.send(await self.client.send_request(ask))
        except StopIteration as end:
            result: T = end.value
            return result

    # Looking

    def image_status(self, request: api.ImageStatusRequest) -> api.ImageStatusResponse:
        """Look an image up in the store; one that is not there is an empty response, no error."""
        name = request.image.image
        if not name:
            raise self.refusal(NO_IMAGE)
        self.log.write("info", f"Checking image status: {name}")
        lookup = self.service.status(name)
        if lookup.error:
            raise self.refusal(lookup.error)
        if lookup.image is None:
            self._say_missing(name)
            return api.ImageStatusResponse()
        if self.service.artifacts.known(lookup.image.id):
            return api.ImageStatusResponse(image=self.image(lookup.image))
        kept = self.service.store.images.get(lookup.image.id)
        facts = kept.facts if kept else ImageFacts()
        response = api.ImageStatusResponse(image=self.image(lookup.image))
        response.image.spec.SetInParent()
        response.image.spec.annotations.update(facts.annotations)
        if request.verbose:
            response.info["info"] = facts.info
        if self.release.base < ARTIFACTS_SINCE:
            self.log.write("info", f"Image status: {go_print(response, self.release)}")
        return response

    def _say_missing(self, name: str) -> None:
        """Log that an image is not there, and no artifact either."""
        self.log.write("info", f"Image {name} not found")
        self.log.write("info", self.service.profile.nothing_found.format(name))

    def image(self, listed: ListedImage) -> api.Image:
        """Give an image or artifact as the CRI has it."""
        image = api.Image(
            id=listed.id,
            repo_tags=listed.tags,
            repo_digests=listed.digests,
            size=listed.size,
            username=listed.username,
            pinned=listed.pinned,
        )
        if listed.uid is not None:
            image.uid.value = listed.uid
        return image

    def list_images(self, request: api.ListImagesRequest) -> api.ListImagesResponse:
        """List the images, or the one that the filter names."""
        found = self.service.list(request.filter.image.image)
        if isinstance(found, str):
            raise self.refusal(found)
        return api.ListImagesResponse(images=[self.image(each) for each in found])

    # Removing

    def remove_image(self, request: api.RemoveImageRequest) -> api.RemoveImageResponse:
        """Remove an image, or one of its names; one that is not there is no error."""
        if error := self.service.remove(request.image.image):
            raise self.refusal(error)
        return api.RemoveImageResponse()

    def image_fs_info(self, request: api.ImageFsInfoRequest) -> api.ImageFsInfoResponse:
        """Report how much there is, bytes and images; containers are where images are."""
        del request
        images = self.service.store.images.values()
        usage = api.FilesystemUsage(
            timestamp=time.time_ns(),
            fs_id=api.FilesystemIdentifier(mountpoint=MOUNTPOINT),
            used_bytes=api.UInt64Value(value=sum(each.facts.size for each in images)),
            inodes_used=api.UInt64Value(value=len(images)),
        )
        return api.ImageFsInfoResponse(image_filesystems=[usage], container_filesystems=[usage])
