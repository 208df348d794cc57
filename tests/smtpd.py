#!/usr/bin/python3
"""A mail server, Debian's aiosmtpd, that takes mail over TLS from those who log in: each message is a line of JSON.

`--security starttls` asks for it on a plain connection, as port 587 does; `tls` begins with it, as port 465 does;
`none` offers no TLS, and therefore no login.
"""

import argparse
import asyncio
import json
import ssl
from email import message_from_bytes, policy

from aiosmtpd.smtp import SMTP, AuthResult


class Keeper:
    async def handle_DATA(self, server, session, envelope):
        message = message_from_bytes(envelope.content, policy=policy.default)
        print(json.dumps({
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("cipher") is not None,
            "user": session.auth_data,
            "subject": message["subject"],
            "text": message.get_content(),
        }), flush=True)
        return "250 taken"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--security", choices=["starttls", "tls", "none"], required=True)
    for name in ("cert", "key", "username", "password"):
        parser.add_argument(f"--{name}", required=True)
    arguments = parser.parse_args()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(arguments.cert, arguments.key)

    def authenticate(_server, _session, _envelope, _mechanism, given):
        known = (arguments.username.encode(), arguments.password.encode())
        good = (given.login, given.password) == known
        return AuthResult(success=good, handled=False, auth_data=arguments.username if good else None)

    starttls = arguments.security == "starttls"

    def session():
        return SMTP(Keeper(), hostname="localhost", authenticator=authenticate, tls_context=context if starttls else None,
                    require_starttls=starttls, auth_required=arguments.security != "none",
                    # It knows of no TLS but STARTTLS, and would take no login on a connection that began with TLS.
                    auth_require_tls=arguments.security != "tls", enable_SMTPUTF8=True)

    async def serve():
        server = await asyncio.get_running_loop().create_server(
            session, "127.0.0.1", arguments.port, ssl=context if arguments.security == "tls" else None)
        await server.serve_forever()

    asyncio.run(serve())


main()
