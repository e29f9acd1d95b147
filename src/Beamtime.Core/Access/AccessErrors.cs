using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access;

/// <summary>Why a request was turned away at the edge, before any domain saw it.</summary>
internal static class AccessErrors
{
    public static readonly ErrorCode Denied = new(
        "access.denied",
        "The caller lacks the permission that the route needs.",
        "Ask an administrator for a role that has it; a token or key may also be narrowed to less than its user may do.");

    public static readonly ErrorCode SignInNeeded = new(
        "access.sign_in.needed",
        "The request names nobody, and the route is not for everybody.",
        "Run 'beamtime login', or send Authorization: Bearer with an access token or a key.");

    public static readonly ErrorCode SignInRefused = new(
        "access.sign_in.refused",
        "The user does not exist or the password is another one.",
        "Correct user and password; an administrator can set a new password.");

    public static readonly ErrorCode Throttled = new(
        "access.sign_in.throttled",
        "There were too many sign-ins that were refused.",
        "Wait as long as the message says; sign-ins and keys that exist go on working.",
        RetryClass.Later);

    public static readonly ErrorCode UserDisabled = new(
        "access.sign_in.disabled",
        "The user is disabled.",
        "Ask an administrator to enable it.");

    public static readonly ErrorCode TokenInvalid = new(
        "access.token.invalid",
        "The access token, refresh token or key is none of this installation's, was changed, or was revoked.",
        "Sign in again with 'beamtime login', or use another key.");

    public static readonly ErrorCode TokenExpired = new(
        "access.token.expired",
        "The access token, refresh token or key has expired.",
        "Ask for a new access token with the refresh token, or sign in again with 'beamtime login'.");

    public static readonly ErrorCode TokenReused = new(
        "access.token.reused",
        "A refresh token was used twice: somebody has a copy of it. All tokens of this sign-in have ended.",
        "Sign in again with 'beamtime login', and find out who else could read the token.");

    public static readonly ErrorCode SignInEnded = new(
        "access.token.ended",
        "The sign-in has ended: by signing out, by another password, or because a token was used twice.",
        "Sign in again with 'beamtime login'.");

    public static readonly ErrorCode ScopeUnknown = new(
        "access.scope.unknown",
        "A scope names no permission.",
        "Name permissions of docs/reference/permissions.md, or all of a domain as scans.*.");

    public static readonly ErrorCode ScopeBeyond = new(
        "access.scope.beyond",
        "A scope names permissions that the caller does not have.",
        "Leave them out, or let somebody who has them make the key.");

    public static readonly ErrorCode UserUnknown = new(
        "user.unknown", "There is no such user.", "Correct the name; 'beamtime admin ls' lists the users.");

    public static readonly ErrorCode UsernameInvalid = new(
        "user.username.invalid",
        "The name to sign in by is not of 2 to 64 lower case letters, digits and . _ - @, beginning and ending with a letter or digit.",
        "Choose another name.");

    public static readonly ErrorCode UsernameTaken = new(
        "user.username.taken", "Another user has the name.", "Choose another name.");

    public static readonly ErrorCode NameInvalid = new(
        "user.name.invalid", "The person's name is too long or has characters that cannot be shown.", "Correct the name.");

    public static readonly ErrorCode EmailInvalid = new(
        "user.email.invalid", "The address is not one that mail can be sent to.", "Correct the address.");

    public static readonly ErrorCode PasswordWeak = new(
        "user.password.weak",
        "The password is too short, too long or guessed too easily.",
        "Choose one of at least 12 characters; several words do well.");

    public static readonly ErrorCode PasswordWrong = new(
        "user.password.wrong",
        "The present password is another one.",
        "Correct it; an administrator can set a new one.");

    public static readonly ErrorCode RoleUnknown = new(
        "user.role.unknown",
        "No role, or one that does not exist, is named.",
        "Name one of viewer, scientist, operator, data_steward, administrator.");

    public static readonly ErrorCode LastAdministrator = new(
        "user.administrator.last",
        "Nobody would be left who may say who may do what.",
        "Make another administrator first.");

    public static readonly ErrorCode KeyUnknown = new(
        "key.unknown", "There is no such key, or it belongs to somebody else.", "List the keys with 'beamtime key ls'.");

    public static readonly ErrorCode KeyInvalid = new(
        "key.invalid",
        "The name of a key is empty, too long or cannot be shown, or its end lies in the past.",
        "Give it a name of at most 100 characters and an end in the future.");

    public static readonly ErrorCode NoUsers = new(
        "access.users.missing",
        "The program would listen to other machines and nobody could sign in from there.",
        "Make a user first: beamtime admin create-user.");

    public static readonly ErrorCode Remote = new(
        "access.remote.refused",
        "The request came from another machine; only this machine is served.",
        "Send it from this machine, through a tunnel if need be, or set api.listen.");

    public static readonly ErrorCode Origin = new(
        "access.origin.refused",
        "The request names another host or was sent by a page of another site.",
        "Address the server as localhost or by a name of api.hosts, from its own page or a program.");

    public static readonly ErrorCode UnknownRoute = new(
        "route.unknown", "No such path exists.", "Look the path up in the OpenAPI document.");

    public static readonly ErrorCode Method = new(
        "route.method.refused", "The path exists but not with this method.", "Use a method named in the Allow header.");

    public static readonly ErrorCode Unguarded = new(
        "route.permission.missing",
        "The route names no permission, so nobody may call it.",
        "Report it with the correlation id; it is a defect of the program.");

    public static readonly ErrorCode Malformed = new(
        "request.malformed",
        "The body or a parameter cannot be read, or the body has a member that does not exist.",
        "Correct the request; the OpenAPI document gives its form.");

    public static readonly ErrorCode MediaType = new(
        "request.media_type.refused", "The body is not JSON.", "Send the body as application/json.");

    public static readonly ErrorCode TooLarge = new(
        "request.too_large", "The body is larger than the server accepts.", "Send a smaller body.");

    public static readonly ErrorCode Failed = new(
        "request.failed", "The server answered with an error status and no reason.", "Look in the log by the correlation id.");

    public static readonly ErrorCode Bug = new(
        "internal.bug",
        "The program did something that it should not; the log has the whole story.",
        "Report it with the correlation id.");
}
