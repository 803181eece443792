"""Goal: a full disk loses nothing that was answered OK, says what it is, and is over as soon as there
is space again, without a restart; at the source and at the receiver. Method: real daemons whose data
lies on a small file system of their own, which a ballast file fills and frees. Where the test may not
mount one, a limit on the size of the daemon's files stands in for it."""

import errno
import os
import resource
import subprocess

from harness import (APP, BINARY, Backend, ProcessTest, Receiver, daemons, main, tidings)

FAIL_INTERNAL = 10002
MEBIBYTE = 1024 * 1024


class SmallDisk:
    """A tmpfs of 24 MiB."""

    def __init__(self, test):
        self.path = f"{test.folder}/disk"
        self.binary = BINARY
        os.mkdir(self.path)
        result = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tidings-test", self.path],
                                capture_output=True, text=True, check=False)
        if result.returncode != 0:
            raise OSError(result.stderr.strip())
        test.addCleanup(subprocess.run, ["umount", "-l", self.path], check=False)

    def fill(self, _daemon):
        with open(f"{self.path}/ballast", "wb", buffering=0) as ballast:
            for size in (MEBIBYTE, 4096, 1):
                try:
                    while ballast.write(b"x" * size) == size:
                        pass
                except OSError as full:
                    if full.errno != errno.ENOSPC:
                        raise

    def free(self, _daemon):
        os.remove(f"{self.path}/ballast")


class SmallFiles:
    """No file of the daemon may grow beyond what its largest is now (RLIMIT_FSIZE)."""

    def __init__(self, test):
        self.path = test.folder
        self.binary = BINARY

    def fill(self, daemon):
        largest = max(os.path.getsize(os.path.join(folder, name))
                      for folder, _, names in os.walk(f"{self.path}/{daemon.name}") for name in names)
        self.limit(daemon, largest)

    def free(self, daemon):
        self.limit(daemon, resource.RLIM_INFINITY)

    @staticmethod
    def limit(daemon, size):
        _, hard = resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(daemon.process.pid, resource.RLIMIT_FSIZE, (size, hard))


