"""What a user can be told: what happened, where, and what to do about it, in one line.

Anything else that is raised is a defect of Acord and keeps its traceback.
"""


class AcordError(Exception):
    """Something the user can mend.

    what: what happened, without a full stop. where: file, line, row or key. fix: what to do, an imperative.
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", fix: str = "") -> None:
        self.what, self.where, self.fix = what, where, fix
        line = f"{where}: {what}" if where else what
        super().__init__(" ".join(f"{line}. {fix}".split()) if fix else " ".join(line.split()))


class InputError(AcordError):
    """The user's input is at fault: a recipe, a data file, a model path, an option. Exit code 2."""


class MachineError(AcordError):
    """The machine is at fault: a full disk, too little memory, no permission. Exit code 2."""


class CheckFailed(AcordError):
    """A check that the user asked for did not hold. Exit code 1."""

    exit_code = 1


class Stopped(AcordError):
    """A signal ended the work in good order: what was done is saved. Exit code 143, as where SIGTERM ends a program."""

    exit_code = 143
