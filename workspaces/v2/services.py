from typing import Any


class V2Services:
    def __init__(self, c: Any) -> None: ...
