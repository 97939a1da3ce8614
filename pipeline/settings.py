"""Where things are and which source is asked: the only reader of the environment.

Belongs here: environment variables, absolute paths, the layout of a data directory. Not here: what is done with them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import platformdirs
from dotenv import dotenv_values

from pipeline.failures import PermanentFailure
from pipeline.program import PROGRAM

ROOT = Path(__file__).resolve().parents[1]  # of a checkout; the folder that has the packages where a wheel is installed
IS_CHECKOUT = (ROOT / "requirements.lock").exists()
HOME = ROOT if IS_CHECKOUT else platformdirs.user_data_path(PROGRAM)  # an upgrade of a wheel must not touch data
WAREHOUSE = ROOT / "warehouse"
RECORDINGS = WAREHOUSE / "recordings"  # real responses that came with the project

DATA_DIR_VARIABLE = "OPENROUTER_USAGE_DATA_DIR"
KEY_VARIABLE = "OPENROUTER_API_KEY"
BASE_URL_VARIABLE = "OPENROUTER_BASE_URL"
GATEWAY_URL_VARIABLE = "OPENROUTER_USAGE_GATEWAY_URL"
UNLIMITED_VARIABLE = "OPENROUTER_USAGE_UNLIMITED"
WEBHOOK_VARIABLE = "OPENROUTER_USAGE_WEBHOOK_URL"
EMAIL_TO_VARIABLE = "OPENROUTER_USAGE_EMAIL_TO"
SMTP_VARIABLE = "OPENROUTER_USAGE_SMTP_URL"
WAREHOUSE_URL_VARIABLE = "WAREHOUSE_URL"
WAREHOUSE_FILES_VARIABLE = "WAREHOUSE_FILES"
DAGSTER_POSTGRES_VARIABLE = "DAGSTER_POSTGRES_URL"
HEARTBEAT_VARIABLE = "OPENROUTER_USAGE_HEARTBEAT_URL"
PUBLIC_URL_VARIABLE = "OPENROUTER_USAGE_PUBLIC_URL"

DEFAULT_BASE_URL = "https://openrouter.ai/api/v1"
DEFAULT_GATEWAY_URL = "https://vercel.com"

Mode = Literal["live", "keyless", "demo"]
MODES: Mapping[Mode, str] = {
    "live": "with a key: OpenRouter's Data API, every series",
    "keyless": "without a key: the recordings in this project, then OpenRouter's daily exports, which have no categories",
    "demo": "only on request: the built-in simulator, made-up figures in a folder of their own",
}
"""Each mode in one sentence, as README, ``--help`` and a run's summary say it."""

LAKE_PREFIX = "ducklake:postgres:"
BUCKET_PREFIX = "s3://"
BUCKET_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL")


@dataclass(frozen=True)
class Bucket:
    """How a bucket is opened. ``endpoint`` is that of a store other than AWS's, without ``https://``."""

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    session_token: str | None = field(default=None, repr=False)
    region: str | None = None
    endpoint: str | None = None
    is_encrypted: bool = True


@dataclass(frozen=True)
class Lake:
    """A DuckLake: ``url`` names its PostgreSQL catalogue, ``files`` the folder or bucket of its Parquet files."""

    url: str
    files: str
    bucket: Bucket | None = None

    @property
    def catalogue(self) -> str:
        """The catalogue in the words of libpq."""
        return self.url.removeprefix(LAKE_PREFIX)


class _Place:
    """A path in a data directory."""

    def __init__(self, *parts: str) -> None:
        self._parts = parts

    def __get__(self, data_dir: DataDir, owner: type[DataDir]) -> Path:
        return data_dir.path.joinpath(*self._parts)


