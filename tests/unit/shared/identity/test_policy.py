"""Upstream's rules, in upstream's language, with upstream's refusals."""

from dataclasses import replace
from pathlib import Path

import pytest

from shared.errors import NotAllowed
from shared.identity.policy import (
    ADMIN,
    ANYONE,
    CINDER_DENIAL,
    GLANCE_DENIAL,
    NEUTRON_DENIAL,
    NOBODY,
    NOVA_DENIAL,
    OWNER_OR_ADMIN,
    PROJECT_MANAGER_OR_ADMIN,
    PROJECT_MEMBER_OR_ADMIN,
    PROJECT_READER_OR_ADMIN,
    SERVICE_OR_ADMIN,
    Denial,
    Policy,
    PolicyRule,
)
from shared.testing.identity import caller

READER, MEMBER, MANAGER = caller(roles=["reader"]), caller(), caller(roles=["manager"])
ADMINISTRATOR = caller("9" * 32, roles=["admin"])
SERVICE = caller("8" * 32, roles=["service"])
FOR_USER = replace(READER, service_roles=frozenset({"service"}))
NOBODY_AT_ALL = caller("", roles=[])
OWN = {"project_id": MEMBER.project_id, "user_id": MEMBER.user_id}
FOREIGN = {"project_id": "f" * 32, "user_id": "f" * 32}


def policy(check: str, denial: Denial = NOVA_DENIAL, name: str = "x:y") -> Policy:
    return Policy([PolicyRule(name, check)], denial=denial)


@pytest.mark.parametrize(
    ("check", "passing"),
    [
        (ADMIN, [ADMINISTRATOR]),
        (ANYONE, [NOBODY_AT_ALL, READER, MEMBER, MANAGER, SERVICE, FOR_USER, ADMINISTRATOR]),
        (NOBODY, []),
        (PROJECT_READER_OR_ADMIN, [READER, MEMBER, MANAGER, FOR_USER, ADMINISTRATOR]),
        (PROJECT_MEMBER_OR_ADMIN, [MEMBER, MANAGER, ADMINISTRATOR]),
        (PROJECT_MANAGER_OR_ADMIN, [MANAGER, ADMINISTRATOR]),
        (SERVICE_OR_ADMIN, [SERVICE, FOR_USER, ADMINISTRATOR]),
    ],
)
def test_each_persona_may_what_upstream_lets_it(check: str, passing: list[object]) -> None:
    everybody = [NOBODY_AT_ALL, READER, MEMBER, MANAGER, SERVICE, FOR_USER, ADMINISTRATOR]
    allowed = [each for each in everybody if policy(check).allows(each, "x:y", OWN)]
    assert allowed == [each for each in everybody if each in passing]


def test_other_projects_are_for_administrators_only() -> None:
    rules = policy(PROJECT_READER_OR_ADMIN)
    assert not rules.allows(MANAGER, "x:y", FOREIGN)
    assert rules.allows(ADMINISTRATOR, "x:y", FOREIGN)


def test_without_a_target_the_callers_own_project_is_meant() -> None:
    assert policy(PROJECT_MEMBER_OR_ADMIN).allows(MEMBER, "x:y")
    assert not policy(PROJECT_MEMBER_OR_ADMIN).allows(READER, "x:y")


def test_a_caller_without_a_project_owns_nothing() -> None:
    assert not policy(PROJECT_READER_OR_ADMIN).allows(NOBODY_AT_ALL, "x:y")
    assert not policy(PROJECT_READER_OR_ADMIN).allows(NOBODY_AT_ALL, "x:y", {"project_id": ""})


def test_keypairs_belong_to_users() -> None:
    other = caller(user="2" * 32)
    assert policy(OWNER_OR_ADMIN).allows(MEMBER, "x:y", OWN)
    assert not policy(OWNER_OR_ADMIN).allows(other, "x:y", OWN)


