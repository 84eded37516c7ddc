"""What this Python has for an engine, and whether the engine's address answers.

One JSON object goes to standard output. Nothing of the engine is imported:
that takes seconds, and may fail in ways of its own.
"""

import importlib.metadata
import importlib.util
import json
import os
import platform
import socket
import sys


def reach(address, seconds):
    """Why nobody answers at the address, as (kind, words); None when somebody does."""
    place = address.split("://", 1)[-1].split("/", 1)[0].split(";", 1)[0]
    host, _, port = place.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        return "address", "%s has no port" % address
    try:
        socket.create_connection((host.strip("[]"), int(port)), seconds).close()
    except (socket.gaierror, UnicodeError) as error:
        return "name", str(error)
    except TimeoutError:
        return "silent", "no answer within %g s" % seconds
    except ConnectionRefusedError as error:
        return "refused", error.strerror
    except OSError as error:
        return "network", str(error)


def main():
    order = json.loads(sys.argv[1])
    found = {"executable": sys.executable, "versions": {"python": platform.python_version()}, "lacking": []}
    for module in order["modules"]:
        if importlib.util.find_spec(module) is None:
            found["lacking"].append(module)
    try:
        found["versions"][order["package"]] = importlib.metadata.version(order["package"])
    except importlib.metadata.PackageNotFoundError:
        pass
    address = order["address"]
    if order["file"] and os.path.exists(address):
        try:
            with open(address) as f:
                address = json.load(f)["address"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            found["trouble"], found["words"] = "file", "%s: %s" % (type(error).__name__, error)
            address = ""
    if address:
        found["address"] = address
        trouble = reach(address, order["seconds"])
        if trouble:
            found["trouble"], found["words"] = trouble
    print(json.dumps(found))


main()
