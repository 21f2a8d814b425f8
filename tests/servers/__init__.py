"""Private MariaDB and Redis servers and child processes: for tests and benchmarks alike."""

from tests.servers.forked import KHALIFA, ForkedProcess
from tests.servers.mysql import MysqlServer, PrivateMariaDB, PrivateMySQL
from tests.servers.ports import free_port, free_ports
from tests.servers.private import PrivateServer
from tests.servers.processes import Process, ProcessFailed, eventually
from tests.servers.redis import PrivateRedis

__all__ = [
    "KHALIFA",
    "ForkedProcess",
    "MysqlServer",
    "PrivateMariaDB",
    "PrivateMySQL",
    "PrivateRedis",
    "PrivateServer",
    "Process",
    "ProcessFailed",
    "eventually",
    "free_port",
    "free_ports",
]