@pytest.mark.parametrize(
    ("check", "target", "allowed"),
    [
        ("not role:admin", {}, True),
        ("not role:member", {}, False),
        ("role:MEMBER", {}, True),
        ("(role:admin or role:member) and not role:banned", {}, True),
        ("role:member or role:admin and role:nothing", {}, True),
        ("role:%(wanted)s", {"wanted": "Member"}, True),
        ("role:%(wanted)s", {}, False),
        ("tenant_id:%(network:tenant_id)s", {"network:tenant_id": "d" * 32}, True),
        ("tenant_id:%(network:tenant_id)s", {"network:tenant_id": None}, False),
        ("project_id:%(project_id)s", {}, False),
        ("field:networks:shared=True", {"shared": True}, True),
        ("field:networks:shared=True", {"shared": False}, False),
        ("field:networks:shared=True", {}, False),
        ("'public':%(visibility)s", {"visibility": "public"}, True),
        ("'public':%(visibility)s", {"visibility": "private"}, False),
        ("True:%(shared)s", {"shared": True}, True),
        ("None:%(device_owner)s", {"device_owner": "x"}, False),
        ("user_name:somebody", {}, True),
        ("is_admin:True", {}, False),
        ("is_admin:False", {}, True),
        ("system_scope:all", {}, False),
        ("roles:member", {}, True),
        ("", {}, True),
    ],
)
def test_the_language_reads_as_upstreams(
    check: str, target: dict[str, object], allowed: bool
) -> None:
    assert policy(check).allows(MEMBER, "x:y", target) is allowed


@pytest.mark.parametrize(
    ("check", "why"),
    [
        ("http://policy.example/%(x)s", "over the net"),
        ("role:member and https://policy.example", "over the net"),
        ("rule:nowhere", "not there"),
        ("rule:x:y", "itself"),
        ("role:admin and", "cannot be read"),
        ("(role:admin", "cannot be read"),
        ("shoe_size:44", "nobody has"),
    ],
)
def test_a_rule_that_cannot_work_stops_the_service_at_its_start(check: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        policy(check)


@pytest.mark.parametrize(
    ("denial", "name", "text"),
    [
        (NOVA_DENIAL, "Forbidden", "Policy doesn't allow x:y to be performed."),
        (CINDER_DENIAL, "Forbidden", "Policy doesn't allow x:y to be performed."),
        (NEUTRON_DENIAL, "PolicyNotAuthorized", "rule:x:y is disallowed by policy"),
        (GLANCE_DENIAL, "Forbidden", "You are not authorized to complete x:y action."),
    ],
)
def test_a_refusal_is_worded_as_the_family_does(denial: Denial, name: str, text: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        policy(ADMIN, denial).require(MEMBER, "x:y")
    assert (refused.value.message, refused.value.name) == (text, name)
    policy(ADMIN, denial).require(ADMINISTRATOR, "x:y")


def test_a_rule_that_is_not_there_is_a_bug_not_a_refusal() -> None:
    with pytest.raises(KeyError):
        policy(ANYONE).allows(ADMINISTRATOR, "x:z")


def test_operators_override_rules_and_may_change_their_minds(tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text('"x:y": "role:helper"\n"project_reader_api": "role:auditor"\n"new": "@"\n')
    rules = Policy(
        [PolicyRule("x:y", ADMIN), PolicyRule("x:z", PROJECT_READER_OR_ADMIN)], overrides=file
    )
    helper, auditor = caller(roles=["helper"]), caller(roles=["auditor"])
    assert rules.allows(helper, "x:y")
    assert not rules.allows(ADMINISTRATOR, "x:y")
    assert rules.allows(auditor, "x:z")
    file.write_text('{"x:y": "role:admin"}')
    rules.reload()
    assert not rules.allows(helper, "x:y")
    file.write_text('{"x:y": "rule:nowhere"}')
    with pytest.raises(ValueError, match="not there"):
        rules.reload()
    assert rules.allows(ADMINISTRATOR, "x:y")
