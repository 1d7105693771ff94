"""A cluster of two worker processes on this machine, which find registration and key as every worker does."""

from __future__ import annotations

import dask
import pytest
from distributed import Client, LocalCluster

from ltix_data.fleet import stations

from .campus import campus

#: Seconds after which the lease of a dead worker is given to another; a living one renews its own.
LEASE = 1


@pytest.fixture(scope="session")
def fleet_folder(tmp_path_factory, signing_key):
    """The data folder and the key file that this process and the workers share."""
    folder = tmp_path_factory.mktemp("fleet")
    key = folder / "key.pem"
    key.touch(mode=0o600)
    key.write_text(signing_key.private_pem())
    return folder


@pytest.fixture
def environment(fleet_folder, data_folder, monkeypatch):
    monkeypatch.setenv("LTIX_DATA_DIR", str(fleet_folder))
    monkeypatch.setenv("LTIX_KEY_FILE", str(fleet_folder / "key.pem"))
    yield
    stations.close()


@pytest.fixture
def uni(environment, signing_key):
    with campus(signing_key) as running:
        yield running


@pytest.fixture(scope="session")
def client(fleet_folder):
    environment = {"LTIX_DATA_DIR": str(fleet_folder), "LTIX_KEY_FILE": str(fleet_folder / "key.pem")}
    quick = {
        "distributed.scheduler.locks.lease-timeout": f"{LEASE}s",
        "distributed.scheduler.locks.lease-validation-interval": "200ms",
    }
    with (
        dask.config.set(quick),
        LocalCluster(
            n_workers=2, threads_per_worker=2, processes=True, host="127.0.0.1", dashboard_address=None, env=environment
        ) as cluster,
        Client(cluster, set_as_default=False) as connected,
    ):
        yield connected