@dataclass(frozen=True)
class DataDir:
    """One data directory: everything a run reads and writes, apart from the request budget of a live key.

    A directory is either live or simulated for all its life: the file ``SIMULATED`` in it says so, and landing refuses
    simulated responses where it is missing.
    """

    path: Path
    lake: Lake | None = field(default=None, compare=False)

    landing = _Place("landing")
    build = _Place("build.duckdb")  # what runs write; readers use `published`
    published = _Place("openrouter.duckdb")  # what readers open: replaced as a whole after every check passed
    report = _Place("report", "index.html")  # the page of charts, made of the published file
    feed = _Place("report", "feed.xml")  # the newest events as an Atom feed; all of them and M2's are beside it
    exports = _Place("exports")  # packages of the published tables, a folder each
    run_lock = _Place("run.lock")
    backups = _Place("last_backup.json")  # what `backup` did last, so that `status` can warn
    alerts = _Place("alerts.json")  # the state file of alerts: incidents, and what each channel was sent
    dagster_home = _Place(".dagster")
    marker = _Place("SIMULATED")

    @property
    def is_simulated(self) -> bool:
        return self.marker.exists()

    @property
    def has_responses(self) -> bool:
        """Whether anything was landed."""
        return self.landing.exists() and any(self.landing.iterdir())

    def mark_simulated(self) -> None:
        """Make this a directory of simulated data. Refused where real responses were landed."""
        if self.is_simulated:
            return
        if self.has_responses:
            raise PermanentFailure(
                f"{self.path} holds landed responses that are not simulated, so the demo cannot run there: "
                "name another folder with --data-dir, or leave --demo out"
            )
        self.path.mkdir(parents=True, exist_ok=True)
        self.marker.write_text(
            "Everything in this directory was made by the built-in simulator. None of it is OpenRouter's data.\n"
        )


