using Beamtime.Sdk.Errors;

namespace Beamtime.Core.Access;

/// <summary>Why a request was turned away at the edge, before any domain saw it.</summary>
internal static class AccessErrors
{
    public static readonly ErrorCode Denied = new(
        "access.denied",
        "The caller lacks the permission that the route needs.",
        "Ask an administrator for the permission.");

    public static readonly ErrorCode Remote = new(
        "access.remote.refused",
        "The request came from another machine; only the operator on this machine is served.",
        "Send it from this machine, through a tunnel if need be.");

    public static readonly ErrorCode Origin = new(
        "access.origin.refused",
        "The request names another host or was sent by a page of another site.",
        "Address the server as localhost, from its own page or a program.");

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
