"""Starts and stops the daemons of Tidings, for the demonstration and the tests of real processes.

Everything waits on a condition with a deadline: a daemon is up when its ready file is there, an
event has arrived when the query door shows it. Standard library only.
"""

import json
import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request


class Failed(Exception):
    """Something that should have happened did not; the text says what and shows the log."""


def wait_until(condition, what, seconds=10.0, pause=0.01):
    """The first true value of condition(); Failed when there is none in time."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def port_is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
            return True
        except OSError:
            return False


class Daemon:
    """One running `tidings serve` or `tidings receive`; its log goes to a file."""

    def __init__(self, binary, arguments, folder, name, environment=None):
        os.makedirs(folder, exist_ok=True)
        self.name = name
        self.ready_file = os.path.join(folder, f"{name}.ready.json")
        self.log_file = os.path.join(folder, f"{name}.log")
        if os.path.exists(self.ready_file):
            os.remove(self.ready_file)
        self._log = open(self.log_file, "ab")
        self.process = subprocess.Popen(
            [binary, *arguments, "--ready-file", self.ready_file],
            stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log,
            env={**clean_environment(), **(environment or {})},
            # A Ctrl-C at the terminal is for the script, which stops the daemons in order.
            start_new_session=True)
        try:
            wait_until(self._is_ready, f"{name} gets ready", 30)
        except Failed as failure:
            self.kill()
            raise Failed(f"{failure}\n{self.log_tail()}") from None
        with open(self.ready_file, encoding="utf-8") as file:
            ready = json.load(file)
        self.listen = ready["listen"]
        self.admin_listen = ready["admin_listen"]

    def _is_ready(self):
        if self.process.poll() is not None:
            raise Failed(f"{self.name} ended at once with code {self.process.returncode}")
        return os.path.exists(self.ready_file)

    def log_tail(self, lines=30):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return "".join(file.readlines()[-lines:])

    def log(self):
        with open(self.log_file, encoding="utf-8", errors="replace") as file:
            return file.read()

    def send_signal(self, number):
        self.process.send_signal(number)

    def wait(self, seconds=10):
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {seconds} s\n{self.log_tail()}") from None

    def stop(self, seconds=10):
        """SIGTERM, and the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self._log.close()


def clean_environment():
    """The process's environment without settings of Tidings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TIDINGS_")}


def run_tool(binary, *arguments, text_input=None, environment=None, seconds=30, folder=None):
    """One command of the binary, with its output as text; in `folder`, or where this runs."""
    return subprocess.run([binary, *arguments], input=text_input, text=True, errors="replace",
                          capture_output=True, timeout=seconds, cwd=folder,
                          env={**clean_environment(), **(environment or {})},
                          check=False)


def request(url, body=None, method=None, headers=None, ca_file=None, seconds=10):
    """(status, text) of one HTTP request; any status is an answer."""
    data = body.encode() if isinstance(body, str) else body
    call = urllib.request.Request(url, data=data, method=method, headers=headers or {})
    context = ssl.create_default_context(cafile=ca_file) if url.startswith("https:") else None
    try:
        with urllib.request.urlopen(call, timeout=seconds, context=context) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def quoted(text):
    return urllib.parse.quote(text, safe="")


# The built-in authority, as an operator uses it.

def init_authority(binary, folder):
    """The folder of `tidings ca init`: ca.pem, the backend's client.pem, and their keys."""
    _must(run_tool(binary, "ca", "init", "--folder", folder))
    return f"{folder}/ca.pem"


def issue_certificate(binary, folder, *hosts):
    """A server certificate and its key, signed by the folder's authority; made anew if there."""
    hosts = hosts or ("localhost", "127.0.0.1")
    _must(run_tool(binary, "ca", "issue", *hosts, "--folder", folder, "--renew"))
    return f"{folder}/{hosts[0]}.pem", f"{folder}/{hosts[0]}.key"


def _must(result):
    if result.returncode != 0:
        raise Failed(f"{' '.join(result.args[1:3])}: {result.stderr}")


# What the built-in authority does not make, such as what has expired: by openssl, which writes keys
# with mode 0600.

def make_authority(folder, name="Tidings demonstration authority"):
    """ca.pem and ca.key in `folder`."""
    os.makedirs(folder, exist_ok=True)
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", f"{folder}/ca.key", "-out", f"{folder}/ca.pem", "-days", "365",
             "-subj", f"/CN={name}", "-addext", "basicConstraints=critical,CA:TRUE",
             "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    return f"{folder}/ca.pem"


def make_certificate(folder, name, usage="serverAuth", hosts="DNS:localhost,IP:127.0.0.1"):
    """NAME.pem and NAME.key, signed by the folder's authority."""
    extensions = f"{folder}/{name}.ext"
    with open(extensions, "w", encoding="utf-8") as file:
        file.write(f"subjectAltName={hosts}\nextendedKeyUsage={usage}\n"
                   "basicConstraints=CA:FALSE\n")
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
             "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.csr",
             "-subj", f"/CN={name}")
    _openssl("x509", "-req", "-in", f"{folder}/{name}.csr", "-CA", f"{folder}/ca.pem",
             "-CAkey", f"{folder}/ca.key", "-CAcreateserial", "-out", f"{folder}/{name}.pem",
             "-days", "365", "-extfile", extensions)
    return f"{folder}/{name}.pem", f"{folder}/{name}.key"


def _openssl(*arguments):
    result = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Failed(f"openssl {arguments[0]} failed: {result.stderr}")


def write_secret(path, text):
    """A file that only its owner may read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    return path