@dataclass(frozen=True)
class Told:
    """Who is told when something is wrong, and of events. Whoever knows a URL can write there: it is secret, never shown."""

    webhook_url: str | None = field(default=None, repr=False)
    email_to: str | None = None
    smtp_url: str | None = field(default=None, repr=False)
    heartbeat_url: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """What one process works with. ``api_key`` is never shown, not even by ``repr``.

    ``public_url`` is where the folder ``report/`` is served, without a slash at its end; None where it is not.
    """

    data_dir: DataDir
    base_url: str
    is_unlimited: bool
    state_dir: Path
    api_key: str | None = None
    is_data_dir_chosen: bool = False
    told: Told = Told()
    gateway_base_url: str | None = None
    dagster_postgres_url: str | None = None
    public_url: str | None = None

    def __repr__(self) -> str:
        return f"Settings(data_dir={self.data_dir.path}, base_url={self.base_url}, mode={self.mode})"

    @property
    def mode(self) -> Mode:
        if self.data_dir.is_simulated:
            return "demo"
        return "live" if self.api_key else "keyless"

    @property
    def gateway_url(self) -> str:
        """Where the second gateway is. Beside a stand-in for the API it is asked there, too: the real one is left alone."""
        if self.gateway_base_url is not None:
            return self.gateway_base_url.rstrip("/")
        return DEFAULT_GATEWAY_URL if self.base_url == DEFAULT_BASE_URL else origin_of(self.base_url)

    def public_address(self, file: str) -> str:
        """The address of a file of ``report/``: absolute where it is served, else relative to the page."""
        return file if self.public_url is None else f"{self.public_url}/{file}"

    @classmethod
    def load(cls, data_dir: Path | None = None) -> Settings:
        """Read the environment and, beneath it, the file ``.env`` in the project's root, or where the wheel keeps data."""
        values = {**dotenv_values(HOME / ".env"), **os.environ}
        named = data_dir or values.get(DATA_DIR_VARIABLE)
        path = Path(named or _default_dir("data")).expanduser().resolve()
        addresses = (WEBHOOK_VARIABLE, EMAIL_TO_VARIABLE, SMTP_VARIABLE, HEARTBEAT_VARIABLE)
        return cls(
            data_dir=DataDir(path, _lake(values, path)),
            base_url=(values.get(BASE_URL_VARIABLE) or DEFAULT_BASE_URL).rstrip("/"),
            gateway_base_url=_text(values, GATEWAY_URL_VARIABLE),
            is_unlimited=values.get(UNLIMITED_VARIABLE) == "1",
            state_dir=_state_dir(),
            api_key=_text(values, KEY_VARIABLE),
            is_data_dir_chosen=bool(named),
            dagster_postgres_url=_text(values, DAGSTER_POSTGRES_VARIABLE),
            public_url=_public_url(values),
            told=Told(*(_text(values, name) for name in addresses)),
        )

    def export(self) -> None:
        """Hand the chosen data directory and its Dagster home to this process and those it starts."""
        os.environ[DATA_DIR_VARIABLE] = str(self.data_dir.path)
        os.environ["DAGSTER_HOME"] = str(self.data_dir.dagster_home)
        if self.dagster_postgres_url:
            os.environ[DAGSTER_POSTGRES_VARIABLE] = self.dagster_postgres_url
        # `telemetry.enabled: false` in dagster.yaml does not silence dg; this does.
        os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"

    def prompt_environment(self) -> dict[str, str]:
        """What DuckDB's client is given: where it keeps what is typed, and none of this project's secrets."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("OPENROUTER_")}
        with suppress(OSError):  # without the folder it remembers nothing
            self.state_dir.mkdir(parents=True, exist_ok=True)
        return kept | {"DUCKDB_HISTORY": str(self.state_dir / "duckdb_history")}


def origin_of(url: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _text(values: Mapping[str, str | None], name: str) -> str | None:
    """A variable without blanks around it; None where it is unset or empty."""
    return (values.get(name) or "").strip() or None


def _public_url(values: Mapping[str, str | None]) -> str | None:
    url = _text(values, PUBLIC_URL_VARIABLE)
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        is_address = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_address = False
    is_plain = url.isascii() and url.isprintable() and not set(url) & set(' "<>\\^`{|}?#@')
    if not (is_address and is_plain and parts.scheme in ("http", "https")):
        # Not repeated here: a password may be in it.
        raise PermanentFailure(
            f"{PUBLIC_URL_VARIABLE} is not a valid address: expected https://HOST/PATH, the folder in which the files of "
            "report/ are served, without user, query or fragment"
        )
    return url.rstrip("/")


def _state_dir() -> Path:
    """The user's folder for what belongs to no data directory: the ledger of requests of each key, the prompt's history."""
    path = Path(platformdirs.user_state_dir(PROGRAM))
    if not path.is_absolute():
        raise PermanentFailure("cannot keep count of requests: this user has no home directory; set HOME or XDG_STATE_HOME")
    return path


def _lake(values: Mapping[str, str | None], path: Path) -> Lake | None:
    url = _text(values, WAREHOUSE_URL_VARIABLE)
    if url is None:
        return None
    if not url.startswith(LAKE_PREFIX):
        raise PermanentFailure(
            f"{WAREHOUSE_URL_VARIABLE} does not begin with {LAKE_PREFIX}: write "
            f"`{LAKE_PREFIX}dbname=NAME host=HOST`, or unset it for the embedded file"
        )
    if "password" in url or "://" in url:
        # Whoever may query the lake sees what it was attached by.
        raise PermanentFailure(
            f"{WAREHOUSE_URL_VARIABLE} must hold no password: give it in PGPASSWORD or ~/.pgpass, and write the rest as "
            f"`{LAKE_PREFIX}dbname=NAME host=HOST user=USER`"
        )
    files = _text(values, WAREHOUSE_FILES_VARIABLE) or str(path / "lake")
    if files.startswith(BUCKET_PREFIX):
        return Lake(url, files.rstrip("/") + "/", _bucket(values))
    return Lake(url, f"{Path(files).expanduser().resolve()}/")


def _bucket(values: Mapping[str, str | None]) -> Bucket:
    key_id, secret, session_token, region, endpoint = (_text(values, name) for name in BUCKET_VARIABLES)
    if key_id is None or secret is None:
        raise PermanentFailure(
            f"{WAREHOUSE_FILES_VARIABLE} names a bucket, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY do not say how it "
            "is opened: set both, and where it needs them AWS_SESSION_TOKEN, AWS_REGION and AWS_ENDPOINT_URL"
        )
    scheme, is_url, host = (endpoint or "").rpartition("://")
    if endpoint and (not is_url or scheme not in ("http", "https")):
        raise PermanentFailure("AWS_ENDPOINT_URL does not begin with http:// or https://: write it so, or unset it for AWS")
    return Bucket(key_id, secret, session_token, region, host.rstrip("/") or None, is_encrypted=scheme != "http")


def _default_dir(name: str) -> Path:
    if not HOME.is_absolute():
        raise PermanentFailure(
            "no data directory was named, and this user has no home directory: name one with --data-dir or "
            f"{DATA_DIR_VARIABLE}"
        )
    return HOME / "warehouse" / name


def demo_dir() -> DataDir:
    """Where the demo is, apart from real data."""
    return DataDir(_default_dir("demo"))
