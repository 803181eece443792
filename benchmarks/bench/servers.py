"""Private instances of nginx, PostgreSQL and Redis: their own folder, a free port on loopback."""

import glob
import os
import pwd
import shutil
import socket
import subprocess

from process import Failed, Process, free_port, is_listening, wait_until

OK = '{"ActionStatus":"OK","ErrorInfo":"","ErrorCode":0}'


class Nginx:
    """`return 200` and nothing else: the limit of the receive road and the sink of delivery.

    With `ids` it writes the RequestID of each request to a file, in blocks of 1 MiB.
    """

    def __init__(self, folder, ids=False):
        os.makedirs(folder, exist_ok=True)
        self.port = free_port()
        self.ids_file = os.path.join(folder, "ids.log")
        log = f"access_log {self.ids_file} ids buffer=1m flush=500ms" if ids else "access_log off"
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""
daemon off;
master_process on;
worker_processes auto;   # one a core, as nginx recommends
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 4096; }}
http {{
  log_format ids '$arg_RequestID';
  {log};
  keepalive_requests 1000000000;   # the default closes a connection after 1,000
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  default_type application/json;
  server {{ listen 127.0.0.1:{self.port} backlog=4096; location / {{ return 200 '{OK}'; }} }}
}}
""")
        binary = shutil.which("nginx") or "/usr/sbin/nginx"
        # Root's workers run as nobody, who must be able to pass through the folder.
        self.process = Process("nginx", [binary, "-p", folder, "-e", f"{folder}/error.log", "-c",
                                         config], folder)
        self.processes = [self.process]
        wait_until(lambda: self.process.check_alive() and is_listening(self.port), "nginx listens")

    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def stop(self):
        """Writes out what it has logged."""
        self.process.stop()

    def ids(self):
        """Every RequestID that arrived. REQUIRES: stopped."""
        with open(self.ids_file, encoding="utf-8") as file:
            return [line.strip() for line in file]


class Postgres:
    """A cluster of its own. Settings: fsync and synchronous_commit stay on, as shipped."""

    SETTINGS = {
        # A quarter of memory is the documentation's advice; the data here is far smaller.
        "shared_buffers": "512MB",
        # "for the duration of heavy writes: larger max_wal_size", so that no checkpoint is forced.
        "max_wal_size": "4GB",
        "wal_buffers": "16MB",
        "max_connections": "200",
        # Durable, said aloud.
        "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
        "autovacuum": "on",
        "jit": "off",  # nothing here runs long enough to gain from it
    }

    def __init__(self, folder):
        self.folder = folder
        self.data = os.path.join(folder, "data")
        self.port = free_port()
        self.user = self._unprivileged()
        os.makedirs(folder, exist_ok=True)
        if self.user:
            os.chown(folder, self.user, -1)
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
        self.bin = found[-1] if found else os.path.dirname(shutil.which("initdb") or "")
        self._make_cluster(os.path.join(os.path.dirname(os.path.dirname(folder)), "postgres.template"))
        self.start()

    def _make_cluster(self, template):
        """initdb takes seconds: once a run, beside the contenders' folders, then copied."""
        if not os.path.exists(template):
            self._as_server(f"{self.bin}/initdb", "-D", self.data, "-U", "bench", "-A", "trust",
                            "-E", "UTF8", "--locale=C", "--no-sync")
            subprocess.run(["cp", "-a", self.data, template], check=True)
        else:
            subprocess.run(["cp", "-a", template, self.data], check=True)

    def _as_server(self, *command):
        result = subprocess.run(command, capture_output=True, text=True, user=self.user,
                                group=self.user, extra_groups=[] if self.user else None, cwd="/",
                                check=False)
        if result.returncode != 0:
            raise Failed(f"{command[0]}: {result.stderr}")

    @staticmethod
    def _unprivileged():
        """PostgreSQL refuses to run as root."""
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name).pw_uid
            except KeyError:
                continue
        raise Failed("PostgreSQL does not run as root, and there is neither postgres nor nobody")

    def start(self):
        options = []
        for name, value in {**self.SETTINGS, "port": str(self.port),
                            "listen_addresses": "127.0.0.1",
                            "unix_socket_directories": self.folder}.items():
            options += ["-c", f"{name}={value}"]
        self.process = Process("postgres", [f"{self.bin}/postgres", "-D", self.data, *options],
                               self.folder, user=self.user, cwd="/")
        self.processes = [self.process]
        wait_until(lambda: self.process.check_alive() and self._answers(), "PostgreSQL answers")

    def _answers(self):
        return self._psql("SELECT 1").returncode == 0

    def _psql(self, sql, database="postgres"):
        return subprocess.run(
            [f"{self.bin}/psql", "-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "-d",
             database, "-XAtqc", sql], capture_output=True, text=True, check=False)

    def query(self, sql):
        """The first value, as text."""
        result = self._psql(sql)
        if result.returncode != 0:
            raise Failed(f"{sql}: {result.stderr}")
        return result.stdout.strip()

    def settings(self):
        """For the peers' scripts."""
        return {"host": "127.0.0.1", "port": self.port, "user": "bench", "database": "postgres"}

    def restart_after_kill(self):
        """kill -9, and up again: what is there now had been durable before."""
        self.process.kill()
        pid_file = os.path.join(self.data, "postmaster.pid")
        if os.path.exists(pid_file):
            os.remove(pid_file)
        self.start()

    def stop(self):
        self.process.kill()


class Redis:
    """A Redis of its own with `appendfsync always`: a command is answered when it is on disk."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.port = free_port()
        self.start()

    def start(self):
        self.process = Process(
            "redis", ["redis-server", "--bind", "127.0.0.1", "--port", str(self.port),
                      "--dir", self.folder, "--daemonize", "no", "--appendonly", "yes",
                      "--appendfsync", "always",
                      "--save", "",  # the append-only file is the durability; snapshots add I/O
                      "--maxmemory-policy", "noeviction",  # BullMQ demands it
                      # A rewrite forks in the middle of a short run; it is left for later.
                      "--auto-aof-rewrite-percentage", "0"], self.folder)
        self.processes = [self.process]
        wait_until(lambda: self.process.check_alive() and self.command("PING") == "PONG",
                   "Redis answers")

    def command(self, *words):
        result = subprocess.run(["redis-cli", "-p", str(self.port), *words], capture_output=True,
                                text=True, check=False)
        return result.stdout.strip()

    def pipeline(self, *commands):
        """Integers of several commands in one round trip; a process per command would be measured."""
        with socket.create_connection(("127.0.0.1", self.port)) as connection:
            connection.sendall("".join(" ".join(words) + "\r\n" for words in commands).encode())
            lines = connection.makefile("r").readline
            return [int(lines().lstrip(":")) for _ in commands]

    def settings(self):
        return {"host": "127.0.0.1", "port": self.port}

    def restart_after_kill(self):
        self.process.kill()
        self.start()

    def stop(self):
        self.process.kill()
