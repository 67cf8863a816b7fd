"""What the demo holds, against services that are a few dictionaries."""

import json
from collections import Counter
from typing import Any

import httpx
import pytest

from deploy.parts.children import PartFailed
from deploy.standalone.content import (
    PUBLIC,
    PUBLIC_SUBNETS,
    Api,
    have_flavors,
    have_image,
    have_network,
    register_clusters,
)
from deploy.standalone.disk_image import SIZE, disk_image


class Shelf:
    """Answers like any OpenStack service: lists by filter, creates, deletes, takes files."""

    def __init__(self, **things: list[dict[str, Any]]) -> None:
        self.things = things
        self.calls: Counter[str] = Counter()
        self.data: dict[str, bytes] = {}

    def api(self) -> Api:
        transport = httpx.MockTransport(self.answer)
        return Api(client=httpx.Client(transport=transport, base_url="http://service"))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.calls[request.method] += 1
        words = request.url.path.strip("/").split("/")
        kind, rest = words[1], words[2:]
        there = self.things.setdefault(kind, [])
        if request.method == "POST":
            body = json.loads(request.content)
            thing = {"id": str(len(there)), "status": "queued", **body.get(kind[:-1], body)}
            there.append(thing)
            return httpx.Response(201, json=thing if kind == "images" else {kind[:-1]: thing})
        if request.method == "PUT":
            self.data[rest[0]] = request.content
            next(each for each in there if each["id"] == rest[0])["status"] = "active"
            return httpx.Response(204)
        if request.method == "DELETE":
            self.things[kind] = [each for each in there if each["id"] != rest[0]]
            return httpx.Response(204)
        if rest:
            found = [each for each in there if each["name"] == rest[0]]
            return httpx.Response(200 if found else 404, json=found)
        wanted = dict(request.url.params)
        return httpx.Response(
            200, json={kind: [each for each in there if wanted.items() <= each.items()]}
        )


def test_an_image_is_made_once_with_its_data() -> None:
    shelf = Shelf()
    have_image(shelf.api())
    have_image(shelf.api())
    assert [each["status"] for each in shelf.things["images"]] == ["active"]
    assert list(shelf.data.values()) == [disk_image()]
    assert shelf.calls["POST"] == 1


def test_an_image_whose_upload_was_cut_off_is_made_anew() -> None:
    shelf = Shelf(images=[{"id": "cut", "name": "tiny", "status": "queued"}])
    have_image(shelf.api())
    assert [(each["id"], each["status"]) for each in shelf.things["images"]] == [("0", "active")]


def test_the_image_is_two_megabytes_of_bootable_disk_without_a_repetition() -> None:
    image = disk_image()
    assert len(image) == SIZE == 2 * 1024 * 1024
    assert image[510:512] == b"\x55\xaa"
    sectors = {image[start : start + 512] for start in range(0, SIZE, 512)}
    assert len(sectors) == SIZE // 512


def test_five_flavors_are_made_and_only_missing_ones() -> None:
    shelf = Shelf(flavors=[{"id": "2", "name": "m1.small"}])
    have_flavors(shelf.api())
    have_flavors(shelf.api())
    assert shelf.calls["POST"] == 4
    tiny = next(each for each in shelf.things["flavors"] if each["name"] == "m1.tiny")
    assert (tiny["vcpus"], tiny["ram"], tiny["disk"]) == (1, 512, 1)


def test_a_network_without_one_of_its_subnets_gets_it() -> None:
    network = {"id": "n", "name": "public"}
    subnet = {"id": "s", "name": "public-v4", "network_id": "n"}
    shelf = Shelf(networks=[network], subnets=[subnet])
    have_network(shelf.api(), PUBLIC, PUBLIC_SUBNETS)
    have_network(shelf.api(), PUBLIC, PUBLIC_SUBNETS)
    assert shelf.things["networks"] == [network]
    assert [each["name"] for each in shelf.things["subnets"]] == ["public-v4", "public-v6"]
    assert {each["network_id"] for each in shelf.things["subnets"]} == {"n"}


def test_a_cluster_is_registered_once() -> None:
    shelf = Shelf()
    for _ in range(2):
        register_clusters(shelf.api(), [{"name": "one"}, {"name": "two"}])
    assert [each["name"] for each in shelf.things["clusters"]] == ["one", "two"]


def test_a_cluster_that_is_known_without_its_agent_is_told_of_it() -> None:
    told: list[tuple[str, Any]] = []
    known = {"c1": {"has_agent": False}, "c2": {"has_agent": True}}

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rpartition("/")[2]
        if request.method == "PATCH":
            told.append((name, json.loads(request.content)))
        return httpx.Response(200, json={"cluster": known[name]})

    client = httpx.Client(transport=httpx.MockTransport(answer), base_url="http://service")
    agent = {"ext_provider": "p", "agent_url": "u", "agent_token": "t", "agent_ca_pem": "c"}
    clusters = [{"name": name, "url": "x", **agent} for name in known]
    register_clusters(Api(client=client), clusters)
    assert told == [("c1", agent)]


def test_a_refusal_is_told_with_the_services_words() -> None:
    refusing = httpx.MockTransport(lambda _: httpx.Response(409, text="no such bridge"))
    api = Api(client=httpx.Client(transport=refusing, base_url="http://service"))
    with pytest.raises(PartFailed, match=r"POST http://service/v2\.1/x .* 409: no such bridge"):
        api.call("POST", "/v2.1/x")
