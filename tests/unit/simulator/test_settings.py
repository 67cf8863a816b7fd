"""The simulator's configuration file."""

import random

import pytest
from pydantic import ValidationError

from deploy.simulator.logic.durations import REAL, real
from deploy.simulator.settings import DEMO, TEST, SimulatorSettings


def test_a_state_folder_is_all_that_must_be_said() -> None:
    settings = SimulatorSettings.model_validate_json('{"state_dir": "/x"}')
    assert (settings.base_port, settings.version) == (8443, "3.0.2")


@pytest.mark.parametrize(
    "text", ["{}", '{"state_dir": "/x", "nosuch": 1}', '{"state_dir": "/x", "clusters": 0}',
             '{"state_dir": "/x", "disk_templates": ["tape"]}']
)  # fmt: skip
def test_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        SimulatorSettings.model_validate_json(text)


def test_the_profiles_keep_their_promises() -> None:
    assert DEMO.of("OP_INSTANCE_CREATE") <= 2
    assert DEMO.of("OP_INSTANCE_REBOOT") <= 0.5
    assert TEST.of("OP_INSTANCE_CREATE") <= 0.05


def test_every_setting_is_explained() -> None:
    unexplained = [n for n, f in SimulatorSettings.model_fields.items() if not f.description]
    assert unexplained == []


def test_real_durations_are_spread_as_measured_ones_are() -> None:
    chance = random.Random(1)
    found = sorted(real("OP_INSTANCE_CREATE", chance) for _ in range(4000))
    middle, long = REAL["OP_INSTANCE_CREATE"]
    assert found[2000] == pytest.approx(middle, rel=0.1)
    assert found[3800] == pytest.approx(long, rel=0.15)
