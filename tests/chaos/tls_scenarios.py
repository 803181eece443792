"""Faults of TLS: connections that end inside the handshake or a record, and a certificate that ran
out."""

import os
import shutil
import signal
import subprocess
import time

from harness import daemons


def _broken(fault, world):
    world.start(tls=True)
    world.proxy.break_with(**{fault: 0.6})
    # Those that stand already are cut as well, in the middle of whatever they carry.
    world.under_load(4, world.proxy.cut_all)
    world.wait_for(lambda: world.proxy.counts[fault] >= 3, f"{fault} is drawn")
    world.proxy.heal()
    return f"{world.proxy.counts[fault]} connections cut; {world.healed()}"


def tls_cut_handshake(world):
    """connections end inside the TLS handshake"""
    figures = _broken("tls_cut_handshake", world)
    world.assertTrue({"tls", "closed", "cut"} & set(world.outcomes()), world.outcomes())
    return figures


def tls_cut_stream(world):
    """connections end in the middle of a TLS record, of either side"""
    return _broken("tls_cut_stream", world)


def _expired_certificate(folder, name):
    """As daemons.make_certificate, but it ran out yesterday. An authority signs with explicit dates
    only through `openssl ca`, which wants a small folder of its own."""
    base = f"{folder}/expired"
    os.makedirs(base)
    with open(f"{base}/index.txt", "w", encoding="utf-8"):
        pass
    with open(f"{base}/serial", "w", encoding="utf-8") as file:
        file.write("1000\n")
    with open(f"{base}/ca.cnf", "w", encoding="utf-8") as file:
        file.write(f"""
[ca]
default_ca = own
[own]
database = {base}/index.txt
serial = {base}/serial
new_certs_dir = {base}
default_md = sha256
policy = any
x509_extensions = server
[any]
commonName = supplied
[server]
subjectAltName = DNS:localhost,IP:127.0.0.1
extendedKeyUsage = serverAuth
basicConstraints = CA:FALSE
""")
    day = 86400
    dates = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() - days * day))
             for days in (30, 1)]
    result = subprocess.run(
        ["openssl", "ca", "-batch", "-config", f"{base}/ca.cnf", "-cert", f"{folder}/ca.pem",
         "-keyfile", f"{folder}/ca.key", "-in", f"{folder}/{name}.csr", "-out", f"{base}/new.pem",
         "-startdate", dates[0], "-enddate", dates[1], "-notext"],
        capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise daemons.Failed(f"openssl ca: {result.stderr}")
    return f"{base}/new.pem"


def certificate_expires(world):
    """receive's certificate runs out; a new one is put in its place and SIGHUP sent"""
    world.start(tls=True)
    in_use = f"{world.folder}/receiver.pem"
    shutil.copy(in_use, f"{world.folder}/good.pem")
    shutil.copy(_expired_certificate(world.folder, "receiver"), in_use)
    world.receive.send_signal(signal.SIGHUP)
    world.wait_for(lambda: "reloaded" in world.receive.log(), "receive rereads its certificate")
    world.proxy.cut_all()  # serve has to shake hands again
    world.wait_for(lambda: "tls_expired" in world.outcomes(), "serve names the reason")
    world.under_load(3)
    refused = world.outcomes()["tls_expired"]
    shutil.copy(f"{world.folder}/good.pem", in_use)
    world.receive.send_signal(signal.SIGHUP)
    return f"{refused} attempts ended as tls_expired; {world.healed()}"


SCENARIOS = [tls_cut_handshake, tls_cut_stream, certificate_expires]
