from typing import Optional


class GatewayError(Exception):
    """The gateway refused (`status`, `code`, `detail` as it answered), or was not reached (status None)."""

    def __init__(self, detail: str, status: Optional[int] = None, code: Optional[str] = None) -> None:
        super().__init__(detail if status is None else f"{status} {code or ''}: {detail}")
        self.detail = detail
        self.status = status
        self.code = code
