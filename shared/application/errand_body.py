"""An errand's name as it travels on the errands queue."""


def errand_body(incident: str, name: str) -> str:
    """`<incident>/<name>`; the id of an incident holds no slash."""
    return f"{incident}/{name}"


def read_errand(body: str) -> tuple[str, str]:
    """The incident and the name of a body.

    Raises:
        ValueError: the body names no errand.
    """
    incident, slash, name = body.partition("/")
    if not slash or not incident or not name:
        raise ValueError("not the name of an errand")
    return incident, name
