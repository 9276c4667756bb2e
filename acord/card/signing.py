"""A signature over the evidence's index by OpenSSH's own tool: who stands for a card.

The index holds the hash of every other file of the evidence, and texts are a function of the evidence: one signature
covers all. `ssh-keygen -Y` is described in ssh-keygen(1) and OpenSSH's PROTOCOL.sshsig.
"""

import shutil
import subprocess
from pathlib import Path

from acord.card.evidence import INDEX
from acord.errors import CheckFailed, InputError

SIGNATURE = "evidence.sig"
# What the signature is for, so that one made for something else does not count.
NAMESPACE = "acord-card"
SECONDS = 120


def sign(folder: Path, key: Path) -> Path:
    """Sign the card in `folder`: its evidence.sig. key: a private key of OpenSSH, whose passphrase is asked for.

    Raises InputError where the key cannot be used or ssh-keygen is not there.
    """
    index = (folder / "evidence" / INDEX).read_bytes()
    done = _run(["-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE], index)
    if done.returncode != 0:
        raise InputError(f"the card cannot be signed: {_line(done.stderr)}", where=str(key),
                         fix="Give a private key of OpenSSH, such as ~/.ssh/id_ed25519.")  # fmt: skip
    path = folder / SIGNATURE
    path.write_bytes(done.stdout)
    return path


def signer_of(folder: Path, signers: Path) -> str:
    """Whose signature the card carries. signers: a file of allowed signers, as ssh-keygen(1) has it.

    Raises CheckFailed where there is no signature, or none of them made it of this evidence.
    """
    signature = folder / SIGNATURE
    if not signature.is_file():
        raise CheckFailed("the card is not signed", where=str(folder), fix="acord card build RUN --sign KEY")
    if not signers.exists():
        raise InputError("cannot be read", where=str(signers), fix="Give a file of allowed signers.")
    found = _run(["-Y", "find-principals", "-s", str(signature), "-f", str(signers)], b"")
    fix = "Ask whoever published it."
    names = found.stdout.decode("utf-8", "replace").splitlines()
    if found.returncode != 0 or not names:
        raise CheckFailed("it is signed by nobody of these", where=str(signature), fix=fix)
    index = (folder / "evidence" / INDEX).read_bytes()
    arguments = ["-Y", "verify", "-f", str(signers), "-I", names[0], "-n", NAMESPACE, "-s", str(signature)]
    if _run(arguments, index).returncode != 0:
        raise CheckFailed(f"the signature of {names[0]} is of another evidence", where=str(signature), fix=fix)
    return names[0]


def _run(arguments: list[str], given: bytes) -> "subprocess.CompletedProcess[bytes]":
    program = shutil.which("ssh-keygen")
    if program is None:
        raise InputError("ssh-keygen is not installed", where="signature", fix="Install OpenSSH's client.")
    return subprocess.run(  # noqa: S603  an argument list, no shell
        [program, *arguments], input=given, capture_output=True, check=False, timeout=SECONDS
    )


def _line(told: bytes) -> str:
    lines = [line.strip() for line in told.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1].rstrip(".") if lines else "ssh-keygen says nothing"
