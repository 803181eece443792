"""Goal: a copy of a store in use is whole, and both ends go on from it. Method: real daemons that are
written to while `tidings backup` runs, and others that start on the copies."""

import os
import shutil
import threading

from harness import Backend, ProcessTest, Receiver, daemons, main, tidings


class BackupTest(ProcessTest):
    def backup(self, which, *more, ok=True):
        result = tidings("backup", which, "--to", f"{self.folder}/copy", *more)
        if ok:
            self.assertEqual(result.returncode, 0, result.stderr)
        return result

    def test_a_copy_made_while_topics_are_created_serves(self):
        receive = self.start_receive()
        backend = Backend(self, self.start_serve()).make_app(receive.listen + "/im")
        group = backend.make_community()
        before = [backend.make_topic(group, f"Before {number}") for number in range(20)]
        told, stop = [], threading.Event()

        def create():
            while not stop.is_set() and len(told) < 150:
                told.append(backend.make_topic(group, f"Meanwhile {len(told)}"))
        creating = threading.Thread(target=create)
        creating.start()
        try:
            daemons.wait_until(lambda: len(told) > 5, "topics are created")
            self.backup("serve", "--config", f"{self.folder}/serve.toml")
            self.backup("receive", "--config", f"{self.folder}/receive.toml")
        finally:
            stop.set()
            creating.join()
        receiver = Receiver(receive)
        daemons.wait_until(lambda: receiver.topic(told[-1]), "all are mirrored")

        copy = f"{self.folder}/copy"
        self.assertEqual(os.stat(copy).st_mode & 0o777, 0o700)
        for name in ("tidings.db", "mirror.db", "secret.key"):
            self.assertEqual(os.stat(f"{copy}/{name}").st_mode & 0o777, 0o600, name)
        self.assertEqual(sorted(os.listdir(copy)), ["mirror.db", "secret.key", "tidings.db"])
        self.assertEqual(tidings("ledger", "--data-dir", copy).returncode, 0)

        # The restored ones, in the place of the others.
        self.assertEqual(backend.serve.stop(), 0)
        self.assertEqual(receive.stop(), 0)
        for which, files in (("serve", ("tidings.db", "secret.key")), ("receive", ("mirror.db",))):
            shutil.rmtree(f"{self.folder}/{which}")
            os.mkdir(f"{self.folder}/{which}", 0o700)
            for name in files:
                shutil.copy(f"{copy}/{name}", f"{self.folder}/{which}/{name}")
        receiver = Receiver(self.start_receive(listen=receive.listen.removeprefix("http://")))
        restored = Backend(self, self.start_serve())
        restored.user_sig = backend.user_sig  # the key is in the store, and opens
        answer = restored.rest("million_group_open_http_svc/get_topic",
                               {"GroupId": group, "From_Account": "vera_01"})
        there = {item["TopicInfo"]["TopicId"] for item in answer["TopicAndSelfInfo"]}
        self.assertLessEqual(set(before) | set(told[:5]), there)
        self.assertLessEqual(there, set(before) | set(told))
        fresh = restored.make_topic(group, "After")
        receiver.wait_for_topic(fresh)
        for topic in there:  # what was pending in the copy is delivered from it
            receiver.wait_for_topic(topic)
        self.assertTrue(receiver.get("/ledger?recount=1")[1]["balanced"])

    def test_what_cannot_be_copied_is_refused_with_the_way_out(self):
        serve = self.start_serve()
        Backend(self, serve).make_app()
        config = ("--config", f"{self.folder}/serve.toml")
        self.backup("serve", *config)
        again = self.backup("serve", *config, ok=False)
        self.assertEqual(again.returncode, 1)
        self.assertIn("name another folder", again.stderr)
        none = self.backup("receive", "--data-dir", f"{self.folder}/nowhere", ok=False)
        self.assertEqual(none.returncode, 1)
        self.assertIn("--data-dir", none.stderr)
        memory = self.backup("serve", "--engine", "memory", ok=False)
        self.assertIn("keeps nothing", memory.stderr)
        self.assertEqual(tidings("backup", "serve").returncode, 2)
        shutil.rmtree(f"{self.folder}/copy")
        os.rename(f"{self.folder}/serve/secret.key", f"{self.folder}/away.key")
        without = self.backup("serve", *config, ok=False)
        self.assertEqual(without.returncode, 1)
        self.assertIn("secret.key", without.stderr)
        self.assertFalse(os.path.exists(f"{self.folder}/copy/tidings.db"), "told at the beginning")
        self.backup("serve", *config, "--without-key-file")
        self.assertEqual(os.listdir(f"{self.folder}/copy"), ["tidings.db"])


if __name__ == "__main__":
    main()