class DiskFullTest(ProcessTest):
    def disk(self):
        try:
            return SmallDisk(self)
        except OSError as refused:
            why = f"cannot mount a tmpfs ({refused})"
        print(f"{why}; a limit on the size of files stands in for it", flush=True)
        return SmallFiles(self)

    def start(self, disk, command, settings):
        """Like the harness's, with its data on `disk`."""
        config = self.write(f"{command}.toml", f"""
[{command}]
listen = "127.0.0.1:0"
admin_listen = "127.0.0.1:0"
data_dir = "{disk.path}/{command}"
{settings}
""")
        daemon = daemons.Daemon(disk.binary, [command, "--config", config], self.folder, command)
        self.addCleanup(daemon.kill)
        return daemon

    def start_serve_on(self, disk):
        return self.start(disk, "serve", 'callbacks.allow_networks = ["127.0.0.0/8"]')

    def topics_of(self, backend, group):
        """Names by TopicId, as a reader is told."""
        answer = backend.rest("million_group_open_http_svc/get_topic",
                              {"GroupId": group, "From_Account": "vera_01"})
        return {item["TopicInfo"]["TopicId"]: item["TopicInfo"]["TopicName"]
                for item in answer["TopicAndSelfInfo"]}

    def create(self, backend, group, name):
        """The code, and the TopicId where it was created."""
        answer = backend.rest("million_group_open_http_svc/create_topic",
                              {"GroupId": group, "TopicName": name}, None)
        return answer["ErrorCode"], answer.get("TopicId")

    def test_serve_refuses_while_its_disk_is_full_and_keeps_what_it_confirmed(self):
        self.check_serve(self.disk())

    def test_a_limit_on_the_size_of_files_is_a_full_disk_and_no_end(self):
        self.check_serve(SmallFiles(self))

    def check_serve(self, disk):
        serve = self.start_serve_on(disk)
        backend = Backend(self, serve)
        backend.admin_token = f"{disk.path}/serve/admin.token"
        backend.make_app("http://127.0.0.1:9/im")
        group = backend.make_community()
        told = {}
        for number in range(5):
            told[backend.make_topic(group, f"before {number}")] = f"before {number}"

        disk.fill(serve)
        refused = 0
        for number in range(100):
            code, topic = self.create(backend, group, f"full {number}")
            if code == 0:
                told[topic] = f"full {number}"  # there was still room in a page
                continue
            self.assertEqual(code, FAIL_INTERNAL)
            refused += 1
            if refused == 10:
                break
        self.assertEqual(refused, 10, "the disk is not full")
        self.assertEqual(self.topics_of(backend, group), told, "reading goes on; refused is refused")
        status, _ = daemons.request(serve.admin_listen + "/healthz")
        self.assertEqual(status, 200)
        status, text = daemons.request(serve.admin_listen + "/readyz")
        self.assertEqual((status, "the last commit failed" in text), (503, True), text)

        disk.free(serve)
        code, topic = daemons.wait_until(
            lambda: (made := self.create(backend, group, "after"))[0] == 0 and made,
            "there is space again", 20)
        self.assertEqual(code, 0)
        told[topic] = "after"
        self.assertEqual(daemons.request(serve.admin_listen + "/readyz")[0], 200)
        log = serve.log()
        self.assertEqual((log.count("commits fail"), log.count("commits succeed again")), (1, 1), log)
        self.assertEqual(self.topics_of(backend, group), told)
        self.settled(backend, len(told) + 1)

        serve.kill()  # what was confirmed is on the disk, not in the process
        backend.serve = self.start_serve_on(disk)
        self.assertEqual(self.topics_of(backend, group), told)
        self.settled(backend, len(told) + 1)

    def settled(self, backend, events):
        ledger = backend.ledger()
        self.assertEqual(ledger["accepted"], events, ledger)
        self.assertEqual(ledger["accepted"], ledger["pending"] + ledger["dead"] +
                         ledger["delivered"] + ledger["cancelled"], ledger)

    def test_receive_answers_503_while_its_disk_is_full_and_then_has_everything(self):
        disk = self.disk()
        receive = self.start(disk, "receive", f"""
[[receive.app]]
sdkappid = {APP}
token_files = ["{self.token_file}"]
""")
        receiver = Receiver(receive)
        backend = Backend(self, self.start_serve()).make_app(receive.listen + "/im")
        group = backend.make_community()
        first = backend.make_topic(group, "before")
        receiver.wait_for_topic(first)

        disk.fill(receive)
        created = [backend.make_topic(group, f"full {number}") for number in range(20)]
        daemons.wait_until(lambda: self.refused_by_store(receiver) > 0, "the receiver is full", 20)
        self.assertEqual(receiver.get("/readyz")[0], 503)
        self.assertEqual(receiver.get("/healthz")[0], 200)
        self.assertEqual(receiver.topic(first)["name"], "before", "queries go on")
        sent = tidings("callback", "send", receive.listen + "/im", "--sdkappid", str(APP),
                       "--token-file", self.token_file)
        self.assertNotEqual(sent.returncode, 0, "nothing is confirmed that is not stored")
        confirmed = [entry["sequence"] for entry in receiver.inbox()]

        disk.free(receive)
        for topic in created:
            self.assertIsNotNone(receiver.wait_for_topic(topic, 60), topic)
        daemons.wait_until(lambda: backend.ledger()["pending"] == 0, "all is delivered", 60)
        ledger = backend.ledger()
        self.assertEqual((ledger["delivered"], ledger["dead"]), (22, 0), ledger)
        numbers = [entry["sequence"] for entry in receiver.inbox()]
        self.assertEqual(sorted(numbers), list(range(1, 23)), "each number once")
        self.assertLessEqual(set(confirmed), set(numbers))
        self.assertEqual(receiver.get("/readyz")[0], 200)
        self.assertIs(receiver.get("/ledger?recount=1")[1]["balanced"], True)

    @staticmethod
    def refused_by_store(receiver):
        return receiver.get("/ledger")[1]["refused"]["store"]


if __name__ == "__main__":
    main()
