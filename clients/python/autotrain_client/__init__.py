"""What a trading engine needs of an Autotrain gateway; the standard library only."""

from .errors import GatewayError
from .gateway import Gateway
from .model import RegimeModel

__all__ = ["Gateway", "GatewayError", "RegimeModel"]
