"""Why a registry did not serve an image."""

import enum


class Reason(enum.StrEnum):
    """Why a registry did not serve, as far as an error says; ``UNCLEAR`` where it does not."""

    UNAUTHORIZED = "unauthorized"
    DENIED = "denied"
    LOGIN_REFUSED = "login refused"
    NOT_FOUND = "not found"
    NO_MATCHING_PLATFORM = "no matching platform"
    NO_IMAGE = "no image"
    TOO_MANY_REQUESTS = "too many requests"
    UNREACHABLE = "unreachable"
    UNKNOWN_HOST = "unknown host"
    UNREADABLE_LOGINS = "unreadable logins"
    BLOCKED = "blocked"
    UNTRUSTED = "untrusted"
    UNTRUSTED_CERTIFICATE = "untrusted certificate"
    PLAIN_HTTP = "plain HTTP"
    BROKEN = "broken"
    UNCLEAR = "unclear"
