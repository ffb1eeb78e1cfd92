"""The way to the clients: the kernel's IOPub channel."""

from __future__ import annotations

from typing import Any


class KernelTransport:
    """Publishes on IOPub. In ipykernel every thread that does so opens a socket: call it from few threads."""

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        # As it is now: what passes by the publisher later must not pass by it twice.
        self._send = kernel.session.send

    def send(
        self,
        message_type: str,
        content: dict[str, Any],
        parent: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        """Publish a message; `parent` is the message, or the header, of the request that it belongs to."""
        kernel = self._kernel
        self._send(
            kernel.iopub_socket,
            message_type,
            content,
            parent=parent or None,
            ident=f"kernel.{kernel.ident}.{message_type}".encode(),  # the topic, as ipykernel itself forms it
            metadata=metadata,
        )
