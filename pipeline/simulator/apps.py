"""The apps of the invented world: who calls its models, and how much.

Belongs here: the apps, their names, tags, curves and fates, a pure function of the seed. Not here: the models (world);
windows, ranks, sessions and pages (endpoints). No app here exists: names are invented, and identifiers begin where the real
ones had not come by 2026.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from pipeline.simulator.world import (
    DATA,
    FLOOR,
    HORIZON,
    Floats,
    Ints,
    World,
    bell,
    knots,
    levels_of,
    uniform,
    world_of,
)

SUBCATEGORIES = {
    "coding": ("cli-agent", "ide-extension", "cloud-agent", "programming-app", "native-app-builder"),
    "creative": ("creative-writing", "video-gen", "image-gen", "audio-gen"),
    "productivity": ("writing-assistant", "general-chat", "personal-agent", "legal"),
    "entertainment": ("roleplay", "game"),
}

CROWD_SHARE = 0.6  # what told apps and crowd come to together; the rest of the traffic is private or names no app

FOUNDERS = 90
LAUNCH_EVERY_DAYS = 5
FIRST_ID = 9_000_000

# Of the crowd, these parts write their name in two ways, are hidden one day, or are merged into a told app.
SPELT_TWICE, HIDDEN, MERGED = 0.05, 0.13, 0.17  # upper bounds of one number

# Thousands of tokens a request, by what an app is for.
REQUEST_SIZE = {"coding": 42.0, "creative": 9.0, "productivity": 14.0, "entertainment": 8.0}


@dataclass(frozen=True)
class App:
    """One app: identity, tags and what becomes of it."""

    app_id: int
    name: str
    other_name: str | None
    slug: str | None
    subcategories: tuple[str, ...]
    launch: date
    hidden_on: date | None = None
    merged_on: date | None = None
    merged_into: int | None = None

    @property
    def categories(self) -> tuple[str, ...]:
        """The groups its subcategories belong to."""
        return tuple(group for group, names in SUBCATEGORIES.items() if set(names) & set(self.subcategories))


class Apps:
    """The truth of every app: a matrix days x apps, whatever is hidden or merged later. Read-only once built."""

    def __init__(self, world: World) -> None:
        self.world = world
        told = list(_told(world.ordinals))
        crowd = list(_crowd(world.seed, world.ordinals))
        named = np.array([level for _, level in told])
        weights = np.array([weight for _, weight in crowd])
        rest = np.maximum(CROWD_SHARE - named.sum(axis=0), 0.05)
        shares = np.concatenate([named, weights / weights.sum(axis=0) * rest]).T

        self.apps = [app for app, _ in told + crowd]
        self.ids: Ints = np.array([app.app_id for app in self.apps], dtype=np.int64)
        jitter = np.where(np.arange(len(self.apps)) < len(told), 0.05, 0.25)
        shares *= np.exp(jitter * bell(world.seed, "app day", self.ids, world.ordinals[:, None]))
        self.truth: Ints = (shares * world.truth.sum(axis=1)[:, None]).astype(np.int64)
        self.truth.setflags(write=False)
        sizes = np.array([REQUEST_SIZE[(app.categories or ("productivity",))[0]] * 1e3 for app in self.apps])
        self.request_size: Floats = sizes * np.exp(0.8 * bell(world.seed, "request size", self.ids))

    def volumes(self, first: date, last: date, today: date) -> Ints:
        """Tokens of each app from first to last, as read today: what was hidden or merged by now, is so in the past."""
        start, end = (max(self.world.index(day), 0) for day in (first, last + timedelta(days=1)))
        tokens: Ints = self.truth[start:end].sum(axis=0)
        places = {app.app_id: k for k, app in enumerate(self.apps)}
        for k, app in enumerate(self.apps):
            if app.merged_on and app.merged_into and app.merged_on <= today:
                tokens[places[app.merged_into]] += tokens[k]
                tokens[k] = 0
            elif app.hidden_on and app.hidden_on <= today:
                tokens[k] = 0
        return tokens

    def name(self, app: App, today: date) -> str:
        """What the source calls an app on a day; some are spelt one way today and another tomorrow."""
        flips = app.other_name and uniform(self.world.seed, "spelling", app.app_id, today.toordinal())[0] < 0.4  # noqa: PLR2004
        return app.other_name if app.other_name and flips else app.name


def _told(ordinals: Ints) -> Iterator[tuple[App, Floats]]:
    for k, line in enumerate(DATA["apps"].strip().splitlines()):
        name, other, slug, tags, curve = (part.strip() for part in line.split("|"))
        launch = date.fromordinal(knots(curve)[0][0])
        app = App(FIRST_ID + k, name, other or None, slug or None, tuple(tags.split()), launch)
        yield app, levels_of(curve, ordinals) * 1e-12  # a curve's unit is 1e9, and this one's a thousandth


def _crowd(seed: int, ordinals: Ints) -> Iterator[tuple[App, Floats]]:
    """Small apps with their weight on each day: founders, then a launch every few days, for ever."""
    firsts, seconds = DATA["first_words"].split(), DATA["second_words"].split()
    tags = [tag for group in SUBCATEGORIES.values() for tag in group]
    for k in itertools.count():
        day, size, rise, fall, tag, more, fate, when = (float(uniform(seed, "app", k, j)[0]) for j in range(8))
        age = -int(500 * day) if k < FOUNDERS else LAUNCH_EVERY_DAYS * (k - FOUNDERS) + int(LAUNCH_EVERY_DAYS * day)
        launch = FLOOR + timedelta(days=age)
        if launch > HORIZON:
            return
        place = k * 389 % (len(firsts) * len(seconds))  # a prime: no pair comes twice
        name = f"{firsts[place % len(firsts)]} {seconds[place // len(firsts)]}"
        # A sixth has no tag at all, some have two.
        names = () if tag > 5 / 6 else tuple(dict.fromkeys(tags[int(len(tags) * u)] for u in (tag * 6 / 5, more)))
        changes = launch + timedelta(days=60 + int(1200 * when))
        app = App(
            FIRST_ID + 1_000 + 17 * k,
            name,
            name.lower().replace(" ", "-") if fate < SPELT_TWICE else None,
            None,
            names if more < 0.3 else names[:1],  # noqa: PLR2004
            launch,
            hidden_on=changes if SPELT_TWICE <= fate < HIDDEN else None,
            merged_on=changes if HIDDEN <= fate < MERGED else None,
            merged_into=FIRST_ID if HIDDEN <= fate < MERGED else None,
        )
        days = (ordinals - launch.toordinal()).astype(np.float64)
        grown, half_life = 10.0 + 80.0 * rise, 120.0 + 400.0 * fall
        weight = math.exp(5.0 * size) * (0.02 + 0.98 * 0.5 ** (np.maximum(days - grown, 0.0) / half_life))
        yield app, weight * np.clip((days + 1.0) / grown, 0.0, 1.0) * (days >= 0)


@lru_cache(maxsize=4)
def apps_of(seed: int) -> Apps:
    """The apps of a world, built once, when they are first asked for."""
    return Apps(world_of(seed))
